"""Linux, as central and without Secure Connections, pairs with our peripheral where --legacy allows it; then the link's
roles change, and the other key of the bond encrypts."""

import ours
import steps
import steps_pair as pair
import steps_serve as serve
from cell import Cell, Check

AUTHENTICATED, UNAUTHENTICATED = "legacy, authenticated", "legacy, unauthenticated"


def bonded(says, kind):
    """What must hold of each method's bond."""
    return (
        Check("Linux reads the value we serve", serve.value_read),
        Check("Linux's stored keys of both directions equal ours", steps.same_key, needed=True),
        Check(says, steps.key_is(kind, 16)),
        Check("our store has this bond", steps.bond_is_stored),
        Check("Linux disconnects", serve.disconnected),
        Check("Linux reconnects, encrypted with the key that we gave", serve.reconnected),
    )


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-legacy",
        title=f"Linux (central) and our peripheral, legacy Passkey Entry and Just Works{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral has a display, and is not told --legacy", serve.start(steps.STORE, "display-only"),
                  needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over, with a keyboard, without Secure Connections",
                  steps.start_bluetooth("KeyboardOnly", legacy=True), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("it is refused", serve.not_paired(ours.SC_REQUIRED), needed=True),
            Check("our peripheral is back with --legacy", serve.restarted("display-only", legacy=True), needed=True),
            Check("another passkey than ours, typed on Linux, pairs nobody",
                  serve.not_paired(ours.CONFIRM_MISMATCH, steps.shown_here), needed=True),
            Check("our peripheral is started again", serve.restarted("display-only", legacy=True), needed=True),
            Check("ours, typed on Linux, pairs them", serve.paired_by(steps.shown_here), needed=True),
            *bonded("Linux calls the keys authenticated, we do not (level 2, Core 6.2)", AUTHENTICATED),
            Check("both forget; now Linux has the display, and we the keyboard",
                  serve.anew("DisplayOnly", "keyboard-only", legacy=True), needed=True),
            Check("Linux's passkey, typed here, pairs them", serve.paired_by(steps.shown_by_linux), needed=True),
            *bonded("of these keys too Linux and we say so", AUTHENTICATED),
            Check("both forget; now neither has a display or a keyboard",
                  serve.anew("NoInputNoOutput", "none", legacy=True), needed=True),
            Check("Linux pairs by Just Works", serve.paired, needed=True),
            *bonded("they are unauthenticated legacy keys of 16 octets", UNAUTHENTICATED),
            Check("our peripheral leaves in order, and the link ends", serve.left),
            Check("Linux serves a value to encrypted links", pair.served("read,encrypt-read"), needed=True),
            Check("we visit Linux with this bond, encrypted with the key that Linux gave",
                  pair.visited_again(None, "none", "encrypted", legacy=True)),
            *steps.linux_end(radio),
            Check("there were five pairings", steps.paired(5)),
            Check("one ended with Authentication Requirements, one with Confirm Value Failed",
                  steps.pairing_failed(0x03, 0x04)),
        ),
    )
