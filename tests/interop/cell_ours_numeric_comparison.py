"""Our `kith serve` and our `kith pair` on a controller of another make: Numeric Comparison; either vanishes first."""

import steps
import steps_ours as both
from cell import Cell, Check

IO = "display-yes-no"
LEVEL = "sc-authenticated"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}numeric-comparison",
        title=f"both sides ours, Numeric Comparison, either vanishes while linked{radio.on}",
        checks=(
            *steps.begin(radio),
            Check("our peripheral advertises", both.lamp_started(IO), needed=True),
            Check("both show the same number", both.numbers(IO, LEVEL), needed=True),
            Check("our peripheral is killed, our central is told; it starts again", both.lamp_vanishes(IO),
                  needed=True),
            Check("both show another number", both.numbers(IO, LEVEL), needed=True),
            Check("our central is killed, and our peripheral is told", both.visitor_vanishes, needed=True),
            Check("it comes back at once, and is told to wait", both.must_wait(IO, LEVEL), needed=True),
            Check("both show the same number again", both.numbers(IO, LEVEL), needed=True),
            Check("yes on both sides pairs them, and the value is read", both.numbers_confirmed, needed=True),
            Check("both keep the same authenticated key", both.same_key(4, "Numeric Comparison"), needed=True),
            Check("both stores have this bond", both.bonds_are_stored),
            Check("our central visits again, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral is killed, and started again", both.lamp_killed_and_started(IO), needed=True),
            Check("our central visits it, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral leaves in order, and is started again", both.lamp_restarted(IO), needed=True),
            Check("our central visits after that, encrypted from the bond", both.visited_again(IO, LEVEL)),
            Check("our peripheral leaves in order", both.lamp_stopped),
            *steps.end(radio),
            Check("four pairings began, one was completed", both.paired(4)),
        ),
    )
