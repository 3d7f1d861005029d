"""Linux, as central, under resolvable private addresses: our bond names it whatever address it takes."""

import steps
import steps_serve as serve
from cell import Cell, Check

AGENT = "NoInputNoOutput"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-private",
        title=f"Linux (central) under private addresses, and our peripheral{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral advertises", serve.start(steps.STORE), needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT, private=True), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("Linux pairs", serve.paired, needed=True),
            Check("it came under a private address", serve.private_address),
            Check("Linux reads the value we serve", serve.value_read),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("our store has this bond, under Linux's identity", steps.bond_is_stored),
            Check("bluetoothd is stopped while linked, and started again", serve.restarted_bluetooth(AGENT),
                  needed=True),
            Check("Linux reconnects, encrypted from the bond", serve.reconnected),
            Check("it came under another private address", serve.private_address),
            Check("Linux disconnects", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
