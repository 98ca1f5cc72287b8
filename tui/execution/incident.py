"""Drafts from a session what people have to be told about it: how the rollback goes, what happened, and why."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from tui.runbook.templates.variables import without_empty, worded
from tui.session.state import Attempt, SessionState, StepStatus, step_by_id
from tui.session.views.rollback import Need, rollback_plan
from tui.text.amounts import spelled
from tui.text.sentences import missed

Moments = Iterator[tuple[datetime, str]]


def incident_values(state: SessionState, now: datetime) -> dict[str, str]:
    """The values that the messages of a rollback may name; none before there is one."""
    if state.rollback is None or state.rollback_at is None:
        return {}
    ended = state.rollback_finished_at
    elapsed = (ended or now) - state.rollback_at
    return {
        "rollback_elapsed": spelled(elapsed),
        "rollback_progress": progress(state),
        "incident_timeline": "\n".join(f"- {at:%H:%M:%S} {words}" for at, words in timeline(state)),
        "incident_why": "\n".join(f"- {words}" for words in _why(state)),
        "incident_impact": "\n".join(f"- {words}" for words in _impact(state, now)),
        "incident_resolution": "\n".join(f"- {words}" for words in _resolution(state)),
    }


def message_text(state: SessionState, name: str, values: Mapping[str, str], now: datetime) -> str:
    """The text of a message with everything known filled in; of what is not known it says so."""
    known = {**values, **incident_values(state, now)}
    return worded(without_empty(state.runbook.messages[name].body, known), known)


def progress(state: SessionState) -> str:
    """How far the rollback is: 5 of 12 steps done, now: Start the services."""
    wanted = [planned.step for planned in rollback_plan(state) if planned.need is not Need.NOT_NEEDED]
    done = sum(state.step(step.id).status.settled for step in wanted)
    following = state.next_step()
    current = f", now: {following.title}" if following else ""
    return f"{done} of {len(wanted)} steps done{current}"


def timeline(state: SessionState) -> list[tuple[datetime, str]]:
    """What mattered, in the order in which it happened: begin, changes, failures, skips, the rollback, its end."""
    return sorted(_moments(state), key=lambda moment: moment[0])


def _moments(state: SessionState) -> Moments:
    if state.started is not None and state.started_at is not None:
        by = f", {state.started.method}" if state.started.method else ""
        yield (
            state.started_at,
            f"{state.runbook.flows[state.started.flow].title}{by}: begun by {state.started.operator}",
        )
    for attempt in state.attempts.values():
        title = step_by_id(state.runbook, attempt.step).title
        if attempt.mutates and not attempt.aside:
            yield attempt.started, f"{title}: {attempt.outcome or 'running'}"
        elif _bad(state, attempt):
            yield attempt.started, f"{title}: {_trouble(attempt)}"
    for step in state.steps.values():
        if step.status is StepStatus.SKIPPED and step.settled is not None:
            yield step.settled, f"{step_by_id(state.runbook, step.id).title}: skipped by {step.operator}, {step.reason}"
    if state.rollback is not None and state.rollback_at is not None:
        yield state.rollback_at, f"ROLLBACK decided by {state.rollback.operator}: {state.rollback.reason}"
    if state.rollback_finished_at is not None:
        yield state.rollback_finished_at, "rollback finished"


def _why(state: SessionState) -> Iterator[str]:
    assert state.rollback is not None
    yield state.rollback.reason
    for attempt in state.attempts.values():
        before = state.rollback_at is not None and attempt.started <= state.rollback_at
        if before and _bad(state, attempt):
            yield f"{step_by_id(state.runbook, attempt.step).title}: {_trouble(attempt)}"


def _impact(state: SessionState, now: datetime) -> Iterator[str]:
    assert state.rollback_at is not None
    troubles = [attempt.started for attempt in state.attempts.values() if _bad(state, attempt)]
    if troubles and min(troubles) < state.rollback_at:
        yield f"first sign of trouble: {min(troubles):%H:%M:%S} UTC"
    changes = [
        attempt.started
        for attempt in state.attempts.values()
        if attempt.mutates and not (attempt.aside or attempt.never_started)
    ]
    if changes:
        yield f"production was changed from {min(changes):%H:%M:%S} UTC on"
    end = state.rollback_finished_at
    yield f"rollback from {state.rollback_at:%H:%M:%S} UTC, {spelled((end or now) - state.rollback_at)}" + (
        "" if end else " so far"
    )


def _resolution(state: SessionState) -> Iterator[str]:
    for planned in rollback_plan(state):
        step_state = state.step(planned.step.id)
        if planned.step.mutates and step_state.status is StepStatus.SIGNED and step_state.settled is not None:
            yield f"{step_state.settled:%H:%M:%S} {planned.step.title}"


def _bad(state: SessionState, attempt: Attempt) -> bool:
    """Whether an attempt was trouble: it was not good, and no later one of the same action was."""
    if attempt.outcome is None or attempt.aside:
        return False
    same = (other for other in state.attempts.values() if (other.step, other.action) == (attempt.step, attempt.action))
    if any(other.good and other.number > attempt.number for other in same):
        return False
    return not attempt.good if attempt.judged else not attempt.outcome.ended_by_itself


def _trouble(attempt: Attempt) -> str:
    bad = [missed(check.expected, check.came) for check in attempt.checks if not check.ok and not check.warning]
    return "; ".join(bad) or str(attempt.outcome)
