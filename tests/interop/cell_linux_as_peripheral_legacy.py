"""Our `kith pair` pairs with a Linux that advertises and has no Secure Connections, where --legacy allows it; then the
link's roles change, and the other key of the bond encrypts."""

import ours
import steps
import steps_pair as pair
import steps_serve as serve
from cell import Cell, Check

AUTHENTICATED, UNAUTHENTICATED = "legacy, authenticated", "legacy, unauthenticated"
WE_SHOW, WE_TYPE, NO_IO = ((None, io, "encrypted") for io in ("display-only", "keyboard-only", "none"))


def bonded(visit, says, kind):
    """What must hold of each method's bond."""
    return (
        Check("we read the value and leave", pair.value_read, needed=True),
        Check("Linux's stored keys of both directions equal ours", steps.same_key, needed=True),
        Check(says, steps.key_is(kind, 16)),
        Check("our store has this bond", steps.bond_is_stored),
        Check("we visit again, encrypted with the key that Linux gave", pair.visited_again(*visit, legacy=True)),
    )


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-legacy",
        title=f"we (central) and Linux as peripheral, legacy Just Works and Passkey Entry{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over, without Secure Connections",
                  steps.start_bluetooth("NoInputNoOutput", legacy=True), needed=True),
            Check("Linux serves a value to encrypted links", pair.served("read,encrypt-read"), needed=True),
            Check("we connect without --legacy", pair.begun(*NO_IO), needed=True),
            Check("we refuse", pair.not_paired(ours.SC_REQUIRED, steps.asked_in_vain), needed=True),
            Check("we connect with --legacy", pair.begun(*NO_IO, legacy=True), needed=True),
            Check("Linux's user consents, and we are paired by Just Works", pair.consented, needed=True),
            *bonded(NO_IO, "they are unauthenticated legacy keys of 16 octets", UNAUTHENTICATED),
            Check("both forget; now Linux has a display", pair.anew("DisplayOnly"), needed=True),
            Check("we, who have a keyboard, connect", pair.begun(*WE_TYPE, legacy=True), needed=True),
            Check("another passkey than Linux's, typed here, pairs nobody",
                  pair.not_paired(ours.PEER_FAILED, steps.shown_by_linux), needed=True),
            Check("we connect again to type", pair.begun(*WE_TYPE, legacy=True), needed=True),
            Check("Linux's passkey, typed here, pairs them", pair.paired_by(steps.shown_by_linux), needed=True),
            *bonded(WE_TYPE, "Linux calls the keys authenticated, we do not (level 2, Core 6.2)", AUTHENTICATED),
            Check("both forget; now Linux has a keyboard", pair.anew("KeyboardOnly"), needed=True),
            Check("we, who have a display, connect", pair.begun(*WE_SHOW, legacy=True), needed=True),
            Check("ours, typed on Linux, pairs them", pair.paired_by(steps.shown_here), needed=True),
            *bonded(WE_SHOW, "of these keys too Linux and we say so", AUTHENTICATED),
            Check("Linux advertises no more", pair.hidden),
            Check("our peripheral has this bond, and advertises", serve.start(steps.STORE, "display-only", legacy=True),
                  needed=True),
            Check("Linux visits us, encrypted with the key that we gave", serve.reconnected),
            Check("Linux disconnects", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("there were five pairings", steps.paired(5)),
            Check("one ended with Authentication Requirements, one with Confirm Value Failed",
                  steps.pairing_failed(0x03, 0x04)),
        ),
    )
