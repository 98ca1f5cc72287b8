"""Draws the recording of the README: a deployment of a drill that goes wrong and is rolled back."""

import os
import sys
import tempfile

from tools.screenshots import CLIMBS, FOLDER, Night, Shot, advance
from tui.cli.which_runbook import find_runbook
from tui.cli.wiring import drill_workspace
from tui.exports.registry import render
from tui.exports.source import source

SHOT = Shot("drill-recording", "verify-logs-b", method="b", scenario=CLIMBS, tripped="error_rate")


def main() -> int:
    """Rehearse it, and write the picture."""
    os.environ["TZ"] = "UTC"
    os.environ["TERM"] = "xterm-256color"  # whatever they are drawn from: one of 16 colours has themes of its own
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUNBOOK_SESSIONS"] = folder
        with drill_workspace(find_runbook(None), SHOT.scenario, SHOT.pace) as workspace:
            workspace.clock = workspace.today = Night()
            session = advance(workspace, SHOT)
            picture = render(source(workspace.store.find(session)), "svg")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{SHOT.name}.svg").write_bytes(picture)
    print(f"screenshots/{SHOT.name}.svg: {len(picture):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
