"""A screen that is removed while it is being made, as by quick keys: nothing fails, whatever it would have shown."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from textual.message import Message
from textual.screen import Screen

from tests.support.screens.running import running
from tests.tui.conftest import freeze, until
from tests.tui.home.test_one_read import settled
from tui.app import RunbookApp
from tui.dialogs import Question, Resolve, RollbackReason
from tui.execution.workspace import Workspace
from tui.front.front import Front
from tui.replay.stage import staged
from tui.runbook.model import Action
from tui.screens.checks.screen import ChecksScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.replay.screen import ReplayScreen
from tui.screens.rollback.screen import RollbackScreen
from tui.screens.run.screen import RunScreen
from tui.screens.run.session_shown import SessionShown
from tui.screens.setup.screen import SetupScreen
from tui.screens.summary.screen import SummaryScreen
from tui.screens.watch.screen import WatchScreen
from tui.session.state import Attempt
from tui.widgets.output.view import OutputView

pytestmark = pytest.mark.usefixtures("each_paint")
UNKNOWN = Attempt(
    number=1, step="look", action=0, host="web", command="uptime", started=datetime(2026, 11, 24, tzinfo=UTC)
)
EAGER = getattr(asyncio, "eager_task_factory", None)
"""What makes tasks begin at once; no Python before 3.12 has it."""
SCREENS: dict[str, Callable[[RunbookApp], Screen[Any]]] = {
    "run": lambda app: RunScreen(),
    "rollback": lambda app: RollbackScreen(),
    "watch": lambda app: WatchScreen(),
    "summary": lambda app: SummaryScreen(),
    "checks": lambda app: ChecksScreen(app.workspace.runbook.sections[0]),
    "set-up": lambda app: SetupScreen("deploy"),
    "home": lambda app: HomeScreen(),
    "replay": lambda app: ReplayScreen(staged(app.workspace.store.find("last"))),
    "question": lambda app: Question(Action(ask="Well?")),
    "unknown": lambda app: Resolve(UNKNOWN, look=lambda: "It is still running."),
    "reason": lambda app: RollbackReason(["one", "other"]),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_that_is_removed_before_it_is_shown_ends_nothing(workspace: Workspace, name: str) -> None:
    async with running(workspace) as (app, pilot):
        for waits in range(4):
            app.push_screen(SCREENS[name](app))
            for _ in range(waits):
                await asyncio.sleep(0)
            app.pop_screen()
            await pilot.pause()
        assert type(app.screen) is RunScreen
        app.push_screen(SCREENS[name](app))
        app.close_session()
        await settled(pilot)
        assert isinstance(app.screen, HomeScreen)


async def test_a_screen_that_is_not_whole_yet_or_no_more_asks_nothing_of_its_parts(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to show itself before it is made, and looks for its keys once the program ends and the output went."""
    asked: list[bool] = []
    async with running(workspace) as (app, pilot):
        screen = RollbackScreen()
        app.push_screen(screen)
        screen.show_now()
        await until(pilot, lambda: screen.moment is not None)
        assert screen.keys_of_row()
        gone = OutputView._detach

        def goes(view: OutputView) -> None:
            gone(view)
            if not screen.query(OutputView):
                asked.append(screen.on_top and not screen.keys_of_row())
                screen.show_now()

        monkeypatch.setattr(OutputView, "_detach", goes)
    assert asked
    assert all(asked)


@pytest.fixture
def _thawed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is frozen but by the session."""
    monkeypatch.setattr(Front, "freeze", freeze)
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("_thawed")
async def test_a_session_that_was_let_go_leaves_nothing_in_memory(workspace: Workspace) -> None:
    """Only the first screen of a session may be frozen. Textual itself keeps the last two for a while."""
    async with running(workspace) as (app, pilot):
        gone = []
        for _ in range(5):
            app.open_run()
            await settled(pilot)
            assert isinstance(app.screen, RunScreen)
            gone.append(weakref.ref(app.screen))
            app.pop_screen()
            await settled(pilot)

        def left() -> list[object]:
            gc.collect()
            return [screen for reference in gone[1:-2] if (screen := reference()) is not None]

        await until(pilot, lambda: not left())  # what is still read for one of them holds it


@pytest.mark.usefixtures("_thawed")
async def test_a_session_that_was_let_go_lets_the_next_freeze_what_is_loaded(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.open_run()
        await settled(pilot)
        assert gc.get_freeze_count()
        app.close_session()
        assert not gc.get_freeze_count()


@pytest.mark.parametrize("eager", [False, True] if EAGER else [False])
def test_a_screen_shows_itself_also_where_its_task_begins_before_it_is_on_the_stack(
    workspace: Workspace, eager: bool
) -> None:
    """Textual's own loop makes tasks eager from Python 3.12 on; a test's loop does not."""

    async def look() -> int:
        if eager:
            asyncio.get_running_loop().set_task_factory(EAGER)
        app = RunbookApp(workspace)
        async with app.run_test() as pilot:
            await settled(pilot)
            return len(app.screen.children)

    assert asyncio.run(look()) > 0


def told(kind: type[Message]) -> Iterator[Message]:
    """One of each message of the program's own; nobody may look into it."""
    for one in kind.__subclasses__():
        if one.__module__.startswith("tui."):
            message = one.__new__(one)
            Message.__init__(message)
            yield message
        yield from told(one)


@pytest.mark.parametrize("name", [*SCREENS, "what was replayed"])
async def test_a_screen_that_is_gone_hears_nothing_that_its_parts_still_say(workspace: Workspace, name: str) -> None:
    """A part that got another size, or a key, in the moment in which the session was let go."""
    async with running(workspace) as (app, pilot):
        if name in SCREENS:
            app.push_screen(SCREENS[name](app))
        else:
            app.replay(workspace.store.find("last").id)
            await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        await settled(pilot)
        screen = app.screen
        app.close_session()
        said = [one for one in told(Message) if hasattr(screen, one.handler_name)]
        if isinstance(screen, SessionShown):
            assert {"on_session_panes_resized", "on_output_grew"} <= {one.handler_name for one in said}
            screen.checklist.selected = [step.id for _, step in screen.state.plan()][-1]
        for one in said:
            await screen._on_message(one)
        await settled(pilot)
        assert isinstance(app.screen, HomeScreen)
