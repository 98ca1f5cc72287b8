from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.fake_clock import FakeClock
from tests.tui.conftest import dialog, shown, until
from tui.app import RunbookApp
from tui.config import Config
from tui.dialogs import Confirm, SendMessage, Sign, TypeName
from tui.dialogs.base import Dialog
from tui.execution.workspace import Setup, Workspace
from tui.screens.summary.screen import SummaryScreen

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((120, 40), id="120x40")]
SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


@pytest.fixture(autouse=True)
def _same_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "abc123")


def still(app: RunbookApp) -> None:
    for field in app.screen.query(Input):
        field.cursor_blink = False


@pytest.mark.parametrize("size", SIZES)
def test_home(workspace: Workspace, clock: FakeClock, snap_compare: Any, size: tuple[int, int]) -> None:
    conductor = workspace.begin(SETUP)
    conductor.close()
    clock.advance(3700)
    app = RunbookApp(workspace)

    async def listed(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "RESUME" in shown(app) and "keys" in shown(app) and app.screen.whole)
        await until(pilot, lambda: app.screen.gathered.problems is not None)  # a wide one says what lint says

    assert snap_compare(app, terminal_size=size, run_before=listed)


@pytest.mark.parametrize("size", SIZES)
def test_setup(workspace: Workspace, snap_compare: Any, size: tuple[int, int]) -> None:
    app = RunbookApp(workspace, Config(operator="ana"))

    async def checked(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "F10   BEGIN" in shown(app) and "keys" in shown(app))
        still(app)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=checked)


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


def test_summary(workspace: Workspace, clock: FakeClock, snap_compare: Any) -> None:
    app = RunbookApp(workspace)

    async def summed_up(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app))
        app.begin(SETUP)
        await until(pilot, lambda: app.conductor is not None)
        assert app.conductor is not None
        clock.advance(90)
        app.conductor.skip("look", "looked already")
        app.conductor.skip("backup", "made by hand")  # long enough that the session's path stays out of sight
        for text in ("the cache is warm", "errors as before", "the queue is empty"):
            app.conductor.note(text)
        clock.advance(200)
        app.show_summary()
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "looked already" in shown(app))
        await until(pilot, lambda: "keys" in shown(app))

    assert snap_compare(app, terminal_size=(80, 24), run_before=summed_up)


COMMAND = "set -o pipefail; mysqldump --single-transaction shop | gzip > /backups/v2.sql.gz"
DIALOGS = {
    "confirm": lambda: Confirm("Start: Back up?", ["on web (deploy@web.example:22)", "", f"$ {COMMAND}"]),
    "type-name": lambda: TypeName("DESTRUCTIVE: Restore", ["on web (deploy@web.example:22)", f"$ {COMMAND}"], "web"),
    "message": lambda: SendMessage("Notice", "Deploying {{ release }}\n\nAt 02:00 UTC", True, "the team"),
    "sign": lambda: Sign("Switch containers", ["✔ exit status 0", "took 0:42 of 1:00"], two_person=True),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_dialog(make_workspace: Callable[..., Workspace], snap_compare: Any, name: str) -> None:
    app = RunbookApp(make_workspace(drill="calm"))

    async def asked(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app) and "keys" in shown(app))
        app.push_screen(DIALOGS[name]())
        await dialog(pilot, Dialog)
        still(app)
        await pilot.pause()

    assert snap_compare(app, terminal_size=(80, 24), run_before=asked)


def test_light_colours_and_few_of_them(workspace: Workspace, snap_compare: Any) -> None:
    app = RunbookApp(workspace, Config(theme="ansi-light"))

    async def listed(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: "None yet" in shown(app) and "keys" in shown(app))

    assert snap_compare(app, terminal_size=(80, 24), run_before=listed)


def test_snapshots_are_not_of_this_machine() -> None:
    for path in Path(__file__).parent.glob("__snapshots__/*/*"):
        assert "/tmp/" not in path.read_text(encoding="utf-8")
