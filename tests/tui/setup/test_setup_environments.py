"""The set-up of a runbook with environments: one is chosen, no host is reached before, and every screen says which."""

from collections.abc import Callable

import pytest
from textual.widgets import Input

from tests.support.machines.fake_transport import FakeTransport
from tests.tui.conftest import SHOP, dialog, journal, shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import Confirm
from tui.execution.workspace import Setup, Workspace
from tui.screens.setup.screen import SetupScreen
from tui.session import events as ev
from tui.transports.base import HostFacts

STAGING = """
[environments.staging]
text = "a rehearsal"
hosts.web = { target = "stg-1" }
variables.release = "v7"
"""
BOTH = SHOP + STAGING


def top(app: RunbookApp) -> str:
    return shown(app).split("\n")[0]


async def test_none_is_chosen_by_itself_and_no_host_is_reached_before(
    make_workspace: Callable[..., Workspace], host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, reached, connect = RunbookApp(make_workspace(BOTH), Config(operator="ana")), [], host.connect

    def reach() -> HostFacts:
        reached.append("web")
        return connect()

    monkeypatch.setattr(host, "connect", reach)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert "● 2 ENVIRONMENTS" in top(app)
        assert "staging, production" in shown(app)
        await pilot.press("d")
        await until(pilot, lambda: "No host is reached before the environment is chosen." in shown(app))
        await pilot.press("enter", "f10")
        await until(pilot, lambda: "choose the environment: staging or production" in shown(app))
        assert isinstance(app.screen, SetupScreen)
        assert reached == []
        assert "1 field to fill in" in shown(app)


async def test_what_is_chosen_has_its_hosts_and_values_and_is_on_every_screen(
    make_workspace: Callable[..., Workspace],
) -> None:
    workspace = make_workspace(BOTH)
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "choose where" in shown(app))
        await pilot.press("down")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert "○ STAGING" in top(app)
        assert "a rehearsal · web at stg-1" in shown(app)
        assert app.screen.query_one("#var-release", Input).value == "v7"
        await pilot.press("down")
        await until(pilot, lambda: "● PRODUCTION" in top(app) and "F10   BEGIN" in shown(app))
        assert app.screen.query_one("#var-release", Input).value == "v2"
        await pilot.press("up")
        await until(pilot, lambda: "○ STAGING" in top(app) and "F10   BEGIN" in shown(app))
        await pilot.press("f10")
        await until(pilot, lambda: "Look around" in shown(app) and "recorded" in shown(app))
        assert "○ STAGING" in top(app)
        assert "staging  ● web" in shown(app)
        [started] = [event for event in journal(workspace) if isinstance(event, ev.SessionStarted)]
        assert (started.environment, started.variables["release"]) == ("staging", "v7")
        assert started.places["web"].target == "stg-1"
        await pilot.press("q")
        await dialog(pilot, Confirm)
        assert "on STAGING" in shown(app)


async def test_what_was_written_by_hand_stays_and_a_reason_of_other_hosts_does_not(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    app = RunbookApp(make_workspace(BOTH), Config(operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "choose where" in shown(app))
        await pilot.press("down")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        screen = app.screen
        assert isinstance(screen, SetupScreen)
        release = screen.query_one("#var-release", Input)
        release.value = "v9"
        screen.override.input.value = "the cable is cut"
        await pilot.press("down")
        await until(pilot, lambda: "● PRODUCTION" in top(app))
        assert release.value == "v9"
        assert screen.override.value == ""


async def test_one_that_the_command_line_named_is_chosen_already_and_again_afterwards(
    make_workspace: Callable[..., Workspace],
) -> None:
    workspace = make_workspace(BOTH)
    workspace.enter("staging", chosen=True)
    app = RunbookApp(workspace, Config(operator="ana"), given=Setup(flow="deploy", operator="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert "○ STAGING" in top(app)
        await pilot.press("tab", "tab")
        environment = app.screen.query_one("#environment")
        app.screen.set_focus(environment)
        await pilot.press("down")
        await until(pilot, lambda: "● PRODUCTION" in top(app))
        await pilot.press("escape")
        await until(pilot, lambda: "Last deployments" in shown(app) and "○ STAGING" in top(app))
        assert workspace.environment == "staging"


async def test_a_session_of_another_environment_tells_nothing_of_this_one(
    make_workspace: Callable[..., Workspace], clock: object
) -> None:
    from tests.support.sessions.fake_clock import FakeClock

    assert isinstance(clock, FakeClock)
    workspace = make_workspace(BOTH)
    for _ in range(3):
        workspace.enter("staging")
        conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", environment="staging"))
        clock.advance(60)
        conductor.finish("completed")
        conductor.close()
        clock.advance(60)
    workspace.enter("")
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: shown(app).count("staging  ") >= 3)
        assert "usually" not in shown(app)
        assert "Watch the error rate  staging" in shown(app)
        app.workspace.enter("staging")
        await pilot.press("a")
        await until(pilot, lambda: "usually" in shown(app) or "≈" in shown(app))
