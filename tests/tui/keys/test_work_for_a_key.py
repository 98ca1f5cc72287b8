"""What one key costs, counted: layouts of the screen, lines drawn, and what is worked out again that did not change."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual import events
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.support.source.counted_calls import calls_counted
from tests.tui.conftest import SHOP, until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.front.keys_first import KeysFirst
from tui.front.notifier import OutputGrew
from tui.session.state import StepStatus

LAYOUTS, BARS = "screen.py:Screen._refresh_layout", "scrollbar.py:ScrollBar.render"


@asynccontextmanager
async def look_runs(workspace: Workspace, host: FakeTransport) -> AsyncIterator[tuple[RunbookApp, Any]]:
    """A session whose first step runs, and prints nothing."""
    host.replies["uptime"] = Reply(until=threading.Event())
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.RUNNING)
        yield app, pilot


def lines_drawn(found: Counter[str], part: Widget) -> Callable[[Region], list[Strip]]:
    """Draws a part, and counts its lines by its name."""
    render = part.render_lines

    def drawn(crop: Region) -> list[Strip]:
        found[str(part.id)] += crop.height
        return render(crop)

    return drawn


@pytest.mark.usefixtures("each_paint")
async def test_a_key_to_a_step_of_another_height_lays_the_screen_out_once_and_draws_each_pane_once(
    workspace: Workspace, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is drawn a second time as the panes hear of their size, nor a scroll bar that stays what it is."""
    async with look_runs(workspace, host) as (app, pilot):
        screen, found = app.screen, Counter[str]()

        def lies(on_running: bool) -> bool:
            """Whether the mark has moved, and the panes lie as its step wants them."""
            chosen, panes = screen.checklist.selected, screen.panes
            placed = screen.card.outer_size.height == panes._lies.card and not screen._layout_required
            return placed and panes._wanted_for[0] == chosen and (chosen == "look") is on_running

        await pilot.press("down")
        await until(pilot, lambda: lies(False))
        await pilot.press("up")
        await until(pilot, lambda: lies(True))
        await pilot.pause()
        before = screen.card.outer_size.height
        for part in (screen.card, screen.output):
            monkeypatch.setattr(part, "render_lines", lines_drawn(found, part))
        with calls_counted("/textual/") as calls:
            await pilot.press("down")
            await until(pilot, lambda: lies(False))
            await pilot.pause()
            await pilot.pause()
        assert screen.card.outer_size.height != before
        assert calls[LAYOUTS] == 1
        assert calls.get(BARS, 0) == 0
        assert 0 < found["card"] <= screen.card.outer_size.height
        assert 0 < found["output"] <= screen.output.outer_size.height


@pytest.mark.usefixtures("each_paint")
async def test_a_card_that_gets_more_room_gets_no_scroll_bar_by_the_room_it_had(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    """The bar came with one layout, and went with another."""
    text = SHOP.replace('id = "look"', 'id = "look"\ntext = """' + "word " * 120 + '"""', 1)
    async with look_runs(make_workspace(text), host) as (app, pilot):
        screen = app.screen

        def lies(on_running: bool) -> bool:
            chosen, panes = screen.checklist.selected, screen.panes
            placed = panes._wanted_for[0] == chosen and not screen._layout_required
            return placed and (chosen == "look") is on_running

        await pilot.press("down")
        await until(pilot, lambda: lies(False))
        await pilot.pause()
        before = screen.card.outer_size.height
        with calls_counted("/textual/") as calls:
            await pilot.press("up")
            await until(pilot, lambda: lies(True))
            await pilot.pause()
            await pilot.pause()
        assert screen.card.virtual_size.height > before, "it needs more than there was"
        assert screen.card.outer_size.height > before
        assert calls[LAYOUTS] == 1


async def test_what_can_be_done_is_worked_out_once_for_a_key_while_a_command_runs(
    workspace: Workspace, host: FakeTransport
) -> None:
    """A screen asks after everything that it was told."""
    async with look_runs(workspace, host) as (app, pilot):
        await pilot.press("down")
        await until(pilot, lambda: app.screen.checklist.selected != "look")
        with calls_counted() as calls:
            app.screen.offers()
            for _ in range(20):
                app.screen.show_keys()
        assert calls["widgets/offers/of_session.py:offered"] <= 1


async def test_a_key_works_out_the_rows_between_which_the_mark_moves_and_no_others(
    workspace: Workspace, host: FakeTransport
) -> None:
    """Nor does it each time that the command which runs elsewhere may have printed something."""
    async with look_runs(workspace, host) as (app, pilot):
        screen = app.screen
        await pilot.press("down", "down", "up")
        await until(pilot, lambda: screen.checklist.selected not in ("look", "announce"))
        with calls_counted() as calls:
            screen.checklist.action_move(1)
        assert calls["widgets/checklist/plan_text.py:step_row"] <= 2 + 1, "from, to, and the one that runs"
        number = app.conductor.state.running().number
        with calls_counted() as calls:
            screen.on_output_grew(OutputGrew(number))
            screen.on_output_grew(OutputGrew(number))
        assert calls.get("screens/run/panes.py:SessionPanes.share_out", 0) == 0


async def test_a_change_works_out_the_rows_of_steps_about_which_something_was_done_and_no_others(
    workspace: Workspace, host: FakeTransport
) -> None:
    """As forty commands end, each frame brings another state, in which most steps stand as before."""
    async with look_runs(workspace, host) as (app, pilot):
        await pilot.press("down")
        await until(pilot, lambda: app.screen.checklist.selected != "look")
        app.screen.show_now()
        with calls_counted() as calls:
            app.conductor.note("the shop is slow", "look")
            app.screen.show_now()
        assert 0 < calls["widgets/checklist/plan_text.py:step_row"] <= 1, "the one that runs"


@pytest.mark.usefixtures("each_paint")
async def test_the_answer_to_a_key_is_painted_at_once_not_with_the_next_tick(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual paints 60 times a second: after a paint that took longer than a tick the next was 17 to 33 ms away."""
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.pause()
        screen, display, painted = app.screen, app._display, asyncio.Event()

        def seen(screen: Screen[object], shown: object) -> None:
            display(screen, shown)
            if shown is not None:
                painted.set()

        monkeypatch.setattr(screen._update_timer, "resume", lambda: None)  # the next tick is far away
        monkeypatch.setattr(app, "_display", seen)
        for key in ("down", "up"):
            painted.clear()
            app.post_message(events.Key(key, None))  # not by the pilot, which paints by itself
            await painted.wait()


@pytest.mark.usefixtures("each_paint")
async def test_what_came_while_a_key_is_answered_is_shown_after_its_paint(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As forty commands end each frame brings another state, and working it out takes as long as the key itself."""
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.pause()
        move, display, order, all_done = app.screen.checklist.action_move, app._display, list[str](), asyncio.Event()

        def changed() -> None:
            order.append("the session's change")
            all_done.set()

        def moved(by: int) -> None:
            move(by)
            order.append("the key")
            app.keys_first.then(changed)

        def seen(screen: Screen[object], shown: object) -> None:
            display(screen, shown)
            if shown is not None and order == ["the key"]:
                order.append("its paint")

        monkeypatch.setattr(app, "keys_first", KeysFirst(app, at_latest=3600.0))
        monkeypatch.setattr(app.screen.checklist, "action_move", moved)
        monkeypatch.setattr(app, "_display", seen)
        app.post_message(events.Key("down", None))
        await all_done.wait()
        assert order == ["the key", "its paint", "the session's change"]


async def test_a_key_that_changes_nothing_holds_nothing_up_for_long(workspace: Workspace) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.pause()
        shown = asyncio.Event()
        app.keys_first.pressed()
        app.keys_first.then(shown.set)
        await shown.wait()
