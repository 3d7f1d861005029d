"""Linux, as central, pairs with our peripheral: Secure Connections, Just Works."""

import steps
from cell import Cell, Check

AGENT = "NoInputNoOutput"
KEY_KIND = "Secure Connections, unauthenticated"

CELL = Cell(
    name="linux-just-works",
    title="Linux (central) and our peripheral, Secure Connections, Just Works",
    checks=(
        Check("the virtual machine's image is there", steps.build_image, needed=True),
        Check("the virtual radio serves a socket", steps.start_radio, needed=True),
        Check("our peripheral advertises", steps.start_peripheral, needed=True),
        Check("Linux boots", steps.boot_linux, needed=True),
        Check("Linux takes our controller as its adapter", steps.attach_adapter, needed=True),
        Check("a read of the protected value before pairing is refused", steps.refused_before_pairing),
        Check("bluetoothd takes the adapter over", steps.start_bluetooth(AGENT), needed=True),
        Check("Linux finds our peripheral", steps.find_peripheral, needed=True),
        Check("Linux pairs", steps.pair, needed=True),
        Check("Linux reads the value we serve", steps.read_value),
        Check("Linux's stored LTK equals ours", steps.same_key),
        Check("it is an unauthenticated Secure Connections key of 16 octets", steps.key_is(KEY_KIND, 16)),
        Check("Linux disconnects", steps.disconnect),
        Check("Linux powers off", steps.power_off),
        Check("our two processes leave in order", steps.stop_ours),
        Check("Linux's commands, with our answers", steps.list_commands, always=True),
        Check("a dissector finds no malformed packet", steps.dissect, always=True),
    ),
)
