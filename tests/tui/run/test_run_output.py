"""The output on the run screen: an older attempt's, searched, copied."""

import threading
from types import SimpleNamespace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.tui.conftest import dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.dialogs import AskText, Confirm
from tui.execution.workspace import Workspace
from tui.screens.run.session import SessionScreen
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputReader, output_path
from tui.session.state import SessionState, StepStatus
from tui.widgets.output.view import OutputView


async def test_who_comes_back_to_the_running_step_reads_on_where_its_output_was_read(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(b"load 1\nload 2\n", until=threading.Event())
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor.state.running() and "load 2" in shown(app))
        outputs, made = app.conductor.outputs, []
        reader = outputs.reader
        outputs.reader = lambda attempt: made.append(attempt) or reader(attempt)
        await pilot.press("down")
        await until(pilot, lambda: "load 2" not in shown(app))
        await pilot.press("up")
        await until(pilot, lambda: "load 2" in shown(app))
        assert made == []
        await pilot.press("c")
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await comes(pilot, app, "look", StepStatus.FAILED)
        assert "load 2" in shown(app)


async def test_output_is_followed_though_the_screen_looked_before_there_was_any(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(b"load 1\nload 2\n", until=threading.Event())
    looked = threading.Event()

    def announced(entry: ev.Entry, state: SessionState) -> None:
        if isinstance(entry.event, ev.AttemptStarted):
            looked.wait(10)

    async with running(workspace) as (app, pilot):
        app.conductor.subscribe(announced)
        await pilot.press("enter")
        await until(pilot, lambda: "attempt 1 on web" in shown(app))
        assert host.ran == []
        looked.set()
        await until(pilot, lambda: "load 2" in shown(app))


async def test_the_error_of_a_failed_step_is_read_whole_until_the_operator_says_otherwise(
    workspace: Workspace, host: FakeTransport
) -> None:
    long = b"PermissionError: [Errno 13] Permission denied: '/srv/shop/staticfiles/admin/css/base.css'\n"
    host.replies["uptime"] = [Reply(err=long, outcome=Outcome.exited(1)), Reply(b"load " + b"x" * 100 + b"\n")]
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: app.screen.query_one(OutputView).wrapped)
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("up")
        await until(pilot, lambda: not app.screen.query_one(OutputView).wrapped)
        await pilot.press("w")
        assert app.screen.query_one(OutputView).wrapped
        await pilot.press("down", "up")
        await pilot.pause()
        assert app.screen.query_one(OutputView).wrapped


async def test_an_older_attempts_output_can_be_chosen_and_searched(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["uptime"] = [Reply(b"first\n" * 200 + b"needle\n" + b"rest\n" * 200), Reply(b"load\n")]
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("up", "a")
        await until(pilot, lambda: getattr(app.screen, "armed", False))
        await until(pilot, lambda: "uptime  attempt 1 on " in shown(app))  # what it ran tells it from the others
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "rest" in shown(app))
        await pilot.press("slash")
        await dialog(pilot, AskText)
        await type_text(pilot, "needle")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "needle" in _output(app))


async def test_an_output_that_is_fetched_late_is_shown_where_the_one_before_it_had_as_many_bytes(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = [Reply(b"no\n", outcome=Outcome.exited(1)), Reply(b"load\n")]
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        await until(pilot, lambda: "no" in _output(app))
        await pilot.press("r")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        await pilot.press("up")
        await until(pilot, lambda: "v1" in _output(app))
        folder, view = app.conductor.outputs.directory, app.screen.query_one("#output", OutputView)
        app.conductor.outputs.fetched = lambda number: output_path(folder, number).stat().st_size if number else 0
        await until(pilot, lambda: app.screen._fetched == (3, 3))
        path, show = output_path(folder, 1), view.show
        path.write_bytes(b"")

        def show_and_fetch(reader: OutputReader | None) -> None:
            show(reader)
            path.write_bytes(b"no\n")

        view.show = show_and_fetch
        await pilot.press("a")
        await until(pilot, lambda: getattr(app.screen, "armed", False))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and "no" in _output(app))


async def test_a_command_that_has_printed_as_much_as_the_one_before_it_has_just_printed(
    workspace: Workspace, host: FakeTransport
) -> None:
    async with running(workspace) as (app, pilot):
        await pilot.pause()
        screen, clock = app.screen, app.workspace.clock
        screen.set_timer = screen._tick = lambda *_: None
        app.conductor.outputs.size = lambda number: 6
        first, second = (SimpleNamespace(running=lambda at=at: SimpleNamespace(number=at)) for at in (1, 2))
        began = screen._printed = screen.last_printed(first)
        assert began == clock.now()
        clock.advance(60)
        assert screen.last_printed(first) == began
        assert screen.last_printed(second) == clock.now() > began


async def test_a_search_says_which_match_of_how_many(workspace: Workspace, host: FakeTransport) -> None:
    go = threading.Event()
    lines = b"hay\n" * 100 + b"needle\n"
    host.replies["uptime"] = Reply(lines * 3 + b"rest\n", until=go)
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "rest" in _output(app))

        async def search(text: str) -> None:
            await pilot.press("slash")
            await dialog(pilot, AskText)
            await type_text(pilot, text)
            await pilot.press("enter")

        app.screen.query_one("#output", OutputView).scroll_to(y=0, animate=False, immediate=True, force=True)
        await search("needle")
        await until(pilot, lambda: "/needle: match 1 of 3+ " in shown(app))
        assert "‖ held, " in shown(app)
        await pilot.press("f")
        await until(pilot, lambda: "rest" in _output(app) and "held" not in shown(app))
        await pilot.press("f2")
        await until(pilot, lambda: "/needle: match 3 of 3+ " in shown(app))
        go.set()
        await until(pilot, lambda: "/needle: match 3 of 3 " in shown(app))
        await pilot.press("f3")
        await until(pilot, lambda: "/needle: match 1 of 3 " in shown(app))
        assert "needle" in _output(app)
        await search("thread")
        await until(pilot, lambda: "/thread: no match " in shown(app))


def _output(app: RunbookApp) -> str:
    view = app.screen.query_one("#output", OutputView)
    return "\n".join(view.render_line(y).text for y in range(view.size.height))


async def test_y_copies_what_is_chosen_of_the_output_and_nothing_else(
    workspace: Workspace, host: FakeTransport
) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(50))
    host.replies["uptime"] = [Reply(lines + b"\x1b[31mthe \x1b]52;c;cm0=\x07needle\x1b[m\n" + lines)]
    async with running(workspace, (100, 30)) as (app, pilot):
        await pilot.press("y")
        await until(pilot, lambda: any("no output to copy" in one.message for one in app._notifications))
        assert app.clipboard == ""
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        view = app.screen.query_one(OutputView)
        await until(pilot, lambda: view.top > 0)
        await pilot.press("y")
        await until(pilot, lambda: bool(app.clipboard))
        assert app.clipboard.split("\n") == [f"line {number}" for number in range(50 - view.size.height, 50)]
        await pilot.press("slash")
        await dialog(pilot, AskText)
        await type_text(pilot, "needle")
        await pilot.press("enter")
        await until(pilot, lambda: "match 1 of 1" in shown(app))
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == "the needle")


async def test_a_step_that_settles_by_itself_leaves_its_result_in_sight_at_the_next_one_alone(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies |= {"uptime": Reply(b"load 1\n"), "git describe": Reply(b"v1\n")}
    async with running(workspace, (80, 24)) as (app, pilot):
        assert "Last result" not in shown(app)
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.SIGNED)
        view = app.screen.query_one(OutputView)
        await until(pilot, lambda: "Last result: ✔ Look around, succeeded" in " ".join(view.empty))
        assert view.empty[0] == "Nothing has run here yet."  # it is not this step's
        assert "Last result: ✔ Look around" in shown(app)
        await pilot.press("down")
        await until(pilot, lambda: view.empty == ("A person does this step.",))
        await pilot.press("up", "up")
        await until(pilot, lambda: view.total == 1)
        assert "Last result" not in shown(app)


async def test_of_a_step_that_was_skipped_its_failure_is_told_with_its_error(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["uptime"] = Reply(outcome=Outcome(OutcomeKind.FAILED, 1), err=b"uptime: no such file\n")
    async with running(workspace) as (app, pilot):
        await pilot.press("enter")
        await comes(pilot, app, "look", StepStatus.FAILED)
        assert app.conductor is not None
        app.conductor.skip("look", "not needed")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        told = "Last result: ↷ Look around, failed (exit 1), then skipped: uptime: no such file"
        view = app.screen.query_one(OutputView)
        await until(pilot, lambda: told in view.empty)
