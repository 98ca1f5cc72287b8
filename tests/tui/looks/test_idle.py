"""What an idle screen writes to its terminal: a clock's digits and nothing else, also under a dialog."""

import inspect
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import SETUP
from tests.support.sessions.fake_clock import FakeClock
from tests.support.source.counted_calls import calls_counted
from tests.tui.conftest import dialog, shown, until
from tests.tui.screens.test_watch_screen import TEXT
from tui.app import RunbookApp
from tui.dialogs import AskText
from tui.execution.workspace import Workspace
from tui.front.notifier import OutputGrew
from tui.screens.help import HelpScreen
from tui.screens.rollback.screen import RollbackScreen
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.watch.screen import WatchScreen
from tui.session import events as ev

pytestmark = pytest.mark.usefixtures("each_paint")
SECONDS = 10
FRAMES = 15
LIMIT = 1000
"""Bytes a second."""
SIZES = [(80, 24), (200, 60)]


class Counted(RunbookApp):
    """Keeps what it would write to a terminal."""

    CSS_PATH = str(Path(inspect.getfile(RunbookApp)).with_name("theme.tcss"))
    written = b""

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate):
            self.written += renderable.render_segments(self.console).encode()
        super()._display(screen, renderable)


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace], host: FakeTransport) -> Workspace:
    host.replies["count errors"] = Reply(b"errors 0.5%\n")
    return make_workspace(TEXT)


@asynccontextmanager
async def counted(workspace: Workspace, size: tuple[int, int]) -> AsyncIterator[tuple[Counted, Pilot[Any]]]:
    """The run screen of a new session, whose monitors do not measure by themselves."""
    workspace.preflight(SETUP, lambda row: None)
    app = Counted(workspace)
    async with app.run_test(size=size) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert app.conductor is not None
        app.conductor.monitors.stop()
        yield app, pilot


async def second(app: Counted, pilot: Pilot[Any], clock: FakeClock) -> None:
    """Let every screen find that a second has passed; where a clock shows, wait until that has been written."""
    ticking = [screen for screen in app.screen_stack if isinstance(screen, SessionScreen | WatchScreen)]
    await until(pilot, lambda: all(screen.moment for screen in ticking))
    clock.advance(1)
    for screen in ticking:
        if isinstance(screen, SessionScreen):
            screen._tick()
        else:
            screen._look()
    await pilot.pause()
    if any(screen is app.screen or not screen.hidden for screen in ticking):
        await until(pilot, lambda: f"{clock.now():%H:%M:%S}".encode() in app.written)


async def rate(app: Counted, pilot: Pilot[Any], clock: FakeClock) -> float:
    """Bytes written for each second of the clock; the first two end what the screen still had to draw.

    That is also how long the session has taken, which is shown, and given its room, from one second on.
    """
    for _ in range(2):
        await second(app, pilot, clock)
    app.written = b""
    for _ in range(SECONDS):
        await second(app, pilot, clock)
    return len(app.written) / SECONDS


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_of_a_session_write_their_clocks_digits_alone(
    workspace: Workspace, clock: FakeClock, size: tuple[int, int]
) -> None:
    async with counted(workspace, size) as (app, pilot):
        assert 0 < await rate(app, pilot, clock) < LIMIT
        for key, screen in (("m", WatchScreen), ("question_mark", HelpScreen), ("ctrl+s", SummaryScreen)):
            await pilot.press(key)
            await until(pilot, lambda screen=screen: isinstance(app.screen, screen))
            if isinstance(app.screen, SummaryScreen):
                await until(pilot, lambda: cast(SummaryScreen, app.screen).report is not None)
            assert await rate(app, pilot, clock) < LIMIT, screen
            if screen is not SummaryScreen:
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(app.screen, SessionScreen))


async def test_each_second_only_what_tells_the_seconds_is_worked_out(workspace: Workspace, clock: FakeClock) -> None:
    """And nothing wakes the program to ask whether anything happened."""
    async with counted(workspace, (200, 60)) as (app, pilot):
        await rate(app, pilot, clock)
        assert app.notifier is not None
        await until(pilot, lambda: app.notifier is not None and not app.notifier._timer._active.is_set())
        with calls_counted() as calls:
            for _ in range(SECONDS):
                await second(app, pilot, clock)
        assert calls["widgets/head/top_line.py:TopLine.tell"] >= SECONDS
        assert calls["widgets/step/text.py:card"] == calls["widgets/checklist/plan_text.py:step_row"] == 0
        assert app.conductor is not None
        app.conductor.note("heard", "")
        await until(pilot, lambda: app.screen.state is app.conductor.state)


async def test_a_countdown_to_the_first_samples_works_out_nothing_else(
    workspace: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["count errors"] = Reply(until=threading.Event())  # it has not answered yet
    async with counted(workspace, (200, 60)) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and "first sample within" in shown(app))
        with calls_counted() as calls:
            left = []
            for _ in range(SECONDS):
                await second(app, pilot, clock)
                left += re.findall(r"first sample within (\d+) s", shown(app))
        assert 2 <= len(set(left)) <= 3, "it counts down, by five seconds: each step paints every card"
        shows = calls["screens/watch/screen.py:WatchScreen._show"]
        assert shows <= 3, "graphs and triggers move by nothing that is seen within five seconds"


async def test_a_dialog_does_not_make_the_screen_under_it_paint_itself_again_and_again(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with counted(workspace, (200, 60)) as (app, pilot):
        await pilot.press("n")
        await dialog(pilot, AskText)
        assert 0 < await rate(app, pilot, clock) < LIMIT


async def test_a_trigger_that_is_tripped_does_not_paint_its_banner_each_time(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with counted(workspace, (200, 60)) as (app, pilot):
        assert app.conductor is not None
        app.conductor.record(ev.TriggerTripped(trigger="errors", monitor="errors", value=40.0, dwell=300.0))
        await until(pilot, lambda: "^r rolls back" in shown(app))
        assert await rate(app, pilot, clock) < LIMIT


async def test_a_rollback_writes_its_big_clock_and_the_small_ones(workspace: Workspace, clock: FakeClock) -> None:
    async with counted(workspace, (200, 60)) as (app, pilot):
        assert app.conductor is not None
        app.conductor.roll_back("rollback", "errors")
        await until(pilot, lambda: isinstance(app.screen, RollbackScreen))
        assert 0 < await rate(app, pilot, clock) < LIMIT


async def test_a_round_trip_is_in_the_row_and_paints_nothing_while_it_stays(
    workspace: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    async with counted(workspace, (200, 60)) as (app, pilot):
        host.takes = 0.041
        await until(pilot, lambda: "41 ms" in shown(app))
        assert await rate(app, pilot, clock) < LIMIT


async def test_a_sample_paints_what_it_changed(workspace: Workspace, clock: FakeClock) -> None:
    async with counted(workspace, (200, 60)) as (app, pilot):
        conductor = cast(Any, app.conductor)
        conductor.record(ev.MonitorSampled(monitor="errors", value=0.5, clock=1000.0))
        for key in ("", "m"):
            await pilot.press(*([key] if key else []))
            await rate(app, pilot, clock)
            app.written = b""
            conductor.record(ev.MonitorSampled(monitor="errors", value=0.7, clock=1030.0))
            await second(app, pilot, clock)
            assert 0 < len(app.written) < 4 * LIMIT, "its figure, its course in the row of vitals, and its graph"


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=["beside nothing", "beside graphs"])
async def test_a_sample_has_neither_the_card_nor_the_steps_worked_out_again(
    workspace: Workspace, clock: FakeClock, size: tuple[int, int]
) -> None:
    async with counted(workspace, size) as (app, pilot):
        conductor = cast(Any, app.conductor)
        conductor.record(ev.MonitorSampled(monitor="errors", value=0.5, clock=1000.0))
        await rate(app, pilot, clock)
        with calls_counted() as calls:
            for place, value in enumerate((0.7, 0.8, 0.9)):
                conductor.record(ev.MonitorSampled(monitor="errors", value=value, clock=1030.0 + place))
                await until(pilot, lambda value=value: f"{value} %" in shown(app))
        assert calls["widgets/step/text.py:card"] == calls["widgets/checklist/plan_text.py:step_row"] == 0
        assert calls["widgets/offers/of_session.py:offered"] == 0
        assert bool(calls["screens/watch/monitor_card.py:MonitorCard.tell"]) == (size[0] == 200)


async def test_a_second_renders_the_rows_of_what_it_changes_and_no_others(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with counted(workspace, (120, 40)) as (app, pilot):
        await rate(app, pilot, clock)
        with calls_counted("/textual/") as calls:
            for _ in range(SECONDS):
                await second(app, pilot, clock)
        rendered = calls["widget.py:Widget.render_lines"]
        assert 0 < rendered <= 2 * SECONDS, "its clock, and how long the session has taken"


async def test_what_another_screen_hides_works_nothing_out(workspace: Workspace, clock: FakeClock) -> None:
    async with counted(workspace, (120, 40)) as (app, pilot):
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen) and app.screen_stack[-2].hidden)
        run = app.screen_stack[-2]
        with calls_counted() as calls:
            conductor = cast(Any, app.conductor)
            for place, value in enumerate((0.7, 0.8, 0.9)):
                conductor.record(ev.MonitorSampled(monitor="errors", value=value, clock=1030.0 + place))
                await until(pilot, lambda value=value: f"{value} %" in shown(app))
            conductor.note("written beneath", "look")
            await second(app, pilot, clock)
            home = cast(Any, app.screen_stack[1])
            home._tick()
            home._found()  # what is on the disk may be read as late as this
        hidden = "screens/run/session_shown.py:SessionShown.show_state", "screens/home/screen.py:HomeScreen.draw"
        assert not any(calls[name] for name in hidden)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is run and cast(SessionScreen, run).state is conductor.state)


async def test_a_card_of_a_monitor_that_measured_nothing_is_not_drawn_again(
    workspace: Workspace, clock: FakeClock
) -> None:
    async with counted(workspace, (120, 40)) as (app, pilot):
        conductor = cast(Any, app.conductor)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen))
        conductor.record(ev.MonitorSampled(monitor="errors", value=0.5, clock=1000.0))
        await until(pilot, lambda: "0.5 %" in shown(app))
        with calls_counted() as calls:
            cast(Any, app.screen)._show()
        assert calls["screens/watch/monitor_card.py:MonitorCard.tell"] > 0
        assert calls["widgets/graph/text.py:graph"] == calls["screens/watch/text.py:card_head"] == 0


async def test_a_summary_is_not_painted_whole_with_each_sample(workspace: Workspace, clock: FakeClock) -> None:
    """Textual paints a whole widget whose frame is given the title that it has."""
    async with counted(workspace, (200, 60)) as (app, pilot):
        conductor = cast(Any, app.conductor)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and app.screen.report is not None)
        summary = cast(SummaryScreen, app.screen)
        await rate(app, pilot, clock)
        for number in range(SECONDS + 2):
            if number == 2:  # the first two give its room to what is shown from one second on
                app.written = b""
            before = summary.report
            conductor.record(ev.MonitorSampled(monitor="errors", value=0.5, clock=1000.0 + number))
            await second(app, pilot, clock)
            assert summary.report is before  # it is read again for more than a sample
        assert len(app.written) / SECONDS < LIMIT


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_home_writes_nothing(workspace: Workspace, clock: FakeClock, size: tuple[int, int]) -> None:
    app = Counted(workspace)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.pause()
        for _ in range(3):
            cast(Any, app.screen)._tick()
            app.written = b""
            await pilot.pause()
            assert app.written == b""


async def test_a_set_up_that_nobody_fills_in_is_judged_by_the_minute(workspace: Workspace, clock: FakeClock) -> None:
    app = Counted(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and not app.screen._checking)
        screen = cast(Any, app.screen)
        screen._tick()
        with calls_counted() as calls:
            for _ in range(SECONDS):
                clock.advance(1)
                screen._tick()
            judged = calls["screens/setup/form.py:problems"]
            clock.advance(60)
            screen._tick()
            assert calls["screens/setup/form.py:problems"] == judged + 1
        assert judged <= 1, "a minute may have begun"


@pytest.mark.parametrize(("mib", "painted"), [(0.01, 12), (0.3, 6), (0.6, 4), (20, 3)])
async def test_of_much_output_some_frames_are_passed_over(
    workspace: Workspace, host: FakeTransport, monkeypatch: pytest.MonkeyPatch, mib: float, painted: int
) -> None:
    host.replies["uptime"] = Reply(b"load\n", until=threading.Event())
    async with counted(workspace, (200, 60)) as (app, pilot):
        assert app.conductor is not None
        app.conductor.start("look")
        screen = cast(Any, app.screen)
        await until(pilot, lambda: screen._painted == len("load\n"))
        size, frames = screen._painted, []
        monkeypatch.setattr(screen.viewer.outputs, "size", lambda number: size)
        monkeypatch.setattr(screen.output, "grew", lambda: frames.append(size))
        for _ in range(12):
            size += int(mib * 2**20)
            screen.on_output_grew(OutputGrew(screen._attempt))
        assert len(frames) == painted
        monkeypatch.undo()
        app.conductor.cancel()
        await until(pilot, lambda: app.conductor is not None and not app.conductor.busy)


async def test_a_running_command_that_prints_nothing_paints_no_output(
    workspace: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["uptime"] = Reply(b"load\n", until=threading.Event())
    async with counted(workspace, (200, 60)) as (app, pilot):
        assert app.conductor is not None
        app.conductor.start("look")
        await until(pilot, lambda: app.conductor is not None and app.conductor.state.running())
        running = app.conductor.state.running()
        assert running is not None
        await until(pilot, lambda: "load" in shown(app) and "running" in shown(app))
        while "silent for" not in shown(app):  # a row that comes once, and moves what is below it
            await second(app, pilot, clock)
        await second(app, pilot, clock)
        app.written = b""
        for _ in range(SECONDS):
            for _ in range(FRAMES):
                app.screen.post_message(OutputGrew(running.number))
            await second(app, pilot, clock)
        assert len(app.written) / SECONDS < LIMIT
        app.conductor.cancel()
        await until(pilot, lambda: app.conductor is not None and not app.conductor.busy)
