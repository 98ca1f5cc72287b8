"""Pictures of screens in states that `drawn/` does not hold, each as one file that a browser shows."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import SETUP
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.execution.workspace import Workspace
from tui.screens.run.session import SessionScreen
from tui.session.outcome import Outcome, OutcomeKind


@pytest.fixture(autouse=True)
def _same_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "abc123")
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")


def still(app: RunbookApp) -> None:
    for field in app.screen.query(Input):
        field.cursor_blink = False


def test_setup_with_everything_wrong(
    make_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch, clock: FakeClock, snap_compare: Any
) -> None:
    monkeypatch.delenv("DB_PASSWORD")
    clock.advance(-24 * 3600)
    workspace = make_workspace()
    workspace.here = replace(workspace.here, settings={"release": "two"})
    app = RunbookApp(workspace, Config(operator="ana"))

    async def tried(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "failed" in shown(app))
        await pilot.press("f10")
        await until(pilot, lambda: "keys" in shown(app))
        still(app)
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 40), run_before=tried)


def test_light_colours_and_few_of_them(workspace: Workspace, snap_compare: Any) -> None:
    app = RunbookApp(workspace, Config(theme="ansi-light"))

    async def listed(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app) and "keys" in shown(app))

    assert snap_compare(app, terminal_size=(80, 24), run_before=listed)


async def begun(app: RunbookApp, pilot: Pilot[Any]) -> None:
    """Begin a session, and its first step."""
    app.workspace.preflight(SETUP, lambda row: None)
    app.begin(SETUP)
    await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "02:0" in shown(app) and "keys" in shown(app))
    await pilot.press("enter")


async def says(app: RunbookApp, pilot: Pilot[Any], *words: str) -> None:
    await until(pilot, lambda: all(word in shown(app) for word in words))
    await pilot.pause()


def test_running_over_its_budget_and_silent(
    workspace: Workspace, host: FakeTransport, clock: FakeClock, snap_compare: Any
) -> None:
    host.replies["uptime"] = Reply(b"".join(b"line %d\n" % one for one in range(90)), until=threading.Event())
    app = RunbookApp(workspace)

    async def play(pilot: Pilot[Any]) -> None:
        screen: Any
        await begun(app, pilot)
        await says(app, pilot, "line 89", "running")
        screen = app.screen
        await until(pilot, lambda: screen.moment.printed is not None)
        clock.advance(72)
        await says(app, pilot, "silent for", "over")

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)


def test_failed_with_colours_and_signs_of_markup(workspace: Workspace, host: FakeTransport, snap_compare: Any) -> None:
    host.replies["uptime"] = Reply(b"\x1b[31mno answer\x1b[0m [/red]\n", Outcome(OutcomeKind.FAILED, 3))
    app = RunbookApp(workspace)

    async def play(pilot: Pilot[Any]) -> None:
        await begun(app, pilot)
        await says(app, pilot, "retry", "no answer [/red]", "failed (exit 3)")

    assert snap_compare(app, terminal_size=(120, 40), run_before=play)


def test_snapshots_are_not_of_this_machine() -> None:
    for path in Path(__file__).parent.glob("__snapshots__/*/*"):
        assert "/tmp/" not in path.read_text(encoding="utf-8")
