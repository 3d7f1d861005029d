"""Our `kith pair` pairs with a Linux that advertises: Secure Connections, Just Works; then Linux forgets the bond."""

import steps
import steps_pair as pair
from cell import Cell, Check

AGENT = "NoInputNoOutput"
VISIT = (pair.NAME, "none", "encrypted")


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-just-works",
        title=f"we (central) and Linux as peripheral, Secure Connections, Just Works{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT), needed=True),
            Check("Linux serves a value to encrypted links", pair.served("read,encrypt-read"), needed=True),
            Check("we find it by its name and connect", pair.begun(*VISIT), needed=True),
            Check("Linux's user consents, and we are paired", pair.consented, needed=True),
            Check("we read the value and leave", pair.value_read, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("it is an unauthenticated Secure Connections key of 16 octets",
                  steps.key_is("Secure Connections, unauthenticated", 16)),
            Check("our store has this bond", steps.bond_is_stored),
            Check("we visit again, encrypted from the bond", pair.visited_again(*VISIT)),
            Check("bluetoothd is stopped, and started again", pair.restarted_bluetooth(AGENT), needed=True),
            Check("we visit after that, encrypted from the bond", pair.visited_again(*VISIT)),
            Check("Linux forgets us, and we say so and keep our bond", pair.forgotten(*VISIT)),
            Check("we connect to pair anew", pair.begun(*VISIT, again=True), needed=True),
            Check("Linux's user consents again", pair.consented, needed=True),
            Check("we read the value and leave again", pair.value_read, needed=True),
            Check("Linux's new LTK equals ours", steps.same_key, needed=True),
            Check("our store has the new bond", steps.bond_is_stored),
            Check("we visit again, encrypted from the new bond", pair.visited_again(*VISIT)),
            *steps.linux_end(radio),
            Check("there were two pairings", steps.paired(2)),
        ),
    )
