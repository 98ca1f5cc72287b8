"""Says in one line what stopped a session, as the reason that a rollback would have, and what it ran last."""

from tui.once import once
from tui.runbook.described.expectations import called_in_brief
from tui.runbook.index import index_of
from tui.session.groups.cells import group_at, standing_of
from tui.session.groups.printed_alike import telling
from tui.session.state import SessionState, StepState, StepStatus, step_by_id
from tui.session.tries import took
from tui.session.views.called import attempt_called, status_sign
from tui.text.amounts import took_words
from tui.text.sentences import missed


def expected_called(state: SessionState, step: str, place: int, expected: str) -> str:
    """What an action expected, by the runbook's words where it has some for the pattern."""
    known = index_of(state.runbook).steps.get(step)
    if known is None or place >= len(known.actions):
        return expected
    return called_in_brief(known.actions[place].expect, expected)


def failure_words(state: SessionState) -> str:
    """What the step at hand, or else the last in trouble, failed by; empty where none did."""
    stopped = [step for step in state.steps.values() if step.status in (StepStatus.FAILED, StepStatus.UNKNOWN)]
    if not stopped:
        return ""
    step = next((step for step in stopped if step.id == state.current), stopped[-1])
    title = step_by_id(state.runbook, step.id).title
    if step.status is StepStatus.UNKNOWN:
        return f"{title}: its outcome is not known"
    bad = [
        (place, check)
        for place, checks in step.checks.items()
        for check in checks
        if not check.ok and not check.warning
    ]
    if bad:
        place, check = bad[0]
        return f"{title} failed: {missed(expected_called(state, step.id, place, check.expected), check.came)}"
    last = state.attempts[telling(state, step.id)] if step.attempts else None
    return f"{title} failed: {last.outcome}" if last is not None and last.outcome else f"{title} failed"


@once
def last_result(state: SessionState) -> str:
    """The step whose command ended last, what it came to and how long it took, and of a failure the error line.

    Empty where none has run, or one runs.
    """
    ran = [step for step in state.steps.values() if step.attempts and not state.attempts[step.attempts[-1]].aside]
    last = max(ran, key=lambda step: step.attempts[-1], default=None)
    if last is None or state.running() is not None:
        return ""
    step, attempt = step_by_id(state.runbook, last.id), state.attempts[telling(state, last.id)]
    ended = f"{came_to(state, last)}{took_words(took(state, step))}"
    skipped = ", then skipped" if last.status is StepStatus.SKIPPED else ""
    said = f": {attempt.said}" if attempt.said and not attempt.good else ""
    return f"{status_sign(state, last)} {step.title}, {ended}{skipped}{said}"


def came_to(state: SessionState, step: StepState) -> str:
    """How the last command of a step ended; on a group of hosts, how many of them stand where."""
    last = state.attempts[step.attempts[-1]]
    if group_at(state, step.id, last.action):
        return standing_of(state, step_by_id(state.runbook, step.id), last.action).words
    return attempt_called(last)
