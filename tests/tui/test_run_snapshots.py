from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Setup, Workspace
from tui.screens.run import RunScreen
from tui.session.outcome import Outcome, OutcomeKind

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
Play = Callable[[RunbookApp, Any], Awaitable[None]]


async def opened(app: RunbookApp, pilot: Pilot[Any]) -> None:
    """A session at its first step."""
    app.workspace.preflight(SETUP, lambda row: None)
    app.begin(SETUP)
    await until(pilot, lambda: isinstance(app.screen, RunScreen) and "02:0" in shown(app) and "Help" in shown(app))


async def says(app: RunbookApp, pilot: Pilot[Any], *words: str) -> None:
    await until(pilot, lambda: all(word in shown(app) for word in words))
    await pilot.pause()


@pytest.fixture
def compare(snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Workspace, tuple[int, int], Play], bool]:
    monkeypatch.setattr("tui.session.store.secrets.token_hex", lambda size: "abc123")

    def held(workspace: Workspace, size: tuple[int, int], play: Play) -> bool:
        app = RunbookApp(workspace)

        async def before(pilot: Pilot[Any]) -> None:
            await opened(app, pilot)
            await play(app, pilot)

        return bool(snap_compare(app, terminal_size=size, run_before=before))

    return held


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
        await says(app, pilot, "? UNKNOWN", "after looking")

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
        app.conductor.roll_back("rollback", "Error rate above 10%")
        await says(app, pilot, "ROLLBACK", "compose up v1")

    assert compare(workspace, (80, 24), play)
