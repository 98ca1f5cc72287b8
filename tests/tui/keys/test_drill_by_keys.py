from pathlib import Path

import pytest

from tests.support.screens.keys import keys_of, keys_of_rollback
from tests.support.screens.operator import Operator
from tui.app import RunbookApp
from tui.cli.wiring import drill_workspace
from tui.dialogs.base import Dialog
from tui.exports.registry import render
from tui.exports.source import source
from tui.resources import bundled
from tui.screens.home.screen import HomeScreen
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.session.state import StepStatus

ANSWERS = {
    "check-sentry": ["3"],
    "verify-sentry": ["0", "2"],
    "rollback-database": ["reverse"],
    "rollback-monitor": ["0"],
}


@pytest.fixture(autouse=True)
def _sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setattr(Dialog, "LOOK", 0.007)


@pytest.mark.timeout(400)  # hundreds of keys, each waited for: a busy machine takes two minutes
@pytest.mark.parametrize(("method", "size"), [("b", (80, 24))])
async def test_the_whole_drill_by_keys(method: str, size: tuple[int, int]) -> None:
    """Home, set-up, every step of the deployment, ctrl+r, every step of the rollback, the summary, and the report."""
    with drill_workspace(bundled("runbook.toml"), "calm-deployment", 10_000, {"samples": "3"}) as workspace:
        workspace.speed = 20.0  # what the monitors measure more often takes time from the keys
        app = RunbookApp(workspace)
        async with app.run_test(size=size) as pilot:
            operator = Operator(pilot, ANSWERS, at_once=True)
            await operator.on_screen(HomeScreen)
            await operator.press("d")
            setup = await operator.on_screen(SetupScreen)
            if method == "b":
                await operator.choose_second(setup)
            await operator.begin(SessionScreen)
            await operator.settle()
            assert app.conductor is not None
            assert app.conductor.state.facts["method"] == method
            wanted = keys_of(workspace.runbook, "deploy", method, asked_first=True)
            assert wanted <= operator.keys <= wanted + 3
            before, operator.at_once = operator.keys, False
            await operator.press("ctrl+r")
            await operator.pick_first()
            assert app.conductor.state.rollback is not None
            await operator.settle()
            facts = app.conductor.state.facts
            wanted = keys_of_rollback(workspace.runbook, "rollback", method, facts, asked_first=True)
            assert wanted <= operator.keys - before <= wanted + 6  # on a busy machine a step may need one key more
            state = app.conductor.state
            statuses = {state.step(step.id).status for _, step in state.plan()}
            assert statuses <= {StepStatus.SIGNED, StepStatus.NOT_NEEDED}
            await operator.press("enter")
            await operator.on_screen(SummaryScreen)
            await operator.press("f")
            await operator.yes()
            assert app.conductor.state.finished is not None
            session = state.started.session if state.started else ""
        written = render(source(workspace.store.find(session)), "md").decode()
        assert "**DRILL**" in written
        assert "ROLLBACK started" in written
        assert "drill-secret" not in written
