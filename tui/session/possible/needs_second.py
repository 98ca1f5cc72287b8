"""Says whether a second person has to allow what of a step would run next."""

from tui.runbook.model import Approval, Step
from tui.runbook.shell.counting import only_looks
from tui.session.state import SessionState
from tui.session.views.doubts import begins_anew


def needs_second(state: SessionState, step: Step, first: bool = False) -> bool:
    """Whether the start of a step needs a second person now; what is left of one that was begun may only read.

    Args:
        first: all of it is started, from its first action.
    """
    place = 0 if first or begins_anew(state, step) else state.step(step.id).action
    return step.approve is not Approval.NONE and not only_looks(step, place)
