import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs import AskText
from tui.dialogs.pick import Pick
from tui.dialogs.told import Told
from tui.errors import SessionError
from tui.execution.workspace import Setup, Workspace
from tui.front import Front
from tui.runbook.model import Window
from tui.runbook.window import window_state
from tui.screens.exporting import write_exports
from tui.screens.help import HelpScreen
from tui.screens.home.screen import LISTED, HomeScreen
from tui.screens.home.text import window_lines
from tui.screens.links import Links, can_open
from tui.session import events as ev
from tui.session.archive.store import Summary
from tui.session.journal.journal import read

WINDOW = Window(days=("tue",), starts="02:00", ends="04:00")


def text(lines: list[list[tuple[str, str]]]) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


def left_open(workspace: Workspace, finish: bool = False) -> str:
    conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
    if finish:
        conductor.finish("completed")
    conductor.close()
    return conductor.state.started.session if conductor.state.started else ""


async def test_home_says_what_this_is_and_whether_now_is_the_time(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "none yet" in shown(app) and "? keys" in shown(app))
        seen = shown(app)
        for words in ("Shop", "release v2", "Production", "Shop team", "inside, 2 h left", "2026-11-24 02:00 UTC"):
            assert words in seen
        assert "Deploy" in seen
        assert "Roll back" in seen
        assert "Verify" not in seen  # the runbook has no such flow


def test_outside_the_window_the_next_one_is_named() -> None:
    sunday = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    seen = text(window_lines(window_state(WINDOW, sunday), sunday))
    assert "✖ outside: Sunday is not a deployment day" in seen
    assert "next opens Tue 2026-11-24 02:00 UTC, in 27 h" in seen


def test_without_a_window_none_is_claimed() -> None:
    now = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert "window none" in text(window_lines(window_state(None, now), now))


async def test_the_unfinished_session_comes_first_and_enter_goes_on_with_it(
    workspace: Workspace, clock: FakeClock
) -> None:
    session = left_open(workspace)
    clock.advance(60)
    left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "◆ unfinished" in shown(app))
        seen = shown(app)
        assert seen.index("◆ unfinished") < seen.index("✔ deployed")
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor is not None)
        assert app.conductor is not None
        assert app.conductor.state.started is not None
        assert app.conductor.state.started.session == session
        await until(pilot, lambda: app.conductor is not None and app.conductor.state.hosts)
    events = [entry.event for entry in _entries(workspace, session)]
    assert any(isinstance(event, ev.SessionResumed) for event in events)


async def test_a_finished_session_is_not_resumed_but_exported(workspace: Workspace, tmp_path: Path) -> None:
    session = left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "✔ deployed" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "this session is finished" in shown(app))
        assert app.conductor is None
        await pilot.press("e")
        await dialog(pilot, Told)
        folder = tmp_path / "state" / "runbook" / "exports"
        assert (folder / f"{session}.md").read_text().startswith("# ")
        assert str(folder) in shown(app).replace("│", "").replace("\n", "").replace(" ", "")
        assert f"{session}.html" in shown(app)


def test_exports_are_their_owners_alone_whatever_was_there_before(workspace: Workspace, tmp_path: Path) -> None:
    session = left_open(workspace, finish=True)
    folder = tmp_path / "exports"
    for _ in range(2):
        for path in write_exports(workspace.store, session, folder):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            path.chmod(0o644)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.suffix for path in folder.iterdir()) == [".html", ".json", ".md"]


def test_exports_that_cannot_be_written_say_where_and_what_to_do(workspace: Workspace, tmp_path: Path) -> None:
    session = left_open(workspace, finish=True)
    (tmp_path / "taken").write_text("")
    with pytest.raises(SessionError) as caught:
        write_exports(workspace.store, session, tmp_path / "taken" / "exports")
    assert "taken" in caught.value.message
    assert "runbook export -o" in caught.value.hint


async def test_a_damaged_session_is_shown_with_its_problem(workspace: Workspace) -> None:
    session = left_open(workspace, finish=True)
    path = workspace.store.find(session).journal
    path.write_bytes(path.read_bytes().replace(b'"operator":"ana"', b'"operator":"eve"'))
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "cannot be read" in shown(app))


async def test_dashboards_are_copied(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "none yet" in shown(app))
        await pilot.press("o")
        await dialog(pilot, Links)
        assert "New issues" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.clipboard)
        assert app.clipboard == "https://errors.example/"


def test_no_browser_draws_over_the_terminal() -> None:
    assert not can_open("https://x.example", {}, "linux")
    assert can_open("https://x.example", {"DISPLAY": ":0"}, "linux")
    assert not can_open("javascript:alert(1)", {"DISPLAY": ":0"}, "linux")


async def test_a_drill_is_marked(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace(drill="calm"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "none yet" in shown(app))
        assert "◆ DRILL" in shown(app)
        assert "nothing here is real" in shown(app)
        assert isinstance(app.screen.app, Front)


async def test_hostile_words_of_a_runbook_stay_words(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace(SHOP.replace('title = "Shop"', 'title = "[red]Shop[/foo]\\u001b]0;x\\u0007"')))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "none yet" in shown(app))
        assert "[red]Shop[/foo]" in shown(app)
        assert "\x1b" not in shown(app)


def _entries(workspace: Workspace, session: str) -> list[ev.Entry]:
    return list(read(workspace.store.find(session).journal))


async def test_a_follow_up_that_is_due_is_shown_and_ticked_off(workspace: Workspace, clock: FakeClock) -> None:
    left_open(workspace, finish=True)
    clock.advance(2 * 3600)
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "✖ overdue by 1 h" in shown(app))
        await until(pilot, lambda: "Watch the error rate" in shown(app))
        assert "x ticks one off" in shown(app)
        await pilot.press("x")
        await dialog(pilot, Pick)
        await pilot.press("down", "enter")
        await dialog(pilot, AskText)
        await pilot.press("n", "o", "n", "e", "enter")
        await until(pilot, lambda: "Follow-ups" not in shown(app))
        directory = workspace.store.find("last")
        last = list(read(directory.journal))[-1].event
        assert last == ev.FollowUpDone(followup="watch", operator=app.operator, note="none")
        assert directory.load()[1].finished is not None
        await pilot.press("x")
        await until(pilot, lambda: any("no follow-up is left" in one.message for one in app._notifications))


async def test_what_older_sessions_left_to_do_is_listed_too(workspace: Workspace, clock: FakeClock) -> None:
    """Behind the twenty newest: one that is unfinished, one with a follow-up, and one that is done with."""
    unfinished = left_open(workspace)
    clock.advance(60)
    owing = left_open(workspace, finish=True)
    clock.advance(60)
    for _ in range(LISTED + 5):
        conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
        conductor.finish("abandoned")
        conductor.close()
        clock.advance(60)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: not app.screen.reading_older and len(app.screen.sessions or ()) > LISTED)
        assert [one.id for one in app.screen.sessions][0] == unfinished
        assert [one.id for one in app.screen.sessions][-1] == owing
        assert len(app.screen.sessions) == LISTED + 2
        await until(pilot, lambda: "Watch the error rate" in shown(app))


async def test_keys_are_heard_while_older_sessions_are_read(
    workspace: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(LISTED + 1):
        left_open(workspace)
        clock.advance(60)
    go_on = threading.Event()
    every = workspace.store.summaries

    def slow() -> Iterator[Summary]:
        for place, one in enumerate(every()):
            if place >= LISTED:
                go_on.wait()
            yield one

    monkeypatch.setattr(workspace.store, "summaries", slow)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 50)) as pilot:
        await until(pilot, lambda: "reading the older ones…" in shown(app))
        await pilot.press("down", "down")
        marked = app.screen._marked()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        go_on.set()
        await until(pilot, lambda: "reading the older ones…" not in shown(app))
        assert app.screen._marked() == marked, "the mark stays on its session"
