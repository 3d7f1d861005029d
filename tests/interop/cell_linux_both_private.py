"""Linux, as central, and our peripheral, both under resolvable private addresses: they tell who they are to each other
alone."""

import steps
import steps_private as private
import steps_serve as serve
from cell import Cell, Check

AGENT = "NoInputNoOutput"
CYCLE_S = 16


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-both-private",
        title=f"Linux (central) and our peripheral, both under private addresses{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT, private=True), needed=True),
            Check("our peripheral advertises", serve.start(steps.STORE, private_s=CYCLE_S), needed=True),
            Check("Linux finds our peripheral under a private address", private.found, needed=True),
            Check("Linux pairs", serve.paired, needed=True),
            Check("it came under a private address", private.came),
            Check("each has the other's identity, address and key", private.identities_exchanged, needed=True),
            Check("Linux reads the value we serve", serve.value_read),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("our store has this bond, under Linux's identity", steps.bond_is_stored),
            Check("bluetoothd is stopped while linked, and started again", serve.restarted_bluetooth(AGENT),
                  needed=True),
            Check("our address changes while we advertise", private.we_are_seen_anew, needed=True),
            Check("Linux finds us by the bond, and encrypts from it", serve.reconnected),
            Check("Linux's kernel knows us by our new address", private.linux_knows_us),
            Check("it came under another private address, too", private.came),
            Check("Linux disconnects", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
            Check("neither identity was on air", private.never_on_air),
        ),
    )
