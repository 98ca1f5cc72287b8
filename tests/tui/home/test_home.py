import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, until
from tui.app import RunbookApp
from tui.dialogs.told import Told
from tui.dialogs.written import TickOff
from tui.errors import SessionError
from tui.execution.workspace import Setup, Workspace
from tui.front.front import Front
from tui.screens.exporting import write_exports
from tui.screens.home.listing import HomeRows
from tui.screens.home.screen import HomeScreen
from tui.screens.links import Links, can_open
from tui.screens.summary.screen import SummaryScreen
from tui.session import events as ev
from tui.session.journal.journal import read
from tui.widgets.looks.themes import THEMES


def left_open(workspace: Workspace, finish: bool = False) -> str:
    conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
    if finish:
        conductor.finish("completed")
    conductor.close()
    return conductor.state.started.session if conductor.state.started else ""


async def test_home_says_what_this_is_and_whether_now_is_the_time(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet. `d` begins one; `runbook drill` rehearses." in shown(app))
        await until(pilot, lambda: "nothing wrong" in shown(app) or "warning" in shown(app))
        seen = shown(app)
        for words in ("Shop", "Production", "Shop team", "● OPEN", "until 04:00", "next  Tue 1 Dec 02:00  in 7 d"):
            assert words in seen
        assert "environment  Production" in seen
        assert "Tue 24 Nov 02:00:00 UTC" in seen
        assert "d deploy" in seen
        assert "Roll back" in seen
        assert "Verify" not in seen  # the runbook has no such flow


async def test_where_it_is_narrow_the_release_stands_in_the_line_on_top(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert "Shop · release v2" in shown(app)
        assert "2 h left" in shown(app)
        assert "Start" in shown(app)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "environment" in shown(app))
        assert "Shop · release v2" not in shown(app)
        assert "release      v2" in shown(app)


async def test_the_unfinished_session_comes_first_and_enter_continues_with_it(
    workspace: Workspace, clock: FakeClock
) -> None:
    session = left_open(workspace)
    clock.advance(60)
    left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "◆ Deploy v2, Docker" in shown(app) and app.screen.whole)
        assert "at Look around" in shown(app)
        assert "ana · 1 m ago" in shown(app)
        assert app.screen.framed == "unfinished"
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor is not None)
        assert app.conductor is not None
        assert app.conductor.state.started is not None
        assert app.conductor.state.started.session == session
        await until(pilot, lambda: app.conductor is not None and app.conductor.state.hosts)
    events = [entry.event for entry in _entries(workspace, session)]
    assert any(isinstance(event, ev.SessionResumed) for event in events)


async def test_of_a_finished_session_enter_shows_the_summary_and_e_exports_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    session = left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "deployed" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen) and "DEPLOYED" in shown(app))
        assert app.conductor is None
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert app.workspace is workspace
        assert app.viewer is None
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
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: "? Tue 24 Nov 02:00  cannot be read" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: any("restore it from a copy" in one.message for one in app._notifications))
        assert isinstance(app.screen, HomeScreen)


async def test_dashboards_are_copied(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
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
        await until(pilot, lambda: "None yet" in shown(app))
        assert "◆ DRILL" in shown(app)
        assert "nothing here is real" in shown(app)
        assert isinstance(app.screen.app, Front)


async def test_hostile_words_of_a_runbook_stay_words(make_workspace: Callable[..., Workspace]) -> None:
    app = RunbookApp(make_workspace(SHOP.replace('title = "Shop"', 'title = "[red]Shop[/foo]\\u001b]0;x\\u0007"')))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        assert "[red]Shop[/foo]" in shown(app)
        assert "\x1b" not in shown(app)


def _entries(workspace: Workspace, session: str) -> list[ev.Entry]:
    return list(read(workspace.store.find(session).journal))


async def test_a_follow_up_that_is_due_is_shown_and_ticked_off(workspace: Workspace, clock: FakeClock) -> None:
    left_open(workspace, finish=True)
    clock.advance(2 * 3600)
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "✖ 1 h late  Watch the error rate" in shown(app))
        assert "1 late · x ticks one off" in shown(app)
        await pilot.press("x")
        await dialog(pilot, TickOff)
        await pilot.press("n", "o", "n", "e", "enter")
        await until(pilot, lambda: "Nothing to do." in shown(app))
        directory = workspace.store.find("last")
        last = list(read(directory.journal))[-1].event
        assert last == ev.FollowUpDone(followup="watch", operator=app.operator, note="none")
        assert directory.load()[1].finished is not None
        await pilot.press("x")
        await until(pilot, lambda: any("No follow-up is left" in one.message for one in app._notifications))


async def test_enter_on_a_follow_up_ticks_it_off(workspace: Workspace) -> None:
    left_open(workspace, finish=True)
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.framed == "deployments")
        assert "1 today" in shown(app)
        await pilot.press("tab")
        assert app.screen.framed == "followups"
        await pilot.press("enter")
        await dialog(pilot, TickOff)
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing to do." in shown(app))


async def test_an_unfinished_session_can_be_rolled_back_from_here_after_it_is_asked(workspace: Workspace) -> None:
    session = left_open(workspace)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.framed == "unfinished")
        assert "^r roll it back" in shown(app)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: any("nothing to undo" in one.message for one in app._notifications))
        assert app.conductor.state.started.session == session
        assert app.conductor.state.rollback is None
        assert not app._rolling_back


async def test_of_several_unfinished_sessions_each_can_be_resumed(workspace: Workspace, clock: FakeClock) -> None:
    sessions = []
    for _ in range(3):
        sessions.append(left_open(workspace))
        clock.advance(60)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Unfinished 1 of 3" in shown(app) and app.screen.whole)
        assert app.screen.marked().id == sessions[2]
        await pilot.press("down", "down")
        await until(pilot, lambda: "Unfinished 3 of 3" in shown(app))
        assert app.screen.marked().id == sessions[0]
        await pilot.press("down")
        assert app.screen.framed != "unfinished"


async def test_rehearsals_and_deployments_are_in_lists_of_their_own(
    make_workspace: Callable[..., Workspace], clock: FakeClock
) -> None:
    left_open(make_workspace(drill="Nothing answers"), finish=True)
    clock.advance(3600)
    left_open(make_workspace(), finish=True)
    clock.advance(3 * 24 * 3600)
    app = RunbookApp(make_workspace())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "1 of 1 within 60 days" in shown(app))
        assert len(app.screen.deployments) == 1
        assert "✔ Nothing answers" in shown(app)
        assert "3 d ago" in shown(app)
        assert len(app.screen.left) == 1, "a rehearsal owes nothing here"
        assert shown(app).count("✔ Tue 24 Nov") == 1
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, SummaryScreen))
        assert app.viewer.state.started.drill == "Nothing answers"


async def test_other_flows_are_listed_where_all_are_wanted(
    make_workspace: Callable[..., Workspace], clock: FakeClock
) -> None:
    text = SHOP.replace(
        "[flows.rollback]",
        '[flows.verify]\ntitle = "Look at it"\nkind = "verify"\nsections = ["before"]\n[flows.rollback]',
        1,
    )
    workspace = make_workspace(text)
    conductor = workspace.begin(Setup(flow="verify", operator="ana", variables={"release": "v2"}))
    conductor.finish("checked")
    conductor.close()
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.whole and "None yet. `d`" in shown(app))
        await pilot.press("a")
        await until(pilot, lambda: "All sessions" in shown(app) and "checked" in shown(app))
        await pilot.press("a")
        await until(pilot, lambda: "Last deployments" in shown(app) and "checked" not in shown(app))


async def test_the_marked_row_is_seen_in_every_theme_also_in_16_colours(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, HomeRows) and app.screen.whole)
        for theme in THEMES:
            app.theme = theme.name
            await pilot.pause()
            rows = app.focused
            assert isinstance(rows, HomeRows)
            marked = rows.get_component_rich_style("option-list--option-highlighted")
            other = rows.get_component_rich_style("option-list--option")
            seen_by = marked.reverse or marked.bgcolor not in (None, other.bgcolor, app.screen.rich_style.bgcolor)
            assert seen_by, f"{theme.name}: {marked}, beside {other}"
