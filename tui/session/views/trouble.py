"""Says in one line what stopped a session, as the reason that a rollback would have."""

from tui.session.groups.printed_alike import telling
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.text.sentences import missed


def failure_words(state: SessionState) -> str:
    """What the step at hand, or else the last in trouble, failed by; empty where none did."""
    stopped = [step for step in state.steps.values() if step.status in (StepStatus.FAILED, StepStatus.UNKNOWN)]
    if not stopped:
        return ""
    step = next((step for step in stopped if step.id == state.current), stopped[-1])
    title = step_by_id(state.runbook, step.id).title
    if step.status is StepStatus.UNKNOWN:
        return f"{title}: its outcome is not known"
    bad = [check for checks in step.checks.values() for check in checks if not check.ok and not check.warning]
    if bad:
        return f"{title} failed: {missed(bad[0].expected, bad[0].came)}"
    last = state.attempts[telling(state, step.id)] if step.attempts else None
    return f"{title} failed: {last.outcome}" if last is not None and last.outcome else f"{title} failed"
