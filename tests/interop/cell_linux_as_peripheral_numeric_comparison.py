"""Our `kith pair` pairs with a Linux that advertises: Numeric Comparison; its value wants an authenticated link."""

import steps
import steps_pair as pair
from cell import Cell, Check

AGENT = "DisplayYesNo"
VISIT = (None, "display-yes-no", "sc-authenticated")


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-as-peripheral-numeric-comparison",
        title=f"we (central) and Linux as peripheral, Numeric Comparison, restart of Linux{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT), needed=True),
            Check("Linux serves a value to authenticated links", pair.served("read,encrypt-authenticated-read"),
                  needed=True),
            Check("we find it by its address and connect", pair.begun(*VISIT), needed=True),
            Check("Linux and we show the same number", steps.both_show_one_number, needed=True),
            Check("yes on both sides pairs them", pair.numbers_confirmed, needed=True),
            Check("we read the value and leave", pair.value_read, needed=True),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("it is an authenticated Secure Connections key of 16 octets",
                  steps.key_is("Secure Connections, authenticated", 16)),
            Check("our store has this bond", steps.bond_is_stored),
            Check("we visit again, encrypted from the bond", pair.visited_again(*VISIT)),
            Check("Linux is reset, and boots again", pair.rebooted(AGENT), needed=True),
            Check("we visit after its boot, encrypted from the bond", pair.visited_again(*VISIT)),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
