"""A session that is resumed in order to be rolled back: one dialog says how it was left, and asks why."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.tui.conftest import ERROR_RATE, dialog, journal, shown, until
from tests.tui.rollback.test_rollback_screen import SETUP, TEXT
from tui.app import RunbookApp
from tui.dialogs import RollbackReason
from tui.dialogs.base import Dialog
from tui.dialogs.taken_up import TakenUp
from tui.execution.workspace import Workspace
from tui.screens.rollback.screen import RollbackScreen
from tui.screens.run.session import SessionScreen
from tui.session import events as ev


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace(TEXT + ERROR_RATE)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[type[Any]]:
    """The kinds of the dialogs that were opened, in their order."""
    found: list[type[Any]] = []
    mount = Dialog.on_mount

    def mounted(self: Dialog[Any]) -> None:
        found.append(type(self))
        mount(self)

    monkeypatch.setattr(Dialog, "on_mount", mounted)
    return found


def left(workspace: Workspace, *steps: str) -> str:
    """A session that was left after these steps."""
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)
    for step in steps:
        conductor.start(step)
        conductor.wait(10)
    conductor.close()
    return conductor.state.started.session if conductor.state.started else ""


def changes(host: FakeTransport) -> int:
    """How many commands were sent that no monitor sends."""
    return sum(command.key != "monitor" for command in host.ran)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("by", ["key", "command"])
async def test_one_dialog_says_how_it_was_left_and_asks_why(
    workspace: Workspace, host: FakeTransport, asked: list[type[Any]], by: str, size: tuple[int, int]
) -> None:
    session = left(workspace, "look", "switch-docker")
    ran = changes(host)
    app = RunbookApp(workspace, session=session if by == "command" else "", operator="ben", rolling_back=by != "key")
    async with app.run_test(size=size) as pilot:
        if by == "key":
            await until(pilot, lambda: app.screen.framed == "unfinished")
            await pilot.press("ctrl+r")
        await dialog(pilot, RollbackReason)
        for words in ("Taken over from ana", "steps settled", "Steps: 1 needed", "Error rate above 10%", "Switch back"):
            assert words in shown(app), words
        await pilot.press("enter", "enter")
        assert app.conductor.state.rollback is None  # by reflex it is not begun
        assert changes(host) == ran
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, RollbackScreen) and app.screen.moment)
        assert asked == [RollbackReason]
        events = journal(workspace)
        handed, begun = (
            next(place for place, one in enumerate(events) if isinstance(one, kind))
            for kind in (ev.SessionHandedOver, ev.RollbackStarted)
        )
        assert handed < begun
        assert app.conductor.state.rollback.operator == "ben"


async def test_leaving_it_leaves_the_session_resumed_and_nothing_else(
    workspace: Workspace, host: FakeTransport, asked: list[type[Any]]
) -> None:
    session = left(workspace, "look", "switch-docker")
    ran = changes(host)
    app = RunbookApp(workspace, session=session, rolling_back=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await dialog(pilot, RollbackReason)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.conductor and not app.conductor.held)
        assert app.conductor.state.rollback is None
        assert changes(host) == ran
        assert asked == [RollbackReason]
        await pilot.press("ctrl+r")  # it is the screen of any session now: how it was left is not told again
        await dialog(pilot, RollbackReason)
        assert "steps settled" not in shown(app)


async def test_the_reason_that_tripped_before_is_chosen_already(workspace: Workspace) -> None:
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)
    for step in ("look", "switch-docker"):
        conductor.start(step)
        conductor.wait(10)
    conductor.record(ev.TriggerTripped(trigger="errors", monitor="errors", value=11.0, dwell=300.0))
    conductor.close()
    app = RunbookApp(workspace, session="last", rolling_back=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await dialog(pilot, RollbackReason)
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.rollback is not None)
        assert app.conductor.state.rollback.reason == "Error rate above 10%"


async def test_where_there_is_nothing_to_undo_how_it_was_left_is_still_told(
    workspace: Workspace, asked: list[type[Any]]
) -> None:
    session = left(workspace, "look")
    app = RunbookApp(workspace, session=session, rolling_back=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await dialog(pilot, TakenUp)
        assert any("nothing to undo" in one.message for one in app._notifications)
        assert "by ana" in shown(app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert asked == [TakenUp]
        assert app.conductor.state.rollback is None
