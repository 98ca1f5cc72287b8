"""Says in one line what a session ran last, for where the next step has nothing to show yet."""

from tui.once import once
from tui.session.groups.cells import group_at, standing_of
from tui.session.groups.printed_alike import telling
from tui.session.state import SessionState, StepState, StepStatus, step_by_id
from tui.session.tries import took
from tui.session.views.called import attempt_called, status_sign
from tui.text.amounts import took_words


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
