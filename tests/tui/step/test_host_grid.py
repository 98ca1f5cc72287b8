"""A host of a group is marked by arrow keys in the step's card, and opened by enter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import FAILED, FLEET, LOST, TURNS, fleet
from tests.support.screens.running import comes, running
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import Cell, CellStatus
from tui.session.state import StepStatus
from tui.text.block import NO_BREAK
from tui.widgets.step.host_grid import grid_of, grid_rows, is_marked


def cells(count: int, bad: int) -> tuple[Cell, ...]:
    one = Cell("web", 1, CellStatus.GOOD)
    made = tuple(replace(one, host=f"web{number:03}", attempt=number) for number in range(1, count + 1))
    return tuple(replace(cell, status=CellStatus.FAILED) if cell.attempt == bad else cell for cell in made)


def test_a_mark_goes_to_the_host_to_look_at_first_then_beside_and_below_and_stays_at_the_edges() -> None:
    grid = grid_of(cells(12, 7), 32)
    assert grid.in_row == 6
    assert grid.moved("", 1, 0) == "web007"
    assert [grid.moved("web007", *by) for by in ((1, 0), (0, -1), (-1, 0), (0, 1))] == [
        "web008",
        "web001",
        "web007",
        "web007",
    ]
    assert grid.moved("web006", 1, 0) == "web006"
    assert grid.moved("web012", 0, 1) == "web012"
    assert grid.moved("web010", 0, -1) == "web004"


def test_of_a_thousand_hosts_those_that_are_shown_can_be_marked() -> None:
    grid = grid_of(cells(1000, 980), 42)
    assert "web980" in [cell.host for cell in grid.cells]
    assert len(grid.cells) + sum(grid.rest.values()) == 1000
    found = grid_rows(grid, 42, "web980")
    [row] = [row for row in found if is_marked(row)]
    assert [text for text, style in row.pieces if style.endswith("reverse")] == ["✖980"]
    assert all(len(one.text) <= 42 for one in found)


@asynccontextmanager
async def of_six(tmp_path: Path, size: tuple[int, int]) -> AsyncIterator[tuple[RunbookApp, Any]]:
    """The run screen of six hosts, on the fourth of which the update fails; two are left to do."""
    hosts = fleet()
    for name in ("web01", "web02", "web03"):
        hosts[name].replies["install"] = Reply(f"{name} has it now\n".encode())
    hosts["web04"].replies["install"] = FAILED
    text = FLEET.replace("AT_ONCE", "1").replace("STOP_AFTER", "1")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    async with running(workspace, size, notifications=True, setup=Setup(flow="deploy", operator="ana")) as (app, pilot):
        app.conductor.start("update")
        await comes(pilot, app, "update", StepStatus.FAILED)
        yield app, pilot
    workspace.close()


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_enter_opens_the_marked_host_and_is_the_next_act_again_afterwards(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with of_six(tmp_path, size) as (app, pilot):
        attempts = len(app.conductor.state.attempts)
        await pilot.press("2")
        await until(pilot, lambda: "← → mark a host" in shown(app))
        await pilot.press("right")
        await until(pilot, lambda: "web04: ⏎ opens it" in shown(app) and "OPEN  what web04 printed" in shown(app))
        await pilot.press("left", "left")
        await until(pilot, lambda: "OPEN  what web02 printed" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "web02 has it now" in shown(app))
        assert app.screen.output.has_focus
        assert "OPEN" not in shown(app)
        assert len(app.conductor.state.attempts) == attempts
        await pilot.press("2", "right")  # where the mark was
        await until(pilot, lambda: "OPEN  what web02 printed" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "OPEN" not in shown(app) and "RETRY" in shown(app))
        assert app.screen.card.has_focus
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.is_modal)  # what comes next asks first


async def test_a_host_on_which_nothing_ran_says_so(tmp_path: Path) -> None:
    async with of_six(tmp_path, (120, 40)) as (app, pilot):
        await pilot.press("2", "right", "right", "enter")
        await until(pilot, lambda: "Nothing has run on web05 yet" in shown(app))
        assert "NOTHING  has run on web05 yet" in shown(app)
        assert "web05 not begun · esc none" in shown(app)
        assert app.screen.card.marked == "web05"


async def test_without_a_group_the_arrows_and_enter_are_what_they_were(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("2", "right", "down", "up", "left")
        assert app.screen.card.marked == ""
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)


async def test_the_card_says_on_how_many_hosts_something_ran_and_how_one_is_opened(tmp_path: Path) -> None:
    async with of_six(tmp_path, (160, 50)) as (app, pilot):
        await until(pilot, lambda: "hosts       6 hosts begun   a lists them" in shown(app).replace(NO_BREAK, " "))
        assert "2 and the arrow keys mark one" in shown(app).replace(NO_BREAK, " ")
        assert "attempts" not in shown(app)


@pytest.mark.usefixtures("each_paint")
async def test_a_card_that_gets_more_room_says_no_longer_that_hosts_are_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The frame was told while it was painted, and kept the words that it had: until the next paint it was wrong."""
    names = [f"web{number:02}" for number in range(1, 41)]
    hosts = {name: FakeTransport(name=name) for name in ("lb", *names)}
    hosts["web05"].replies["install"] = LOST
    text = TURNS.replace("[01:06]", "[01:40]").replace("40%", "25%").replace("AT_ONCE", "5").replace("STOP_AFTER", "3")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    async with running(workspace, (80, 24), setup=Setup(flow="deploy", operator="ana")) as (app, pilot):
        monkeypatch.setattr(app.screen.card, "_blink", lambda moment: None)  # it paints all of the card again
        for begun in range(2):
            app.conductor.start("roll")
            await comes(pilot, app, "roll", StepStatus.UNKNOWN if begun else StepStatus.RUNNING)
            await until(pilot, lambda: not app.conductor.busy)
        await until(pilot, lambda: "decide about web05 first" in shown(app) and "○40" in shown(app))
        await until(pilot, lambda: "more hosts below" not in shown(app))
    workspace.close()


async def test_hosts_out_of_sight_are_counted_below_the_card_until_they_are_scrolled_to(tmp_path: Path) -> None:
    names = [f"web{number:02}" for number in range(1, 61)]
    hosts = {name: FakeTransport(name=name) for name in ("lb", *names)}
    hosts["web01"].replies["install"] = FAILED
    text = FLEET.replace("[01:06]", "[01:60]").replace("AT_ONCE", "1").replace("STOP_AFTER", "1")
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), dict(hosts), SystemClock())
    async with running(workspace, (80, 20), setup=Setup(flow="deploy", operator="ana")) as (app, pilot):
        app.conductor.start("update")
        await comes(pilot, app, "update", StepStatus.FAILED)
        await until(pilot, lambda: "more hosts below · 2 ↓" in shown(app))
        last = "○60"
        assert last not in shown(app)
        await pilot.press("2", "right")
        await until(pilot, lambda: "web01: ⏎ opens it" in shown(app))
        await pilot.press(*["down"] * 5)
        await until(pilot, lambda: last in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: "← → mark a host" in shown(app))
        assert "more hosts below" not in shown(app)
    workspace.close()
