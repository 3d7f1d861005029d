"""Linux, as peripheral, asks us for channels and connection parameters while people compare numbers."""

import steps
import steps_ask as ask
import steps_pair as pair
from cell import Cell, Check

VISIT = (pair.NAME, "display-yes-no", "sc-authenticated")


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-asks-for-more",
        title=f"Linux, as peripheral, asks us for what we do not serve{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth("DisplayYesNo"), needed=True),
            Check("Linux serves a value to authenticated links", pair.served("read,encrypt-authenticated-read"),
                  needed=True),
            Check("Linux wants short connection intervals", ask.short_intervals_wanted),
            Check("we find it by its name and connect", pair.begun(*VISIT), needed=True),
            Check("Linux and we show the same number", steps.both_show_one_number, needed=True),
            Check("meanwhile it is answered as the specification says", ask.asked_by_peripheral),
            Check("yes on both sides pairs them", pair.numbers_confirmed, needed=True),
            Check("we read the value and leave", pair.value_read, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("we visit again, encrypted from the bond", pair.visited_again(*VISIT)),
            *steps.linux_end(radio),
            Check("the parameters that Linux wanted were refused", ask.parameters_refused),
            Check("while pairing bluetoothd asked too, and was answered", ask.asked_while_pairing),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
