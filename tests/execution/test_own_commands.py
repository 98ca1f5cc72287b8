"""The operator's own commands: in the journal like any attempt, allowed by what they do, told wherever it matters."""

from pathlib import Path

import pytest

from tests.support.sessions.small_session import SECRET, SmallSession
from tests.support.sessions.small_session import small_session as small_session
from tui.cli.wiring import drill_workspace
from tui.errors import NotNow, RunbookError, UsageError
from tui.execution.workspace import Setup
from tui.exports.markdown import render
from tui.exports.report import timeline
from tui.runbook.model import Danger
from tui.runbook.shell.destroys import danger_of
from tui.session.outcome import MADE_UP
from tui.session.possible.outside import outside_lines, outside_words
from tui.session.report_card.deviations import deviations
from tui.session.state import OUTSIDE, StepStatus


@pytest.fixture
def session(small_session: SmallSession) -> SmallSession:
    return small_session


def own(session: SmallSession, command: str, confirmed: str = "") -> None:
    step = session.conductor.state.next_step()
    assert step is not None
    session.conductor.own.run(step.id, "web", command, confirmed)
    session.conductor.wait()


@pytest.mark.parametrize(
    ("command", "danger"),
    [
        ("uptime", Danger.NONE),
        ("df -h / && free -m", Danger.NONE),
        ("journalctl -u app -n 50 | grep -i error", Danger.NONE),
        ("systemctl restart app", Danger.CAUTION),
        ("our-own-tool --all", Danger.CAUTION),
        ("rm -rf /srv/cache", Danger.DESTRUCTIVE),
        ("mysql -e 'DROP TABLE users'", Danger.DESTRUCTIVE),
        ("kubectl delete pvc data", Danger.DESTRUCTIVE),
    ],
)
def test_how_a_command_is_started_follows_from_what_it_does(command: str, danger: Danger) -> None:
    assert danger_of(command) is danger


def test_one_that_reads_runs_at_once_and_leaves_its_step_where_it_is(session: SmallSession) -> None:
    step = session.conductor.state.next_step()
    assert step is not None
    before = session.conductor.state.step(step.id)
    own(session, "uptime")
    state = session.conductor.state
    attempt = state.attempts[1]
    assert (attempt.action, attempt.operator, attempt.command, attempt.mutates) == (OUTSIDE, "ana", "uptime", False)
    assert attempt.outcome is not None
    assert attempt.outcome.exit_status == 0
    assert state.step(step.id).status is before.status is StepStatus.PENDING
    assert (state.step(step.id).attempts, state.step(step.id).shown) == ((), (1,))
    assert "load average" in "\n".join(line.decode() for line in session.conductor.outputs.reader(1).read_lines(0, 10))


def test_one_that_may_change_something_needs_to_be_confirmed(session: SmallSession) -> None:
    with pytest.raises(NotNow, match="may change something"):
        own(session, "systemctl restart app")
    assert session.conductor.state.attempts == {}
    own(session, "systemctl restart app", "caution")
    assert session.conductor.state.attempts[1].mutates


def test_what_was_changed_outside_is_said_by_the_rollback_and_undone_by_no_step(session: SmallSession) -> None:
    own(session, "uptime")
    assert outside_words(session.conductor.state) == ""
    own(session, "systemctl restart app", "caution")
    words = "1 change outside the runbook: no step undoes that"
    assert outside_words(session.conductor.state) == words
    lines = outside_lines(session.conductor.state)
    assert lines[0].startswith(f"! {words}")
    assert "on web: systemctl restart app" in lines[1]


def test_it_is_in_the_timeline_the_deviations_and_the_exports(session: SmallSession) -> None:
    own(session, "uptime")
    own(session, "systemctl restart app", "caution")
    found = session.read()
    rows = [(row.who, row.what) for row in timeline(found) if row.attempt]
    assert rows[0][0] == "ana"
    assert "outside the runbook, succeeded" in rows[0][1]
    told = [one.what for one in deviations(found.state, found.entries)]
    assert "outside the runbook, on web by ana, may have changed something: systemctl restart app" in told
    text = render(found).decode()
    assert text.count("outside the runbook") >= 4


def test_a_secret_in_it_and_a_host_that_is_not_there_are_refused_in_words(session: SmallSession) -> None:
    with pytest.raises(NotNow, match="there is a secret in this command"):
        own(session, f"uptime {SECRET}")
    with pytest.raises(UsageError, match="no host"):
        session.conductor.own.run(next(iter(session.conductor.runbook.sections)).steps[0].id, "elsewhere", "uptime")
    with pytest.raises(RunbookError, match="nobody"):
        own(session, "grep {{ nobody }} log")
    with pytest.raises(UsageError, match="there is no command"):
        own(session, " ")
    assert session.conductor.state.attempts == {}


def test_what_was_run_last_of_a_step_is_still_the_steps_own(session: SmallSession) -> None:
    own(session, "uptime")
    state = session.conductor.state
    step = state.next_step()
    assert step is not None
    session.do(step.id)
    ran = session.conductor.state.step(step.id).attempts
    session.conductor.own.run(step.id, "web", "df -h")
    session.conductor.wait()
    state = session.conductor.state
    assert (state.step(step.id).attempts, state.step(step.id).shown) == (ran, (1, *ran, max(ran) + 1))


def test_in_a_drill_it_is_answered_and_marked_as_made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))
    path = Path(__file__).parents[1] / "data" / "rolling_restart.toml"
    with drill_workspace(path, "made-up", float("inf")) as workspace:
        setup = Setup(flow="restart", operator="ana", variables={"heap": "8g"})
        workspace.preflight(setup, lambda row: None)
        conductor = workspace.begin(setup)
        conductor.own.run("green", "es-2", "uptime")
        conductor.wait()
        attempt = conductor.state.attempts[1]
        conductor.close()
    assert attempt.outcome is not None
    assert (attempt.outcome.exit_status, attempt.outcome.detail) == (0, MADE_UP)
