"""The first screen under a session that is resumed at once: it is furnished where it is seen, and not before."""

import threading
from typing import Any

import pytest

from tests.support.screens.running import SETUP
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs.taken_up import TakenUp
from tui.execution.workspace import Setup, Workspace
from tui.screens.home.listing import Listing
from tui.screens.home.screen import HomeScreen
from tui.screens.setup.screen import SetupScreen


def left_open(workspace: Workspace) -> str:
    """A session that can be resumed."""
    workspace.preflight(SETUP, lambda row: None)
    conductor = workspace.begin(SETUP)
    conductor.close()
    assert conductor.state.started is not None
    return conductor.state.started.session


async def test_a_session_is_resumed_over_a_bare_first_screen_which_is_furnished_once_it_is_left(
    workspace: Workspace,
) -> None:
    app = RunbookApp(workspace, session=left_open(workspace))
    async with app.run_test(size=(120, 40)) as pilot:
        await dialog(pilot, TakenUp)
        home = app.screen_stack[1]
        assert isinstance(home, HomeScreen)
        assert not home.query(Listing), "nothing is loaded and read that nobody sees"
        app.close_session()
        await until(pilot, lambda: app.screen is home and "RESUME" in shown(app) and "d deploy" in shown(app))


async def test_it_is_furnished_where_nothing_comes_above_it(workspace: Workspace) -> None:
    app = RunbookApp(workspace, session="20200101T000000Z-deploy-000000")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "000000" in shown(app) and "d deploy" in shown(app))


async def test_before_it_is_furnished_its_keys_lead_nowhere(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, go_on, resume = left_open(workspace), threading.Event(), workspace.resume

    def slow(*given: Any) -> object:
        go_on.wait()
        return resume(*given)

    monkeypatch.setattr(workspace, "resume", slow)
    app = RunbookApp(workspace, session=session)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("tab", "down", "a", "enter", "escape")
        assert isinstance(app.screen, HomeScreen)
        go_on.set()
        await dialog(pilot, TakenUp)


async def test_a_flow_that_the_command_line_names_is_set_up_over_a_bare_first_screen(workspace: Workspace) -> None:
    app = RunbookApp(workspace, given=Setup(flow="deploy", method="", operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SetupScreen))
        home = app.screen_stack[1]
        assert not home.query(Listing)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is home and "d deploy" in shown(app))
