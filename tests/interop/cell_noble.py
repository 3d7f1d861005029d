"""A GATT client of another make than BlueZ's, on our controller's serial line, and an open table of ours."""

import steps
import steps_noble as noble
import steps_serve as serve
import steps_table as table
from cell import Cell, Check


def cell(radio):
    return Cell(
        name=f"{radio.prefix}noble",
        title=f"noble for Node.js (central) and an open table of ours{radio.on}",
        checks=(
            Check("noble is there", noble.installed, needed=True),
            *steps.begin(radio),
            Check("our table is served", table.start(table.OPEN_TABLE, "none", "--notify", "count:100"), needed=True),
            Check("noble finds our peripheral, and does what it is told", noble.visited, needed=True),
            Check("it found our values", noble.discovered),
            Check("it read what they are", noble.values_read),
            Check("what it wrote came here", noble.value_written),
            Check("it was notified", noble.value_told),
            Check("our peripheral leaves in order", serve.stopped),
            *steps.end(radio),
        ),
    )
