"""In a drill those whose work it is not are called by a key: a rehearsal is solved by what its screen says."""

from pathlib import Path

import pytest

from tests.support.screens.operator import Operator
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.cli.wiring import drill_workspace
from tui.dialogs.base import Dialog
from tui.dialogs.pick import Pick
from tui.dialogs.taken_up import TakenUp
from tui.execution.workspace import Setup
from tui.screens.run.session import SessionScreen
from tui.screens.troubleshoot import TroubleshootScreen
from tui.session.events import FaultStruck
from tui.session.journal.journal import read
from tui.session.state import StepStatus

RUNBOOK = """
format = 2
[runbook]
title = "Backups"
default_host = "db"
[hosts.db]
title = "Database"
target = "deploy@db.example.com"
[flows.deploy]
title = "Back up"
kind = "deploy"
sections = ["backup"]
[sections.backup]
title = "Backup"
[sections.backup.steps.dump]
title = "Dump the database"
run = "dump-it"
[troubleshooting.full]
title = "A disk is full"
patterns = ["no space left"]
symptoms = ["no space left on device"]
[troubleshooting.full.diagnosis.full-look]
title = "Look at the disks"
run = "df -h"
"""
SCENARIO = """
format = 1
title = "The disk is full"
[facts]
disk = "full"
[hosts.db]
hostname = "db"
[[faults]]
id = "room-made"
title = "The storage team makes room"
set = { disk = "free" }
by_itself = false
helps = true
[[rules]]
match = "dump-it"
when = { disk = "full" }
output = "2> no space left"
exit = 1
pace = "0s"
[[rules]]
match = "dump-it"
output = "dumped"
pace = "0s"
"""


async def test_who_helps_is_called_by_a_key_of_the_step_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setattr(Dialog, "LOOK", 0.007)
    (tmp_path / "backups.toml").write_text(RUNBOOK)
    (tmp_path / "full.toml").write_text(SCENARIO)
    with drill_workspace(tmp_path / "backups.toml", str(tmp_path / "full.toml"), 10_000) as workspace:
        conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
        conductor.close()
        session = workspace.store.find("last")
        async with RunbookApp(workspace, operator="ana", session=session.id).run_test(size=(80, 24)) as pilot:
            operator = Operator(pilot, {})
            await operator.opened(TakenUp)
            await operator.press("escape")
            await operator.on_screen(SessionScreen)
            assert await operator.next("dump") is StepStatus.FAILED
            await until(pilot, lambda: "h call for help" in shown(pilot.app))
            await operator.press("t")
            await operator.on_screen(TroubleshootScreen)
            await until(pilot, lambda: "h call for help" in shown(pilot.app))
            await operator.press("h")
            await operator.opened(Pick)
            assert "The storage team makes room" in shown(pilot.app)
            await operator.press("down", "enter")
            await until(pilot, lambda: "room-made" in pilot.app.conductor.state.faults)
            await until(pilot, lambda: "h call for help" not in shown(pilot.app))
            await operator.press("escape")
            await operator.on_screen(SessionScreen)
            assert await operator.again("dump") is StepStatus.SIGNED
    struck = [one.event for one in read(session.journal) if isinstance(one.event, FaultStruck)]
    assert [(one.fault, one.how, one.by) for one in struck] == [("room-made", "injected", "ana")]
