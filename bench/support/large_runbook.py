"""The run screen on a terminal, in a session of a runbook with this number of steps, all of which succeed at once."""

import sys
import tempfile
from pathlib import Path

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.large import large_text
from tui.app import RunbookApp
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock


def workspace(text: str, folder: Path) -> Workspace:
    """A workspace of this runbook, whose only host answers every command well."""
    transport = FakeTransport({"": Reply(b"active\n")}, name="web")
    return Workspace(load_text(text, "large.toml"), text, Store(folder), {"web": transport}, SystemClock())


def main(steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = workspace(large_text(steps, "auto"), Path(folder))
        app = RunbookApp(place)

        async def begin(pilot: object) -> None:
            app.begin(Setup(flow="deploy", operator="ana"))

        app.run(auto_pilot=begin)


if __name__ == "__main__":
    main(int(sys.argv[1]))
