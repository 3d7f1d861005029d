"""Linux takes our place by a bond that we export, and we take Linux's by one that we import: Secure Connections.  Nobody
pairs anew, in either role of the link."""

import steps
import steps_exchange as exchange
import steps_pair as pair
import steps_serve as serve
from cell import Cell, Check

AGENT = "NoInputNoOutput"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-exchanged-bond",
        title=f"Linux in our place, and we in Linux's, by Secure Connections bonds{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our lamp advertises", serve.start(steps.STORE), needed=True),
            Check("our phone pairs with it", exchange.phone_paired, needed=True),
            Check("the phone's bond is exported for BlueZ", exchange.exported(exchange.PHONE), needed=True),
            Check("our lamp leaves", serve.stopped),
            Check("it is in another room, where Linux will be the phone", exchange.lamp_in_another_room(), needed=True),
            *steps.LINUX,
            Check("Linux has the phone's address, and gets its bond", exchange.became_linux(AGENT), needed=True),
            Check("Linux connects to the lamp, encrypted with the phone's key", serve.reconnected, needed=True),
            Check("Linux's stored LTK equals the lamp's", exchange.linux_has_the_key),
            Check("it is an unauthenticated Secure Connections key of 16 octets",
                  steps.key_is("Secure Connections, unauthenticated", 16)),
            Check("Linux disconnects", serve.disconnected),
            Check("our lamp leaves", serve.stopped),
            Check("Linux serves a value to encrypted links", pair.served("read,encrypt-read"), needed=True),
            Check("the lamp visits Linux, encrypted with the phone's key", pair.visited_again(None, "none", "encrypted")),
            Check("Linux advertises no more", pair.hidden),
            Check("our lamp is back", serve.start(steps.STORE), needed=True),
            Check("both forget", serve.anew(AGENT, "none"), needed=True),
            Check("Linux pairs with the lamp itself", serve.paired, needed=True),
            Check("Linux reads the value", serve.value_read),
            Check("Linux's stored LTK equals the lamp's", steps.same_key, needed=True),
            Check("Linux's file is imported into an empty store of ours", exchange.imported, needed=True),
            Check("the lamp's IRK stands there as in the file that we wrote", exchange.same_identity_key),
            Check("Linux disconnects again", serve.disconnected),
            Check("Linux powers off", exchange.linux_gone),
            Check("our lamp leaves once more", serve.stopped),
            Check("it is in another room, where we are the phone", exchange.lamp_in_another_room(), needed=True),
            Check("we visit the lamp, encrypted with Linux's key", exchange.we_visit_lamp()),
            Check("the lamp visits us, encrypted with Linux's key", exchange.lamp_visits_us()),
            Check("that bond, exported, is what bluetoothd had written", exchange.exported_again),
            *steps.linux_end(radio)[1:],
            Check("there was one pairing with Linux", steps.paired(1)),
        ),
    )
