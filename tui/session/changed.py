"""Puts another step or attempt into a state in place of the one that is there, which stays as it was."""

from msgspec.structs import replace

from tui.session.layered import Layered
from tui.session.state import Attempt, SessionState, StepState


def with_step(state: SessionState, step: StepState) -> SessionState:
    """The state with a step that stands elsewhere."""
    return replace(state, steps=Layered(state.steps).having(step.id, step))


def with_attempt(state: SessionState, attempt: Attempt) -> SessionState:
    """The state with an attempt that began, ended or was judged."""
    number, outcome = attempt.number, attempt.outcome
    judged = attempt.judged or attempt.aside
    is_open = outcome is None or (outcome.ended_by_itself and not judged)
    open_attempts = state.open_attempts
    if is_open != (number in open_attempts):
        others = (attempt for attempt in open_attempts if attempt != number)
        open_attempts = tuple(sorted((*others, number))) if is_open else tuple(others)
    return replace(state, attempts=Layered(state.attempts).having(number, attempt), open_attempts=open_attempts)
