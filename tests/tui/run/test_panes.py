"""How the panes of a session share the screen, which of them is in focus, and what keys, mouse and a resize do."""

import threading
from collections.abc import Callable

import pytest
from textual.events import MouseScrollDown
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.large import large_text
from tests.support.screens.every_size import tried
from tests.support.screens.running import comes, running, status
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.screens.run.panes import OUTPUT, PLAN, STEP
from tui.screens.run.room import (
    CARD,
    ENDED,
    GRAPH,
    LIVE,
    PLAN_AT,
    TO_DO,
    TROUBLE_AT,
    WIDE,
    arranged,
    plan_cells,
    step_cells,
)
from tui.screens.run.session import SessionScreen
from tui.screens.small import LEAST, too_small
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus

WIDTHS = range(60, 251)
SIZES = tried(
    ((60, 20), (80, 24), (100, 30), (120, 40), (159, 50), (160, 40), (200, 60), (250, 70)),
    *((60, 20), (80, 24), (120, 40), (160, 40)),
)

LONG = SHOP.replace('run = "uptime"', 'run = "uptime' + r"\necho a line of it" * 30 + '"', 1)
"""A runbook whose first step wants more rows than there are."""


def session(app: RunbookApp) -> SessionScreen:
    assert isinstance(app.screen, SessionScreen)
    return app.screen


# where they are


def test_the_columns_are_those_of_the_drawings_and_grow_evenly() -> None:
    assert [plan_cells(width) for width in (60, 80, 120, 160, 200, 250)] == [26, 33, 43, 48, 48, 48]
    assert [step_cells(width) for width in (80, 120, 160, 200, 250)] == [47, 77, 56, 76, 76]
    assert [plan_cells(width, TROUBLE_AT) for width in (60, 80, 120, 160, 200)] == [26, 40, 52, 58, 58]
    for plan_at in (PLAN_AT, TROUBLE_AT):
        plans = [plan_cells(width, plan_at) for width in WIDTHS]
        assert all(0 <= after - before <= 1 for before, after in zip(plans, plans[1:], strict=False))


def test_the_output_has_its_rows_whatever_the_step_wants() -> None:
    for height in range(15, 66):
        for wanted in (3, 10, 200):
            todo, begun = (arranged(100, height, wanted, some, 4) for some in (0, LIVE))
            assert height - todo.card >= TO_DO
            assert height - begun.card >= min(ENDED, height - CARD)
            assert min(todo.card, begun.card) >= CARD
            if height >= 30:
                assert height - begun.card >= height // 2
            assert todo.card == max(CARD, min(wanted, height - TO_DO)), "no more than it fills"


def test_graphs_have_what_the_step_leaves_in_a_third_column() -> None:
    assert arranged(WIDE - 1, 56, 12, LIVE, 4).graphs == 0
    for width in range(WIDE, 251, 10):
        for height in range(16, 66):
            for wanted in (8, 20, 60):
                found = arranged(width, height, wanted, LIVE, 6)
                assert len(found.columns) == 2
                assert sum(found.columns) < width
                assert found.graphs <= 4
                assert found.graphs * GRAPH + (found.card or min(wanted, height)) <= height
    assert arranged(200, 56, 20, LIVE, 4).graphs == 4
    assert arranged(200, 56, 20, LIVE, 0).card == 0, "all of the column"


def test_output_that_is_over_leaves_the_step_the_rows_that_it_does_not_take() -> None:
    cards = [arranged(120, 35, 40, lines, 4).card for lines in (0, 1, 8, 30, LIVE)]
    assert cards == [35 - TO_DO, 35 - ENDED, 35 - 10, 35 - 17, 35 - 17]


def test_a_smaller_terminal_is_told_so() -> None:
    assert Size(60, 20) == LEAST
    assert not too_small(Size(60, 20))
    assert too_small(Size(59, 20))
    assert too_small(Size(60, 19))


async def test_nothing_overlaps_and_nothing_is_cut_off_at_any_size(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(b"line\n" * 50, Outcome(OutcomeKind.FAILED, 3), err=b"no answer\n")
    async with running(make_workspace()) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: status(app, "look") is StepStatus.FAILED)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda width=width, height=height: tidy(app, Size(width, height)))
            assert session(app).output.region.height >= ENDED
            await until(pilot, lambda: "failed" in shown(app))


def tidy(app: RunbookApp, size: Size) -> bool:
    """Whether every part of the screen is on it, none over another, and no gap is between the panes."""
    screen = session(app)
    whole = Region(0, 0, *size)
    panes: list[Widget] = [screen.checklist, screen.card, screen.output]
    panes += [one for one in screen.query("MonitorCard") if screen.query_one("#graphs").display]
    regions = [part.region for part in (*panes, screen.vitals, screen.top, screen.query_one("#progress"))]
    apart = not any(one.overlaps(other) for place, one in enumerate(regions) for other in regions[place + 1 :])
    inside = all(region.area and whole.contains_region(region) for region in regions)
    return inside and apart and sum(pane.region.area for pane in panes) == screen.panes.region.area


# keys


async def test_a_panes_number_focuses_it_then_gives_it_the_screen_and_back(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        screen = session(app)
        panes = {PLAN: screen.checklist, STEP: screen.card, OUTPUT: screen.output}
        for number in (OUTPUT, STEP, PLAN):
            await pilot.press(str(number))
            assert panes[number].has_focus
            assert not screen.panes.zoomed
            room = panes[number].size
            await pilot.press(str(number))
            await until(pilot, lambda number=number, room=room: panes[number].size > room)
            assert screen.panes.zoomed == number
            assert panes[number].has_focus
            assert [other for other, pane in panes.items() if pane.region] == [number]
            await pilot.press(str(number))
            await until(pilot, lambda number=number, room=room: panes[number].size == room)
            assert panes[number].has_focus
        await pilot.press("3", "3", "1")
        assert not screen.panes.zoomed
        assert screen.checklist.has_focus


async def test_the_frame_in_focus_has_another_border_and_its_title_on_a_ground(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        screen = session(app)
        for number, pane in ((3, screen.output), (2, screen.card), (1, screen.checklist)):
            before = pane.styles.border_top, pane.styles.border_title_background
            await pilot.press(str(number))
            await pilot.pause()
            after = pane.styles.border_top, pane.styles.border_title_background
            assert after[0] != before[0]
            assert after[1] != before[1]


async def test_without_colours_the_frame_in_focus_is_heavy(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(workspace) as (app, pilot):
        screen = session(app)
        for number, pane in ((3, screen.output), (2, screen.card), (1, screen.checklist)):
            await pilot.press(str(number))
            await pilot.pause()
            assert pane.styles.border_top[0] == "heavy"


async def test_space_and_arrows_fold_the_section_looked_at_and_the_mark_stays_in_sight(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: "▾○ Before" in shown(app))
        assert "❯ ○ Look around" in shown(app)
        await pilot.press("space")
        await until(pilot, lambda: "❯○ Before" in shown(app))
        assert "Look around" not in _plan(app)
        await pilot.press("down")
        await until(pilot, lambda: "❯ ○ Switch containers" in shown(app))
        await pilot.press("up")
        await until(pilot, lambda: "❯○ Before" in shown(app))
        await pilot.press("right")
        await until(pilot, lambda: "❯ ○ Look around" in shown(app))
        await pilot.press("left")
        await until(pilot, lambda: "❯○ Before" in shown(app))


async def test_a_row_of_the_step_that_comes_with_time_has_its_place_at_once(
    workspace: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["uptime"] = Reply(b"", until=threading.Event())
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.RUNNING)
        card = session(app).card
        await until(pilot, lambda: card.region.height == len(card._shown) + card.gutter.height)
        clock.advance(72)
        await until(
            pilot, lambda: "silent for" in shown(app) and card.region.height == len(card._shown) + card.gutter.height
        )
        await pilot.press("c")


async def test_what_is_folded_by_hand_stays_so_when_the_session_gets_there(
    workspace: Workspace, host: FakeTransport
) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: "▾○ Before" in shown(app))
        await pilot.press("space", "enter")
        await until(pilot, lambda: status(app, "look") is StepStatus.SIGNED and "1/3" in shown(app))
        assert "❯▶ Before" in _plan(app), "the step the session is at is in it"


def _plan(app: RunbookApp) -> str:
    screen = session(app)
    return "\n".join(screen.checklist.render_line(y).text for y in range(screen.checklist.size.height))


# mouse


async def test_a_click_selects_a_row_and_on_a_heading_folds_its_section(workspace: Workspace) -> None:
    async with running(workspace, (80, 24)) as (app, pilot):
        await until(pilot, lambda: "▾○ Before" in shown(app))
        screen = session(app)
        await pilot.click(screen.checklist, offset=(5, 3))
        await until(pilot, lambda: screen.checklist.selected == "backup" and "❯ ○ Back up" in shown(app))
        await pilot.click(screen.checklist, offset=(1, 5))
        await until(pilot, lambda: "▸○ Change" in shown(app))
        assert screen.checklist.selected == "backup"
        await pilot.click(screen.checklist, offset=(1, 5))
        await until(pilot, lambda: "▾○ Change" in shown(app))


async def test_the_wheel_scrolls_what_is_under_it_and_moves_no_mark(make_workspace: Callable[..., Workspace]) -> None:
    async with running(make_workspace(large_text(30)), (80, 24)) as (app, pilot):
        screen = session(app)
        await until(pilot, lambda: screen.checklist.max_scroll_y > 0 and screen.checklist.selected == "step-0")
        await pilot._post_mouse_events([MouseScrollDown], screen.checklist, offset=(5, 3), button=0)
        await until(pilot, lambda: screen.checklist.scroll_y > 0)
        assert (screen.checklist.selected, screen.output.scroll_y, screen.card.scroll_y) == ("step-0", 0, 0)


# another size


async def test_another_size_is_drawn_at_once(workspace: Workspace, host: FakeTransport) -> None:
    line = "x" * 150
    host.replies["git describe"] = Reply(f"{line}\n".encode())
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.checklist.selected == "backup")
        await pilot.press("up")
        await until(pilot, lambda: "xxx" in shown(app))
        for width, height in ((200, 60), (80, 24), (120, 40), (60, 20), (250, 70)):
            await pilot.resize_terminal(width, height)
            columns = width - plan_cells(width) if width < WIDE else width - plan_cells(width) - step_cells(width)
            line = "x" * min(150, columns - 3)
            await until(pilot, lambda line=line: f" {line}" in shown(app))
            assert app.screen.size == Size(width, height)


# what is painted of it


@pytest.mark.parametrize(("printed", "rows"), [(b"", TO_DO), (b"a\n", ENDED)])
async def test_where_nothing_was_printed_the_step_has_the_rows_of_an_output(
    make_workspace: Callable[..., Workspace], host: FakeTransport, printed: bytes, rows: int
) -> None:
    host.replies["uptime"] = Reply(printed, Outcome.exited(1))
    async with running(make_workspace(LONG), (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: session(app).output.outer_size.height == rows)


@pytest.mark.usefixtures("each_paint")
async def test_what_keeps_its_place_is_not_painted_when_the_others_share_the_room_again(
    make_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(make_workspace(LONG), (60, 20)) as (app, pilot):
        screen = session(app)
        drawn: list[str] = []
        for part in (screen.checklist, screen.card):
            monkeypatch.setattr(part, "render_lines", painted_into(drawn, part))
        before = screen.card.size.height
        assert screen.moment is not None
        screen.panes.share_out(screen.moment, screen.checklist.selected, LIVE)
        await until(pilot, lambda: screen.card.size.height != before and "card" in drawn)
    assert "checklist" not in drawn


def painted_into(drawn: list[str], part: Widget) -> Callable[[Region], list[Strip]]:
    render = part.render_lines

    def painted(crop: Region) -> list[Strip]:
        drawn.append(str(part.id))
        return render(crop)

    return painted


@pytest.mark.usefixtures("each_paint")
async def test_a_row_of_the_plan_that_says_the_same_is_not_drawn_again(workspace: Workspace) -> None:
    async with running(workspace, (120, 40)) as (app, pilot):
        checklist = session(app).checklist
        drawn: list[int] = []
        draw = checklist.draw_line
        checklist.draw_line = lambda y: drawn.append(y) or draw(y)  # type: ignore[method-assign,func-returns-value]  # counts
        checklist.action_move(1)
        rows = set(drawn)
        assert 2 <= len(rows) <= 3 + checklist.size.height - checklist.virtual_size.height  # from, to, and empty ones
        await until(pilot, lambda: "❯" in shown(app))
