"""Our `kith serve` and our `kith pair` on a controller of another make: Secure Connections, Just Works."""

import steps
import steps_ours as both
from cell import Cell, Check

IO = "none"
LEVEL = "encrypted"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}just-works",
        title=f"both sides ours, Secure Connections, Just Works{radio.on}",
        checks=(
            *steps.begin(radio),
            Check("its LE Encrypt gives the standard's example", both.encrypts),
            Check("commands in one write, and in single octets, are answered", both.takes_pieces),
            Check("our peripheral advertises", both.lamp_started(IO), needed=True),
            Check("our central finds it, pairs, reads the value and leaves", both.paired_and_read(LEVEL), needed=True),
            Check("both keep the same unauthenticated key", both.same_key(2, "Just Works"), needed=True),
            Check("both stores have this bond", both.bonds_are_stored),
            Check("our central visits again, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral is killed, and started again", both.lamp_killed_and_started(IO), needed=True),
            Check("our central visits it, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral leaves in order, and is started again", both.lamp_restarted(IO), needed=True),
            Check("our central visits after that, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral leaves in order", both.lamp_stopped),
            Check("there was one pairing", both.paired(1)),
            Check("wall time from Pairing Request to Encryption Change", both.pairings_in_round_trips),
            *steps.end(radio),
        ),
    )
