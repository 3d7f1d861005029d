"""Our `kith serve` comes back without its bond, and later with an older one: both sides say what that is worth."""

import ours
import steps
import steps_ours as both
from cell import Cell, Check

IO = "none"
LEVEL = "encrypted"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}lost-bond",
        title=f"both sides ours, a bond is lost and an older one comes back{radio.on}",
        checks=(
            *steps.begin(radio),
            Check("our peripheral advertises", both.lamp_started(IO), needed=True),
            Check("its store is copied while it is empty", both.lamp_restarted(IO, copies_to="empty.kith"),
                  needed=True),
            Check("our central finds it, pairs, reads the value and leaves", both.paired_and_read(LEVEL), needed=True),
            Check("both keep the same unauthenticated key", both.same_key(2, "Just Works"), needed=True),
            Check("the peripheral is back without its bond", both.lamp_restarted(IO, "empty.kith"), needed=True),
            Check("the central says so, and keeps its bond", both.not_encrypted(IO, LEVEL, ours.PEER_SAYS_NO_KEY)),
            Check("it pairs anew when told to", both.paired_and_read(LEVEL, again=True), needed=True),
            Check("both keep the same new key", both.same_key(2, "Just Works"), needed=True),
            Check("the peripheral is back with its old bond", both.lamp_restarted(IO), needed=True),
            Check("both say that the keys differ, and keep their bonds",
                  both.not_encrypted(IO, LEVEL, ours.KEYS_DIFFER, told_to_lamp=True)),
            Check("our peripheral leaves in order", both.lamp_stopped),
            *steps.end(radio),
            Check("there were two pairings", both.paired(2)),
        ),
    )
