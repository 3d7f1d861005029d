"""Linux as peripheral and our `kith pair`, both under resolvable private addresses, which change; the bond finds it."""

import steps
import steps_client as client
import steps_pair as pair
import steps_private as private
from cell import Cell, Check

AGENT = "NoInputNoOutput"
STRANGER, PEER = ((peer, "none", "encrypted") for peer in (pair.NAME, "peer:1"))

# Where there is extended advertising Linux does that; else its kernel advertises by itself, and changes its address in
# time.
LEGACY_BEGIN = (
    Check("Linux's addresses change as often as it lets them", private.linux_rotates),
)
LEGACY = (
    Check("Linux's address changes while it advertises", private.linux_is_seen_anew, needed=True),
)
EXTENDED = (
    Check("Linux advertises anew, under another address", private.linux_begins_again, needed=True),
)
EXTENDED_END = (
    Check("its advertising was extended", private.extended_on_air),
)


def cell(radio):
    advertises = pair.by_extended_pdus if radio.extended else pair.as_the_kernel_does
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-private",
        title=f"we (central) and Linux as peripheral, both under private addresses{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd is told to ask nothing itself", client.asks_nothing, needed=True),
            *(() if radio.extended else LEGACY_BEGIN),
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT, private=True), needed=True),
            Check("Linux serves a value to encrypted links", pair.served("read,encrypt-read", advertises),
                  needed=True),
            Check("we find it by name and connect", pair.begun(*STRANGER, private=True), needed=True),
            Check("Linux's user consents, and we are paired", pair.consented, needed=True),
            Check("we read the value and leave", pair.value_read, needed=True),
            Check("both came under private addresses", private.visited(linux_anew=True)),
            Check("each has the other's identity, address and key", private.identities_exchanged, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("our store has this bond, under Linux's identity", steps.bond_is_stored),
            Check("we visit again, encrypted from the bond", pair.visited_again(*PEER, private=True)),
            Check("Linux knew us under our next address", private.visited()),
            *(EXTENDED if radio.extended else LEGACY),
            Check("we find it by the bond, and encrypt from it", pair.visited_again(*PEER, private=True)),
            Check("both came under other private addresses", private.visited(linux_anew=True)),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
            Check("neither identity was on air", private.never_on_air),
            *(EXTENDED_END if radio.extended else ()),
        ),
    )
