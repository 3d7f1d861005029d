"""Linux, as central, pairs with our peripheral by Secure Connections Passkey Entry: shown here, and shown on Linux."""

import ours
import steps
import steps_serve as serve
from cell import Cell, Check

LEVEL = "sc-authenticated"
KIND = "Secure Connections, authenticated"


def bonded():
    """What must hold of each passkey's bond."""
    return (
        Check("Linux reads the value we serve", serve.value_read),
        Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
        Check("it is an authenticated Secure Connections key of 16 octets", steps.key_is(KIND, 16)),
        Check("our store has this bond", steps.bond_is_stored),
        Check("Linux disconnects", serve.disconnected),
        Check("Linux reconnects, encrypted from the bond", serve.reconnected),
    )


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-passkey",
        title=f"Linux (central) and our peripheral, Secure Connections, Passkey Entry{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral has a display, and wants authenticated keys",
                  serve.start(steps.STORE, "display-only", LEVEL), needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over, with a keyboard", steps.start_bluetooth("KeyboardOnly"),
                  needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("another passkey than ours, typed on Linux, pairs nobody",
                  serve.not_paired(ours.CONFIRM_MISMATCH, steps.shown_here), needed=True),
            Check("our peripheral is started again", serve.restarted("display-only", LEVEL), needed=True),
            Check("ours, typed on Linux, pairs them", serve.paired_by(steps.shown_here), needed=True),
            *bonded(),
            Check("both forget; now Linux has the display, and we the keyboard",
                  serve.anew("DisplayOnly", "keyboard-only", LEVEL), needed=True),
            Check("another passkey than Linux's, typed here, pairs nobody",
                  serve.not_paired(ours.CONFIRM_MISMATCH, steps.shown_by_linux), needed=True),
            Check("our peripheral is started again, to type", serve.restarted("keyboard-only", LEVEL), needed=True),
            Check("Linux's, typed here, pairs them", serve.paired_by(steps.shown_by_linux), needed=True),
            *bonded(),
            Check("our peripheral leaves in order, and the link ends", serve.left),
            *steps.linux_end(radio),
            Check("there were four pairings", steps.paired(4)),
            Check("two of them ended with Confirm Value Failed", steps.pairing_failed(0x04, 0x04)),
        ),
    )
