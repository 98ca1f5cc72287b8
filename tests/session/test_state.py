from datetime import UTC, datetime, timedelta

import pytest

from tests.support.runbooks.runbooks import small
from tui.session import events as ev
from tui.session.folding.fold import apply, fold
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import SessionState, StepStatus, initial
from tui.session.views.called import items

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
RUNBOOK = small()
BAD = ev.Check(expected='"load" in the output', came="not there", ok=False)
WARNED = ev.Check(expected="below 5", came="7", ok=False, warning=True)


def entries(*events: ev.AnyEvent) -> list[ev.Entry]:
    return [ev.Entry(seq, START + timedelta(seconds=seq), float(seq), event) for seq, event in enumerate(events)]


def state_after(*events: ev.AnyEvent) -> SessionState:
    return fold(RUNBOOK, entries(started(), *events))


def started(method: str = "docker") -> ev.SessionStarted:
    return ev.SessionStarted(
        session="s1",
        flow="deploy",
        method=method,
        operator="ana",
        title="Shop",
        runbook_hash="0",
        variables={"release": "v2"},
    )


def opened(step: str) -> ev.StepOpened:
    return ev.StepOpened(step=step, operator="ana")


def ran(
    step: str, attempt: int = 1, action: int = 0, outcome: Outcome | None = None, checks: tuple[ev.Check, ...] = ()
) -> list[ev.AnyEvent]:
    outcome = outcome or Outcome.exited(0)
    events: list[ev.AnyEvent] = [
        ev.AttemptStarted(attempt=attempt, step=step, action=action, host="web", command="x"),
        ev.AttemptFinished(attempt=attempt, outcome=outcome, seconds=2.0),
    ]
    if outcome.ended_by_itself:
        events.append(ev.AttemptChecked(attempt=attempt, checks=checks))
    return events


def test_the_method_decides_which_steps_a_session_has() -> None:
    assert [step.id for _, step in state_after().plan()] == ["look", "backup", "announce", "switch-docker"]


def test_a_step_goes_from_command_to_command_to_passed() -> None:
    state = state_after(opened("look"), *ran("look"))
    assert (state.step("look").status, state.step("look").action) == (StepStatus.RUNNING, 1)
    state = state_after(opened("look"), *ran("look"), *ran("look", 2, 1))
    assert state.step("look").status is StepStatus.PASSED


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (OutcomeKind.UNKNOWN, StepStatus.UNKNOWN),
        (OutcomeKind.TIMED_OUT, StepStatus.FAILED),
        (OutcomeKind.CANCELLED, StepStatus.FAILED),
        (OutcomeKind.SIGNALLED, StepStatus.FAILED),
        (OutcomeKind.UNREACHABLE, StepStatus.FAILED),
    ],
)
def test_an_outcome_without_an_exit_status_stops_the_step(kind: OutcomeKind, status: StepStatus) -> None:
    assert state_after(opened("look"), *ran("look", outcome=Outcome(kind))).step("look").status is status


def test_a_missed_expectation_fails_the_step_and_a_warning_does_not() -> None:
    assert state_after(opened("look"), *ran("look", checks=(BAD,))).step("look").status is StepStatus.FAILED
    assert state_after(opened("look"), *ran("look", checks=(WARNED,))).step("look").action == 1


def test_an_exit_status_that_the_runbook_expects_is_good_news() -> None:
    state = state_after(opened("look"), *ran("look", outcome=Outcome.exited(1)))
    assert state.step("look").action == 1


def test_a_retry_that_helps_replaces_the_failed_checks() -> None:
    good = ev.Check(expected='"load" in the output', came="there", ok=True)
    state = state_after(opened("look"), *ran("look", checks=(BAD,)), opened("look"), *ran("look", 2, checks=(good,)))
    assert state.step("look").checks == {0: (good,)}
    assert state.step("look").attempts == (1, 2)


def test_unknown_is_resolved_only_by_a_person() -> None:
    lost = ran("backup", outcome=Outcome(OutcomeKind.UNKNOWN))
    resolved = ev.OutcomeResolved(attempt=1, operator="ana", succeeded=True, reason="the file is there")
    assert state_after(opened("backup"), *lost).next_step().id == "look"
    assert state_after(opened("backup"), *lost, resolved).step("backup").status is StepStatus.PASSED


def test_a_question_and_a_message_wait_for_the_operator() -> None:
    state = state_after(opened("announce"))
    assert state.step("announce").status is StepStatus.WAITING
    sent = ev.MessageSent(message="notice", text="…", how="copied", operator="ana", step="announce", action=0)
    assert state_after(opened("announce"), sent).step("announce").action == 1
    answered = ev.QuestionAnswered(step="announce", action=1, operator="ana", answer="7", checks=(BAD,))
    state = state_after(opened("announce"), sent, answered)
    assert (state.step("announce").status, state.step("announce").answers) == (StepStatus.FAILED, {1: "7"})


def test_captured_values_become_facts_but_secret_ones_do_not() -> None:
    state = state_after(
        ev.ValueCaptured(step="look", name="tag_before", value="v1"),
        ev.ValueCaptured(step="look", name="token", secret=True),
    )
    assert state.facts["tag_before"] == "v1"
    assert "token" not in state.facts
    assert state.secret_names == {"token"}


def test_the_checklist_is_ticked_by_signed_steps_only() -> None:
    skipped = ev.StepSkipped(step="backup", operator="ana", reason="made at noon")
    signed = ev.StepSigned(step="switch-docker", operator="ana")
    assert [one.id for one in items(state_after(skipped, signed)) if one.done] == ["code-updated"]


def test_a_rollback_adds_its_steps_and_comes_next() -> None:
    state = state_after(ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"))
    assert state.next_step().id == "switch-back"
    assert [step.id for _, step in state.plan()][-2:] == ["switch-back", "restart-units"]
    assert state.facts["reason"] == "errors"


def test_running_is_the_attempt_without_an_end() -> None:
    begun = ev.AttemptStarted(attempt=1, step="look", action=0, host="web", command="x")
    assert state_after(opened("look"), begun).running().number == 1
    assert state_after(opened("look"), *ran("look")).running() is None


def test_reopening_starts_a_step_over() -> None:
    state = state_after(
        ev.StepSigned(step="look", operator="auto"), ev.StepReopened(step="look", operator="ana", reason="changed")
    )
    assert (state.step("look").status, state.step("look").action) == (StepStatus.PENDING, 0)


def test_folding_never_changes_an_earlier_state() -> None:
    states = [initial(RUNBOOK)]
    for entry in entries(started(), opened("look"), *ran("look")):
        before = repr(states[-1])
        states.append(apply(states[-1], entry))
        assert repr(states[-2]) == before
