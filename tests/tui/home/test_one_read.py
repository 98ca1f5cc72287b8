"""Keys and clicks of one read: the first may change the screen, and the others were not meant for the new one."""

import asyncio
import math
import threading
from typing import Any

import pytest
from rich.console import RenderableType
from textual.app import App
from textual.command import CommandList
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, OptionList

from tests.support.harness.one_read import ESCAPE, click, one_read, paste
from tests.support.hostile.mashing import resize
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.every_dialog import EVERY
from tests.support.screens.every_size import tried
from tests.support.screens.looking import seen
from tests.support.screens.running import SETUP, comes, running
from tests.support.sessions.stored import stored
from tests.tui.conftest import dialog, journal, shown, until
from tui.app import RunbookApp
from tui.dialogs import AskText, Confirm, RollbackReason, TypeName
from tui.dialogs.base import Dialog
from tui.dialogs.pick import Pick
from tui.execution.workspace import Workspace
from tui.front.notifier import OutputGrew
from tui.keys import Keys
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.home.spots import UNFINISHED
from tui.screens.palette.screen import Palette
from tui.screens.run.session import SessionScreen
from tui.screens.setup.screen import SetupScreen
from tui.screens.small import Cover
from tui.session import events as ev
from tui.session.state import StepStatus
from tui.widgets.draft import Draft


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until everything that was read has had its effect, and is painted."""
    for _ in range(3):
        await pilot.pause()
        await seen(pilot.app)


@pytest.mark.parametrize("count", [2, 3, 4, 9])
async def test_enters_in_one_read_close_the_dialog_and_nothing_else(workspace: Workspace, count: int) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("n")
        (await dialog(pilot, AskText)).query_one(Input).value = "slow today"
        stack = app.screen_stack[:-1]
        one_read(app, "\r" * count)
        await settled(pilot)
        assert app.screen_stack == stack
        assert [one.text for one in journal(workspace) if isinstance(one, ev.NoteAdded)] == ["slow today"]
        assert not app.conductor.state.attempts


@pytest.mark.parametrize("keys", ["\ry", "\ryyyyyy", "\r\x1b[C\r", "\r\t\r"])
async def test_what_a_dialog_asks_is_not_answered_by_the_read_that_opened_it(
    workspace: Workspace, host: FakeTransport, keys: str
) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        one_read(app, keys)
        await dialog(pilot, Confirm)
        assert not any("dump" in one.script for one in host.ran)
        await pilot.press("y")
        await comes(pilot, app, "backup", StepStatus.PASSED)


async def test_two_enters_in_the_rollback_dialog_choose_nothing(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.conductor.start("switch-docker")
        await until(pilot, lambda: app.conductor.state.step("switch-docker").attempts and not app.conductor.busy)
        one_read(app, "\x12\r\r\x1b[B\r")
        await dialog(pilot, RollbackReason)
        one_read(app, "\r\r\r")
        await settled(pilot)
        assert isinstance(app.screen, RollbackReason)
        assert app.conductor.state.rollback is None


async def test_a_text_typed_in_one_read_is_taken_whole(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("n")
        await dialog(pilot, AskText)
        one_read(app, "the load is high again\r")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert "the load is high again" in [one.text for one in journal(workspace) if isinstance(one, ev.NoteAdded)]


async def test_the_name_is_typed_and_neither_pasted_nor_sent_ahead(workspace: Workspace, host: FakeTransport) -> None:
    async with running(workspace) as (app, pilot):
        app.push_screen(TypeName("Restore", [], "web"), lambda yes: app.exit() if yes else None)
        one_read(app, "web\r" + paste("web") + "\r")
        asked = await dialog(pilot, TypeName)
        one_read(app, paste("web") + "\r")
        await settled(pilot)
        assert app.screen is asked
        assert asked.query_one(Input).value == ""


async def test_a_click_is_for_the_screen_that_was_seen(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("n")
        asked = await dialog(pilot, AskText)
        no = asked.query_one("#no").region
        stack = app.screen_stack[:-1]
        one_read(app, click(no.x + 1, no.y) * 3)
        await settled(pilot)
        assert app.screen_stack == stack
        assert not any(isinstance(one, ev.NoteAdded) for one in journal(workspace))


async def test_a_click_is_for_the_size_that_was_seen(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("n")
        asked = await dialog(pilot, AskText)
        for width, height in ((100, 30), (120, 40), (100, 30)):
            no = asked.query_one("#no").region
            resize(app, (width, height))
            one_read(app, click(no.x + 1, no.y))
            await settled(pilot)
            assert app.screen is asked
        await until(pilot, lambda: app._laid_out < math.inf)
        no = asked.query_one("#no").region
        one_read(app, click(no.x + 1, no.y))
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))


async def test_escapes_in_one_read_leave_one_screen(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("m", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await settled(pilot)
        stack = app.screen_stack[:-1]
        one_read(app, ESCAPE, ESCAPE, ESCAPE, ESCAPE)
        await settled(pilot)
        assert app.screen_stack == stack


async def test_a_list_under_another_screen_chooses_nothing(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("ctrl+s")
        await settled(pilot)
        await pilot.press("h")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.sessions)
        await settled(pilot)
        one_read(app, "d\r\r")
        await settled(pilot)
        assert isinstance(app.screen, SetupScreen)
        assert app.conductor is None


async def test_a_session_is_begun_and_taken_up_once(workspace: Workspace) -> None:
    workspace.preflight(SETUP, lambda row: None)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(3):
            app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await settled(pilot)
        assert len(list(stored(workspace.store))) == 1
        app.close_session()
        await until(pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.framed == UNFINISHED)
        await settled(pilot)
        one_read(app, "\r\r\r")
        await until(pilot, lambda: app.conductor is not None)
        await settled(pilot)
        assert not app.conductor.read_only
        assert sum(isinstance(one, ev.SessionResumed) for one in journal(workspace)) == 1


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch, each_paint: None) -> list[RenderableType]:
    """What was painted."""
    found: list[RenderableType] = []
    display = App._display

    def kept(app: App[Any], screen: Screen[Any], renderable: RenderableType | None) -> None:
        found.extend([renderable] if renderable is not None and not app._batch_count else [])
        display(app, screen, renderable)

    monkeypatch.setattr(App, "_display", kept)
    return found


async def grown(app: RunbookApp, pilot: Pilot[Any]) -> None:
    """Have the terminal be large again, and wait until a screen is painted."""
    resize(app, (120, 40))
    await until(pilot, lambda: app.painted < math.inf)


async def test_a_dialog_that_is_answered_as_the_terminal_grows_leaves_nothing_too_small(
    workspace: Workspace, painted: list[RenderableType]
) -> None:
    async with running(workspace) as (app, pilot):
        stack = app.screen_stack[:]
        await pilot.resize_terminal(59, 15)
        await until(pilot, lambda: painted and isinstance(painted[-1], Cover))
        app.push_screen(AskText("Note", "About what?", "a note"))
        await settled(pilot)
        assert isinstance(painted[-1], Cover)
        await grown(app, pilot)
        asked = await dialog(pilot, AskText)
        painted.clear()
        asked.dismiss(None)
        await settled(pilot)
        assert app.screen_stack == stack
        assert painted
        assert not any(isinstance(one, Cover) for one in painted)


@pytest.mark.parametrize(
    "keys",
    tried(
        ["\x11", "\x10", "\x1bOP", "\r", "y", "q", paste("y\r"), click(3, 3), "\x12\r\x1b[B\r"],
        *("y", paste("y\r"), click(3, 3)),
    ),
)
async def test_a_terminal_that_is_too_small_hears_nothing(
    workspace: Workspace, painted: list[RenderableType], keys: str
) -> None:
    async with running(workspace) as (app, pilot):
        app.push_screen(Confirm("Sure?", []), lambda yes: app.exit() if yes else None)
        await dialog(pilot, Confirm)
        stack, events = app.screen_stack[:], journal(workspace)
        resize(app, (40, 10))
        one_read(app, keys)
        await until(pilot, lambda: painted and isinstance(painted[-1], Cover))
        one_read(app, keys * 3)
        await settled(pilot)
        assert app.screen_stack == stack
        assert all(isinstance(one, Cover) and one.region.size == (40, 10) for one in painted[-1:])
        one_read(app, keys)  # read before anything of the large one is painted
        await grown(app, pilot)
        await settled(pilot)
        assert app.screen_stack == stack
        assert not app._exit
        assert journal(workspace) == events
        assert not isinstance(painted[-1], Cover)


async def test_screens_change_beneath_what_is_said_of_a_small_terminal(
    workspace: Workspace, painted: list[RenderableType]
) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.resize_terminal(30, 5)
        await until(pilot, lambda: painted and isinstance(painted[-1], Cover))
        for change in (app.show_summary, app.open_run, app.close_session):
            painted.clear()
            change()
            await settled(pilot)
            await until(pilot, lambda: bool(painted))
            assert all(isinstance(one, Cover) for one in painted)
        await grown(app, pilot)
        assert isinstance(app.screen, HomeScreen)
        assert len(app.screen_stack) == 2


async def test_a_dialog_is_looked_at_only_where_it_can_be_seen(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.resize_terminal(30, 5)
        app.push_screen(asked := Confirm("Sure?", []))
        await settled(pilot)
        for _ in range(2 * Dialog.QUIET):
            asked._look()
        assert not asked.armed
        await grown(app, pilot)
        await until(pilot, lambda: asked.armed)


async def test_a_small_terminal_lets_go_of_the_program_where_nothing_is_asked(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(20, 5)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


async def test_the_palette_does_once_what_is_chosen_and_closes_itself_alone(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        stack = app.screen_stack[:-1]
        one_read(app, "Note")
        await until(pilot, lambda: " Note " in shown(app) and "Retry" not in shown(app))
        one_read(app, "\r\r\r\r\r")
        await dialog(pilot, AskText)
        assert app.screen_stack[:-1] == stack
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        app.open_run()
        await settled(pilot)
        assert isinstance(app.screen, SessionScreen)


async def test_a_screen_that_comes_while_paintings_are_held_back_is_painted_afterwards(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        with app.batch_update():
            app.push_screen(HelpScreen("home", Keys()))
            for _ in range(5):
                await pilot._wait_for_screen()
            assert app.painted == math.inf
        await seen(app)  # a pilot's pause would paint it


async def test_a_palette_that_is_gone_before_it_searches_ends_nothing(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        for waits in range(12):
            app.push_screen(Palette())
            for _ in range(waits):
                await asyncio.sleep(0)
            app.pop_screen()
            await settled(pilot)
        assert isinstance(app.screen, SessionScreen)


async def test_a_page_key_before_a_list_is_laid_out_ends_nothing(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.push_screen(Pick("Which?", ["one"]))
        rows = (await dialog(pilot, Pick)).query_one(OptionList)
        rows.clear_options()
        rows.add_options(["one", "other"])
        rows.highlighted = 0
        rows.action_page_down()
        await pilot.press("escape", "ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        commands = app.screen.query_one(CommandList)
        commands.clear_options()
        commands.add_options(["one", "other"])
        commands.highlighted = 0
        await app.run_action("command_list('page_down')", app.screen)
        assert isinstance(app.screen, Palette)


async def test_a_painting_that_came_due_while_others_were_drawn_is_not_forgotten(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.push_screen(HelpScreen("home", Keys()))
        await settled(pilot)
        screen = app.screen
        with app.batch_update():
            screen._repaint_required = True
            screen._on_timer_update()  # as when its time comes in the middle of a batch
            assert screen._repaint_required
        while screen._repaint_required:  # noqa: ASYNC110 – a pilot's pause would paint it
            await asyncio.sleep(0.005)


async def test_output_that_grows_as_its_session_is_let_go_ends_nothing(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(b"load\n", until=threading.Event())
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "load" in shown(app))
        app.screen.post_message(OutputGrew(1))
        app.close_session()
        await settled(pilot)
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("kind", ["second-person-follower", "by-hand", "resolve", "message"])
async def test_what_is_typed_before_an_answering_key_of_the_same_read_is_part_of_the_answer(
    workspace: Workspace, kind: str
) -> None:
    keys = {"second-person-follower": "\x1bOR", "by-hand": "\x1bOS", "resolve": "\x1bOR", "message": "\x1bOQ"}
    answered: list[Any] = []
    async with running(workspace) as (app, pilot):
        asked = EVERY[kind]()
        app.push_screen(asked, answered.append)
        await dialog(pilot, type(asked))
        if kind == "second-person-follower":
            await pilot.press(*"ben", "enter")
        elif kind == "message":
            asked.query_one(Draft).focus()
            await pilot.pause()
        one_read(app, "not before noon" + keys[kind])
        await until(pilot, lambda: answered)
    assert "not before noon" in str(answered[0])
