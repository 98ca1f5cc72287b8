"""Says whether a second person has to allow what of a step would run next."""

from tui.people import same_person
from tui.runbook.model import Approval, Step
from tui.runbook.shell.counting import only_looks
from tui.session.groups.cells import group_at
from tui.session.state import ApprovalStatus, SessionState, StepStatus
from tui.session.views.doubts import begins_anew


def needs_second(state: SessionState, step: Step, first: bool = False) -> bool:
    """Whether a second person is asked before a step starts now.

    Args:
        first: all of it is started, from its first action.
    """
    return has_to_be_allowed(state, step, first) and (first or not continues_by_approval(state, step))


def has_to_be_allowed(state: SessionState, step: Step, first: bool = False) -> bool:
    """Whether what a step runs next has to be allowed; what is left of one that was begun may only read."""
    place = 0 if first or begins_anew(state, step) else state.step(step.id).action
    return step.approve is not Approval.NONE and not only_looks(step, place)


def continues_by_approval(state: SessionState, step: Step) -> bool:
    """Whether what is left of a step on a group is what it was started for: the hosts on which it has not begun.

    What was allowed is allowed once on each host, so a retry asks again. So does another person who has the session by
    now, and the one who allowed it cannot continue it by that.
    """
    asked, standing = state.approvals.get(step.id), state.step(step.id)
    if asked is None or asked.status is not ApprovalStatus.USED or standing.status is not StepStatus.RUNNING:
        return False
    if begins_anew(state, step) or not group_at(state, step.id, standing.action):
        return False
    own = same_person(asked.request.operator, state.operator)
    return own and not (asked.how is not None and same_person(asked.by, state.operator))
