"""A session taken up, watched, and its unknown outcomes on the screen: what the operator is told and can press."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, dialog, journal, shown, until
from tui.app import RunbookApp
from tui.dialogs import Confirm, Resolve
from tui.dialogs.taken_up import TakenUp
from tui.errors import HostError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.screens.home.screen import HomeScreen
from tui.screens.run.session import SessionScreen
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.transports.base import LinkState
from tui.widgets.foot.text import banner
from tui.widgets.moment import Moment

SETUP = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


def begun(workspace: Workspace) -> Conductor:
    conductor = workspace.begin(SETUP)
    conductor.start("look")
    conductor.wait(10)
    return conductor


def session_of(conductor: Conductor) -> str:
    assert conductor.state.started is not None
    return conductor.state.started.session


async def test_who_resumes_a_session_sees_where_it_stands_and_can_check_again(
    workspace: Workspace, host: FakeTransport
) -> None:
    first = begun(workspace)
    first.close()
    app = RunbookApp(workspace, session=session_of(first), operator="ben")
    async with app.run_test(size=(100, 30)) as pilot:
        await dialog(pilot, TakenUp)
        for words in (
            "TAKEN OVER",
            "over from ana",
            "1 of 4 steps settled: 1 signed",
            "Next: Back up (to do)",
            "1 read-only step was",
        ):
            assert words in shown(app), words
        await pilot.press("c")
        await until(pilot, lambda: app.conductor is not None and not app.conductor.busy and len(host.ran) == 4)
        assert app.conductor is not None
        assert [attempt.again for attempt in app.conductor.state.attempts.values()] == [False, False, True, True]
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
    assert any(isinstance(event, ev.SessionHandedOver) for event in journal(workspace))


@pytest.mark.parametrize(
    ("link", "todo"), [(LinkState.DOWN, "is the VPN up?"), (LinkState.LOGGED_OUT, "F9 asks again")]
)
async def test_a_host_that_is_not_reached_again_is_told_with_what_to_do(
    link: LinkState, todo: str, workspace: Workspace, host: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begun(workspace)
    first.close()
    host.refuses = HostError("web does not answer", "is the VPN up?")
    monkeypatch.setattr(host, "link", lambda: link)
    app = RunbookApp(workspace, session=session_of(first), operator="ana")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: f"→ {todo}; until then steps that need it fail" in shown(app))
        assert "web: web does not answer" in shown(app)


async def test_quitting_leaves_a_durable_command_to_itself_and_says_so(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["dump"] = Reply(until=threading.Event())
    app = RunbookApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: app.conductor is not None)
        assert app.conductor is not None
        workspace.preflight(SETUP, lambda row: None)
        app.conductor.start("backup", "yes")
        await until(pilot, lambda: app.conductor is not None and app.conductor.state.running())
        await pilot.press("ctrl+q")
        await dialog(pilot, Confirm)
        assert "This keeps running on web" in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: not app.is_running)
    assert isinstance(journal(workspace)[-1], ev.AttemptStarted)


async def test_a_session_open_elsewhere_is_shown_and_cannot_be_acted_on(
    workspace: Workspace, host: FakeTransport
) -> None:
    holder = begun(workspace)
    app = RunbookApp(workspace, session=session_of(holder), operator="ben")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "READ-ONLY, open elsewhere" in shown(app))
        ran = len(host.ran)
        await pilot.press("enter", "k", "s", "n")
        await pilot.pause()
        assert isinstance(app.screen, SessionScreen)
        holder.skip("backup", "made by hand")
        await until(pilot, lambda: "skipped" in shown(app))
        assert len(host.ran) == ran
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app.is_running)
    holder.close()


async def test_an_unknown_outcome_shows_what_the_host_knows_and_is_followed_again(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["dump"] = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="the host cannot be reached"))
    app = RunbookApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: app.conductor is not None and isinstance(app.screen, SessionScreen))
        assert app.conductor is not None
        conductor = app.conductor
        workspace.preflight(SETUP, lambda row: None)
        conductor.start("look")
        conductor.wait(10)
        conductor.start("backup", "yes")
        conductor.wait(10)
        host.left[host.ran[-1].key] = Reply(b"dumped\n", Outcome.exited(0))
        await until(pilot, lambda: "UNKNOWN" in shown(app))
        await pilot.press("enter")
        asked = await dialog(pilot, Resolve)
        await until(pilot, lambda: "It is still running (2 processes)." in shown(app))
        asked.query_one("#follow").press()
        await until(pilot, lambda: conductor.state.step("backup").status is StepStatus.PASSED)


def test_a_command_of_which_nothing_was_seen_is_not_said_to_be_running(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["dump"] = Reply(until=threading.Event())
    conductor = begun(workspace)
    workspace.preflight(SETUP, lambda row: None)
    now = datetime(2026, 11, 24, 2, 40, tzinfo=UTC)
    host.listener(LinkState.STALLED, "no sign of life")
    conductor.start("backup", "yes")
    while conductor.state.running() is None:
        pass
    state = structs.replace(conductor.state, links_at={"web": now - timedelta(hours=1)})
    assert banner(Moment(state=state, now=now)).endswith("; the command may not have started")
    conductor.close()


def test_the_foot_says_that_a_command_is_running_without_its_connection(
    workspace: Workspace, host: FakeTransport
) -> None:
    host.replies["dump"] = Reply(until=threading.Event())
    conductor = begun(workspace)
    workspace.preflight(SETUP, lambda row: None)
    now = datetime(2026, 11, 24, 2, 40, tzinfo=UTC)

    def said(printed: datetime | None = now) -> str:
        return banner(Moment(state=conductor.state, now=now, printed=printed))

    conductor.start("backup", "yes")
    while conductor.state.running() is None:
        pass
    assert said() == ""
    host.listener(LinkState.STALLED, "no sign of life")
    assert said().startswith("✖ web: not answering since 02:")
    assert said().endswith("; the command is running there")
    assert said(None).endswith("; the command may have started there")
    host.listener(LinkState.LOST, "closed")
    host.listener(LinkState.DOWN, "no route")
    assert said().startswith("✖ web: connection lost 02:")
    assert said().endswith("; the command is running there; reconnecting")
    assert said(None).endswith("; the command may have started there; reconnecting")
    host.listener(LinkState.UP, "")
    assert said() == ""
    conductor.close()


CHECKED = """
[[sections.steps.actions]]
run = "cat /srv/shop/version"
"""


async def test_what_is_left_of_a_destructive_step_is_asked_about_only_where_it_changes_something(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    """The program ended between the change and its check: the check only reads."""
    change = 'run = "compose up {{ release }}"\n'
    workspace = make_workspace(SHOP.replace(change, change + CHECKED))
    conductor = workspace.begin(SETUP)
    for step in ("look", "backup", "announce"):
        conductor.skip(step, "not now")
    host.replies["version"] = Reply(outcome=Outcome.exited(1))
    workspace.preflight(SETUP, lambda row: None)
    conductor.start("switch-docker", "shop")
    conductor.wait(10)
    assert conductor.state.step("switch-docker").action == 1
    conductor.close()
    host.replies["version"] = Reply(b"v2\n")
    app = RunbookApp(workspace, session=session_of(conductor), operator="ana")
    async with app.run_test(size=(100, 30)) as pilot:
        await dialog(pilot, TakenUp)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen) and app.conductor and not app.conductor.held)
        await pilot.press("enter")
        await until(pilot, lambda: "cat /srv/shop/version" in host.ran[-1].script and len(host.ran) == 3)
        assert (again := app.conductor) is not None
        await until(pilot, lambda: again.state.step("switch-docker").status is StepStatus.PASSED)
        assert isinstance(app.screen, SessionScreen)


async def test_a_finished_session_is_opened_again_only_on_a_yes(workspace: Workspace, host: FakeTransport) -> None:
    first = begun(workspace)
    first.finish("completed")
    first.wait(10)
    first.close()
    before = journal(workspace)
    app = RunbookApp(workspace, session=session_of(first), operator="ben")
    async with app.run_test(size=(100, 30)) as pilot:
        await dialog(pilot, Confirm)
        assert "It is finished: ✔ deployed" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HomeScreen))
        assert app.conductor is None
        assert journal(workspace) == before
        app.resume(session_of(first))
        await dialog(pilot, Confirm)
        await pilot.press("y")
        await dialog(pilot, TakenUp)
        assert app.conductor is not None
        assert app.conductor.state.finished is None
