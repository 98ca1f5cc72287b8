"""A rehearsal in which something goes wrong, solved by keys through the whole application."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.operator import Operator
from tests.tui.conftest import shown, until
from tests.tui.test_drill_by_keys import ANSWERS
from tui.app import RunbookApp
from tui.compose import drill_workspace
from tui.headless.debriefs import debrief_of
from tui.resources import bundled
from tui.screens.dialogs.base import Dialog
from tui.screens.home import HomeScreen
from tui.screens.run import RunScreen
from tui.screens.setup import SetupScreen
from tui.screens.summary import SummaryScreen


@pytest.fixture(autouse=True)
def _sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.setattr(Dialog, "LOOK", 0.007)


@pytest.mark.timeout(400)  # as the calm one: hundreds of keys, each waited for
async def test_errors_that_begin_when_all_seemed_well_are_noticed_by_the_trigger_and_rolled_back() -> None:
    with drill_workspace(bundled("runbook.toml"), "error-rate-climbs", 10_000, {"samples": "3"}) as workspace:
        app = RunbookApp(workspace)
        async with app.run_test(size=(120, 40)) as pilot:
            operator = Operator(pilot, ANSWERS)
            await operator.on_screen(HomeScreen)
            await operator.press("d")
            await operator.choose_second(await operator.on_screen(SetupScreen))
            await operator.begin(RunScreen)
            with suppress(AssertionError):  # the verification may see the errors before the trigger has dwelt
                await operator.settle()
            assert app.conductor is not None
            conductor = app.conductor
            await until(pilot, lambda: "error_rate" in conductor.state.tripped)
            await until(pilot, lambda: "ctrl+r rolls back" in shown(app))
            await operator.press("ctrl+r")
            await operator.pick_first()
            assert conductor.state.rollback is not None
            assert conductor.state.rollback.reason.startswith("Error rate")
            await operator.settle()
            await operator.press("enter")
            await operator.on_screen(SummaryScreen)
            await until(pilot, lambda: "Debrief" in shown(app))
            assert "One request in eight fails in the new release" in shown(app)
            await operator.press("f")
            await operator.yes()
            await until(pilot, lambda: conductor.state.finished is not None)
        found = debrief_of(workspace.store.find("last"))
    (story,) = found.stories
    assert story.noticed is not None
    assert story.decision.startswith("rollback: Error rate")
    assert story.recovered is not None
    assert found.rollback is not None
    assert found.result == "rolled back"
