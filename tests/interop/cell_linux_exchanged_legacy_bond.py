"""Linux pairs without Secure Connections, so that each direction has a key of its own; we take Linux's place by its file, in
either role of the link, and another Linux takes ours by the file that we write."""

import steps
import steps_exchange as exchange
import steps_pair as pair
import steps_serve as serve
from cell import Cell, Check

AGENT = "NoInputNoOutput"


def cell(radio):
    return Cell(
        name=f"{radio.prefix}linux-exchanged-legacy-bond",
        title=f"we in Linux's place, and another Linux in ours, by legacy bonds with two keys{radio.on}",
        checks=(
            steps.IMAGE,
            *steps.begin(radio),
            Check("our lamp advertises", serve.start(steps.STORE, legacy=True), needed=True),
            *steps.LINUX,
            Check("bluetoothd takes the adapter over, without Secure Connections",
                  steps.start_bluetooth(AGENT, legacy=True), needed=True),
            Check("Linux finds the lamp", serve.found, needed=True),
            Check("Linux pairs with it", serve.paired, needed=True),
            Check("Linux reads the value", serve.value_read),
            Check("Linux's stored keys of both directions equal the lamp's", steps.same_key, needed=True),
            Check("they are unauthenticated legacy keys of 16 octets", steps.key_is("legacy, unauthenticated", 16)),
            Check("Linux's file is imported into an empty store of ours", exchange.imported, needed=True),
            Check("Linux disconnects", serve.disconnected),
            Check("Linux powers off for good", exchange.linux_gone),
            Check("our lamp leaves", serve.stopped),
            Check("it is in another room, where we are the phone", exchange.lamp_in_another_room(legacy=True), needed=True),
            Check("we visit the lamp, encrypted with the key that the lamp gave", exchange.we_visit_lamp(legacy=True)),
            Check("the lamp visits us, encrypted with the key that Linux gave", exchange.lamp_visits_us(legacy=True)),
            Check("our bond is exported for BlueZ", exchange.exported(exchange.IMPORTED), needed=True),
            Check("it is what bluetoothd had written itself", exchange.as_linux_had_it, needed=True),
            Check("our lamp is in another room, where another Linux will be", exchange.lamp_in_another_room(legacy=True),
                  needed=True),
            Check("another Linux has booted, and knows nobody", exchange.another_linux, needed=True),
            Check("it has the phone's address, and gets its bond", exchange.became_linux(AGENT, legacy=True), needed=True),
            Check("it connects to the lamp, encrypted with the key that the lamp gave", serve.reconnected, needed=True),
            Check("its stored keys of both directions equal the lamp's", exchange.linux_has_the_key),
            Check("it disconnects", serve.disconnected),
            Check("our lamp leaves again", serve.stopped),
            Check("it serves a value to encrypted links", pair.served("read,encrypt-read"), needed=True),
            Check("the lamp visits it, encrypted with the key that the first Linux gave",
                  pair.visited_again(None, "none", "encrypted", legacy=True)),
            *steps.linux_end(radio),
            Check("there was one pairing", steps.paired(1)),
        ),
    )
