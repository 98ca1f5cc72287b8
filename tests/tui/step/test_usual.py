"""What steps took in earlier sessions, on the screen of the one at hand."""

from collections.abc import Callable
from datetime import timedelta

from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import SETUP
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import shown, until
from tui.app import RunbookApp
from tui.execution.workspace import Workspace
from tui.screens.run.session import SessionScreen
from tui.session.state import SessionState
from tui.session.views.usual import Usual
from tui.widgets.head.progress_text import progress_row
from tui.widgets.moment import Moment, TimeLeft, left, rollback_time
from tui.widgets.step.pace import pace_lines


def told(moment: Moment) -> str:
    step = next(step for _, step in moment.state.plan() if step.id == "look")
    return "\n".join("".join(text for text, _ in line) for line in pace_lines(moment, step, 60))


def row(moment: Moment) -> str:
    return "".join(text for end in progress_row(moment, 120) for text, _ in end)


def begun(workspace: Workspace) -> SessionState:
    conductor = workspace.begin(SETUP)
    conductor.start("look")
    conductor.wait(10)
    conductor.close()
    return conductor.state


def test_a_step_that_takes_longer_than_usual_says_so(workspace: Workspace, clock: FakeClock) -> None:
    state = begun(workspace)
    running = replace(state.attempts[1], outcome=None, seconds=None)
    state = replace(
        state, attempts={1: running}, open_attempts=(1,), steps={"look": replace(state.step("look"), attempts=(1,))}
    )
    usual = {"look": Usual(4.0, 3.0, 5.0, 7)}
    moment = Moment(state=state, now=running.started + timedelta(seconds=4), usual=usual)
    assert "usually 0:04" in told(moment)
    assert "longer" not in told(moment)
    late = replace(moment, now=running.started + timedelta(seconds=9))
    assert "▲ longer than the usual 0:04" in told(late)
    over = replace(moment, now=running.started + timedelta(seconds=30))
    assert "0:20 over its budget" in told(over)
    assert "longer" not in told(over)
    assert "usually" not in told(replace(moment, usual={}))


def test_the_time_that_is_left_is_told_where_half_of_it_is_known(workspace: Workspace, clock: FakeClock) -> None:
    state = begun(workspace)
    now = clock.now()
    assert left(state, {}, now) == TimeLeft(120, 0, 2)
    usual = {"backup": Usual(42, 40, 44, 3)}
    assert left(state, usual, now) == TimeLeft(102, 1, 2)
    assert "commands ≈ 2 m" in row(Moment(state=state, now=now, usual=usual))
    assert "commands" not in row(Moment(state=state, now=now, usual={"another": Usual(1, 1, 1, 3)}))


def test_the_rollback_is_expected_to_take_what_it_seldom_exceeds(workspace: Workspace) -> None:
    state = begun(workspace)
    undone = next(step for _, step in state.plan() if step.undo)
    budget = rollback_time(state, undone)
    known = rollback_time(state, undone, {step: Usual(3, 2, 4, 5) for step in undone.undo})
    assert known < budget
    assert known.total_seconds() == 4 * len(undone.undo)


async def test_the_card_and_the_foot_of_a_fourth_session_know_the_first_three(
    make_workspace: Callable[..., Workspace], host: FakeTransport, clock: FakeClock
) -> None:
    host.replies["dump"] = Reply(b"")
    workspace = make_workspace()
    host.before_run = lambda command: clock.advance(42) if "dump" in command.script else None
    for _ in range(3):
        workspace.preflight(SETUP, lambda row: None)
        conductor = workspace.begin(SETUP)
        for step in ("look", "backup"):
            conductor.start(step)
            conductor.wait(10)
            if conductor.state.step(step).settled is None:
                conductor.sign(step, "ana")
        conductor.finish("abandoned")
        conductor.close()
        clock.advance(60)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        app.begin(SETUP)
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await pilot.press("down")
        await until(pilot, lambda: "usually 0:42" in shown(app))
