"""Our `kith info`, `read`, `write` and `subscribe` ask something of a service of Linux."""

import steps
import steps_client as client
import steps_pair as pair
from cell import Cell, Check


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-table",
        title=f"we (central) read, write and subscribe to a service of Linux{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd is told to ask nothing itself", client.asks_nothing, needed=True),
            Check("bluetoothd takes the adapter over", steps.start_bluetooth("NoInputNoOutput"), needed=True),
            Check("Linux serves open and protected values", client.served, needed=True),
            Check("a stranger reads an open value", client.read(client.OPEN, client.OPEN_VALUE, store="none")),
            Check("a stranger writes it", client.written(client.OPEN, b"written", store="none")),
            Check("a stranger is refused a protected one", client.refused(client.NOTE)),
            Check("we find it by its name and connect", pair.begun(pair.NAME, "none", "encrypted"), needed=True),
            Check("Linux's user consents, and we are paired", pair.consented, needed=True),
            Check("we read the value and leave", pair.value_read, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("we list what Linux serves", client.listed),
            Check("we read a long protected value", client.read(client.NOTE, client.LONG)),
            Check("we read it in parts", client.read(client.NOTE, client.LONG, "--mtu", "23")),
            Check("we write it", client.written(client.NOTE, b"short")),
            Check("we write a long one in one request", client.written(client.NOTE, client.LONG_TOO)),
            Check("we write a long one in parts", client.written(client.NOTE, client.LONG, "--long")),
            Check("we write a long one in small parts", client.written(client.NOTE, client.LONG_TOO, "--mtu", "64")),
            Check("we subscribe, and are told", client.told(client.COUNT, b"\x03\x04")),
            Check("we subscribe on another link, and are told", client.told(client.COUNT, b"\x05\x06")),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
