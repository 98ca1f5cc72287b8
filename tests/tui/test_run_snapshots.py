import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.execution.workspace import Setup, Workspace
from tui.screens.run.session import SessionScreen
from tui.session.outcome import Outcome, OutcomeKind

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
Play = Callable[[RunbookApp, Any], Awaitable[None]]


async def opened(app: RunbookApp, pilot: Pilot[Any]) -> None:
    """A session at its first step."""
    app.workspace.preflight(SETUP, lambda row: None)
    app.begin(SETUP)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "02:0" in shown(app) and "keys" in shown(app))


async def says(app: RunbookApp, pilot: Pilot[Any], *words: str) -> None:
    await until(pilot, lambda: all(word in shown(app) for word in words))
    await pilot.pause()


@pytest.fixture
def compare(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr("secrets.token_hex", lambda size: "abc123")

    def held(workspace: Workspace, size: tuple[int, int], play: Play, config: Config | None = None) -> bool:
        app = RunbookApp(workspace, config)

        async def before(pilot: Pilot[Any]) -> None:
            await opened(app, pilot)
            await play(app, pilot)

        return bool(snap_compare(app, terminal_size=size, run_before=before))

    return held


@pytest.fixture
def slow(host: FakeTransport, clock: FakeClock) -> Play:
    """The first step runs longer than it should, and prints nothing any more."""
    host.replies["uptime"] = Reply(b"".join(b"line %d\n" % one for one in range(90)), until=threading.Event())

    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await says(app, pilot, "line 89", "running")
        await until(pilot, lambda: app.screen.moment.printed is not None)
        clock.advance(72)
        await says(app, pilot, "silent for", "over")

    return play


@pytest.mark.parametrize("size", [pytest.param((80, 24), id="80x24"), pytest.param((200, 60), id="200x60")])
def test_running_over_its_budget_and_silent(
    workspace: Workspace, compare: Any, slow: Play, size: tuple[int, int]
) -> None:
    assert compare(workspace, size, slow)


def test_running_in_a_light_theme(workspace: Workspace, compare: Any, slow: Play) -> None:
    assert compare(workspace, (120, 40), slow, Config(theme="day"))


def test_failed_without_colour(
    workspace: Workspace, host: FakeTransport, compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    host.replies["uptime"] = Reply(b"refused\n", Outcome(OutcomeKind.FAILED, 3), err=b"no answer\n")

    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await says(app, pilot, "retry", "no answer", "failed (exit 3)")

    assert compare(workspace, (80, 24), play)


def test_failed(workspace: Workspace, host: FakeTransport, compare: Any) -> None:
    host.replies["uptime"] = Reply(b"\x1b[31mno answer\x1b[0m [/red]\n", Outcome(OutcomeKind.FAILED, 3))

    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await says(app, pilot, "retry", "no answer [/red]", "failed (exit 3)")

    assert compare(workspace, (120, 40), play)


def test_unknown(workspace: Workspace, host: FakeTransport, compare: Any) -> None:
    host.replies["uptime"] = Reply(b"load\n", Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost"))

    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await says(app, pilot, "? UNKNOWN", "DECIDE")

    assert compare(workspace, (80, 24), play)


def test_to_sign(workspace: Workspace, compare: Any) -> None:
    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        app.conductor.skip("look", "looked already")
        app.conductor.start("backup")
        await says(app, pilot, "to sign", "succeeded")

    assert compare(workspace, (80, 24), play)


def test_your_turn_in_a_drill(make_workspace: Callable[..., Workspace], compare: Any) -> None:
    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        for step in ("look", "backup"):
            app.conductor.skip(step, "done before")
        app.conductor.start("announce")
        await says(app, pilot, "your turn", "DRILL")

    assert compare(make_workspace(drill="calm"), (120, 40), play)


def test_rolling_back(workspace: Workspace, host: FakeTransport, compare: Any) -> None:
    async def play(app: RunbookApp, pilot: Pilot[Any]) -> None:
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.step("look").status.settled and not app.conductor.busy)
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").attempts and not app.conductor.busy)
        app.conductor.roll_back("rollback", "Error rate above 10%")
        await says(app, pilot, "ROLLBACK", "compose up v1")

    assert compare(workspace, (80, 24), play)
