"""Linux, as central, pairs with our peripheral: Secure Connections, Just Works."""

import steps
import steps_serve as serve
from cell import Cell, Check


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-just-works",
        title=f"Linux (central) and our peripheral, Secure Connections, Just Works{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral advertises", serve.start(), needed=True),
            *steps.LINUX,
            Check("a read of the protected value before pairing is refused", serve.refused_before_pairing),
            Check("bluetoothd takes the adapter over", steps.start_bluetooth("NoInputNoOutput"), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("Linux pairs", serve.paired, needed=True),
            Check("Linux reads the value we serve", serve.value_read),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("it is an unauthenticated Secure Connections key of 16 octets",
                  steps.key_is("Secure Connections, unauthenticated", 16)),
            Check("Linux disconnects", serve.disconnected),
            Check("Linux reconnects, encrypted from the bond", serve.reconnected),
            Check("Linux disconnects again", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
