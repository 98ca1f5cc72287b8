"""Says which checks that were made should still hold, so that an operator who resumes can make them again."""

from tui.runbook.model import Step
from tui.session.state import SessionState, StepStatus
from tui.session.views.doubts import checked_since_change


def still_to_hold(state: SessionState) -> list[Step]:
    """The signed read-only steps whose checks were made after the last change, and ought to hold still."""
    steps = (step for _, step in state.plan() if not step.mutates)
    return [
        step
        for step in steps
        if state.step(step.id).status is StepStatus.SIGNED
        and any(action.automatic for action in step.actions)
        and checked_since_change(state, step)
    ]
