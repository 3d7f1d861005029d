"""Linux, as central, uses a table of ours: it reads, writes, and is told; it keeps that over links, and over changes of
the table."""

import steps
import steps_serve as serve
import steps_table as table
from cell import Cell, Check


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-table",
        title=f"Linux (central) reads, writes and subscribes to a table of ours{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our table is served", table.start(table.TABLE, steps.STORE, "--mtu", str(table.MTU)), needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth("NoInputNoOutput"), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("Linux pairs", serve.paired, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("Linux finds our values", table.resolved, needed=True),
            Check("Linux reads a protected value", table.read(table.TEMPERATURE, b"\xd0\x07")),
            Check("Linux reads a long one", table.read(table.NOTE, table.LONG)),
            Check("Linux writes a short one", table.written("note", table.NOTE, b"short")),
            Check("Linux writes a long one in one request", table.written("note", table.NOTE, table.LONG)),
            Check("Linux writes a long one in parts that it compares",
                  table.written("note", table.NOTE, table.LONG_TOO, "reliable")),
            Check("Linux reads it back", table.read(table.NOTE, table.LONG_TOO)),
            Check("Linux subscribes to notifications", table.subscribed("temperature", table.TEMPERATURE,
                                                                        "notifications"), needed=True),
            Check("a notification arrives", table.told("temperature", b"\x34\x08")),
            Check("Linux subscribes to indications", table.subscribed("alarm", table.ALARM, "indications")),
            Check("an indication arrives", table.told("alarm", b"\x55")),
            Check("Linux disconnects", serve.disconnected, needed=True),
            Check("Linux reconnects, and its subscriptions are there", table.reconnected, needed=True),
            Check("a notification arrives again", table.told_again("temperature", b"\x35\x09",
                                                                         table.NOTIFICATION)),
            Check("an indication arrives again", table.told_again("alarm", b"\x56", table.INDICATION)),
            Check("Linux disconnects again", serve.disconnected, needed=True),
            Check("our peripheral is restarted, and takes shorter messages",
                  table.restarted(table.TABLE, "--mtu", str(table.SHORT_MTU), "--notify", "temperature:100"),
                  needed=True),
            Check("Linux's raw client asks for nothing, and is notified", table.told_without_asking(b"\xd0\x07")),
            Check("Linux reconnects", table.reconnected, needed=True),
            Check("Linux reads a long one in parts", table.read(table.NOTE, table.LONG)),
            Check("Linux writes a long one in parts", table.written("note", table.NOTE, table.LONG_TOO)),
            Check("Linux disconnects before the table changes", serve.disconnected, needed=True),
            Check("our peripheral is restarted with another table", table.restarted(table.OTHER_TABLE), needed=True),
            Check("Linux reconnects, and finds what is new", table.found_again, needed=True),
            Check("Linux reads what is new", table.read(table.HUMIDITY, b"\x2a")),
            Check("Linux reads what has another handle now", table.read(table.TEMPERATURE, b"\xd0\x07")),
            Check("Linux disconnects at last", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("writes were prepared", table.prepared),
            Check("what was told after the reconnection is in Linux's capture", table.came_again),
            Check("values were notified on a link on which Linux wrote nothing", table.notified_without_write),
            Check("the change of the table was indicated", table.service_changed),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
