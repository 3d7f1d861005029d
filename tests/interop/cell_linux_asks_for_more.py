"""Linux, as central, asks our peripheral for what it does not serve: EATT, channels, long writes, what nobody knows."""

import steps
import steps_ask as ask
import steps_serve as serve
from cell import Cell, Check


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-asks-for-more",
        title=f"Linux (central) asks our peripheral for what it does not serve{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our peripheral advertises", serve.start(), needed=True),
            *steps.LINUX,
            Check("Linux may use its adapter", serve.powered, needed=True),
            Check("on a plain link it is answered as the specification says", ask.asked(ask.PLAIN, "low")),
            Check("bluetoothd takes the adapter over", steps.start_bluetooth("NoInputNoOutput"), needed=True),
            Check("Linux finds our peripheral", serve.found, needed=True),
            Check("Linux pairs", serve.paired, needed=True),
            Check("Linux reads the value we serve", serve.value_read),
            Check("Linux's stored LTK equals ours", steps.same_key, needed=True),
            Check("Linux disconnects", serve.disconnected),
            Check("on a link with the bond's key it is answered so too", ask.asked(ask.ENCRYPTED, "medium")),
            Check("on a plain link, although there is a bond, it is not given the value",
                  ask.asked(ask.PLAIN_WITH_BOND, "low")),
            Check("Linux reconnects, encrypted from the bond", serve.reconnected),
            Check("Linux disconnects again", serve.disconnected),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.linux_end(radio),
            Check("what bluetoothd asked while pairing was answered", ask.answered_while_pairing),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
