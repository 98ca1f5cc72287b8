"""The run screen on a terminal, its first step printing a log on every host of a group of real sshds, all at once."""

import gc
import sys
import tempfile
from pathlib import Path

from tests.support.machines.fleet import of_group
from tui.__main__ import GARBAGE
from tui.app import RunbookApp
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.threads import one_heap
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport
from tui.transports.ssh.transport import SSHTransport

STEPS = 40
STEP = """[[sections.steps]]
id = "step-NUMBER"
title = "Step NUMBER"
text = "marker-NUMBER-"
budget = "10m"
mutates = true
signoff = "operator"
[[sections.steps.actions]]
run = "cat SOURCE"
on = "box"
at_once = COUNT
timeout = "1h"
"""


def main(count: int, config: Path, source: Path) -> None:
    """Args: config, source: the ssh_config that names box1 to boxN, and the log."""
    gc.set_threshold(GARBAGE)  # as the command does
    one_heap()
    with tempfile.TemporaryDirectory() as folder:
        steps = "".join(STEP.replace("NUMBER", f"{number:03d}") for number in range(STEPS))
        text = of_group([f"box[1:{count}]"], f'title = "S"\n{steps}', group="box", local=True)
        text = text.replace("COUNT", str(count)).replace("SOURCE", str(source))
        path = Path(folder) / "runbook.toml"
        path.write_text(text, encoding="utf-8")
        names = (f"box{number}" for number in range(1, count + 1))
        transports: dict[str, Transport] = {name: SSHTransport(name, name, config_files=[config]) for name in names}
        transports["here"] = LocalTransport("here")
        store = Store(Path(folder) / "sessions")
        workspace = Workspace(load(path), text, store, transports, SystemClock())
        setup = Setup(flow="deploy", operator="ana")
        workspace.preflight(setup, lambda row: None)
        workspace.begin(setup).close()
        RunbookApp(workspace, session=store.names()[-1], operator="ana").run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
