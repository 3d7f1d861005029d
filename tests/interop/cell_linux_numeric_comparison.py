"""Linux, as central, pairs with our peripheral: Numeric Comparison; then both lose their power, one after the other."""

import steps
import steps_ask as ask
import steps_serve as serve
from cell import Cell, Check

AGENT = "KeyboardDisplay"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-numeric-comparison",
        title=f"Linux (central) and our peripheral, Numeric Comparison, restarts of both{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral advertises", serve.start(steps.STORE, "display-yes-no"), needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("Linux and we show the same number", serve.numbers, needed=True),
            Check("meanwhile bluetoothd looks through our services", serve.discovered_meanwhile),
            Check("yes on both sides pairs them", serve.paired_by_people, needed=True),
            Check("Linux reads the value we serve", serve.value_read),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("it is an authenticated Secure Connections key of 16 octets",
                  steps.key_is("Secure Connections, authenticated", 16)),
            Check("our store has this bond", steps.bond_is_stored),
            Check("Linux disconnects", serve.disconnected),
            Check("Linux reconnects, encrypted from the bond", serve.reconnected),
            Check("our peripheral is killed while linked, and started again", serve.killed_and_started, needed=True),
            Check("Linux reconnects to it, encrypted from the bond", serve.reconnected),
            Check("bluetoothd is stopped while linked, and started again", serve.restarted_bluetooth(AGENT),
                  needed=True),
            Check("Linux reconnects after that, encrypted from the bond", serve.reconnected),
            Check("Linux is reset while linked, and boots again", serve.rebooted(AGENT), needed=True),
            Check("Linux reconnects after its boot, encrypted from the bond", serve.reconnected),
            Check("Linux disconnects at last", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("while pairing bluetoothd asked too, and was answered", ask.asked_while_pairing),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
