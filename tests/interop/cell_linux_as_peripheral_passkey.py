"""Our `kith pair` pairs with a Linux that advertises: Secure Connections Passkey Entry, shown here, shown on Linux."""

import ours
import steps
import steps_pair as pair
from cell import Cell, Check

LEVEL = "sc-authenticated"
KIND = "Secure Connections, authenticated"
WE_SHOW, WE_TYPE = (None, "display-only", LEVEL), (None, "keyboard-only", LEVEL)


def bonded(visit):
    """What must hold of each passkey's bond."""
    return (
        Check("we read the value and leave", pair.value_read, needed=True),
        Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
        Check("it is an authenticated Secure Connections key of 16 octets", steps.key_is(KIND, 16)),
        Check("our store has this bond", steps.bond_is_stored),
        Check("we visit again, encrypted from the bond", pair.visited_again(*visit)),
    )


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-passkey",
        title=f"we (central) and Linux as peripheral, Secure Connections, Passkey Entry{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over, with a keyboard", steps.start_bluetooth("KeyboardOnly"),
                  needed=True),
            Check("Linux serves a value to authenticated links", pair.served("read,encrypt-authenticated-read"),
                  needed=True),
            Check("we, who have a display, connect", pair.begun(*WE_SHOW), needed=True),
            Check("another passkey than ours, typed on Linux, pairs nobody",
                  pair.not_paired(ours.PEER_FAILED, steps.shown_here), needed=True),
            Check("we connect again", pair.begun(*WE_SHOW), needed=True),
            Check("ours, typed on Linux, pairs them", pair.paired_by(steps.shown_here), needed=True),
            *bonded(WE_SHOW),
            Check("both forget; now Linux has the display", pair.anew("DisplayOnly"), needed=True),
            Check("we, who have a keyboard, connect", pair.begun(*WE_TYPE), needed=True),
            Check("another passkey than Linux's, typed here, pairs nobody",
                  pair.not_paired(ours.PEER_FAILED, steps.shown_by_linux), needed=True),
            Check("we connect again to type", pair.begun(*WE_TYPE), needed=True),
            Check("Linux's, typed here, pairs them", pair.paired_by(steps.shown_by_linux), needed=True),
            *bonded(WE_TYPE),
            *steps.linux_end(radio),
            Check("there were four pairings", steps.paired(4)),
            Check("two of them ended with Confirm Value Failed", steps.pairing_failed(0x04, 0x04)),
        ),
    )
