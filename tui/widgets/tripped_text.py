"""Says what the triggers that tripped propose, on every screen of a session."""

from tui.runbook.model import seconds
from tui.runbook.results import known_bound
from tui.session.state import SessionState
from tui.text.amounts import duration, figure


def tripped_words(state: SessionState) -> str:
    """The banner's words about the triggers that tripped; empty where none did, or where the rollback has begun."""
    if state.rollback is not None:
        return ""
    words = []
    for name in state.tripped:
        trigger = state.runbook.triggers.get(name)
        if trigger is None:
            continue
        monitor = state.runbook.monitors[trigger.monitor]
        bound, way = (trigger.below, "below") if trigger.above is None else (trigger.above, "above")
        beyond = (
            f"{way} {figure(known_bound(bound) or 0.0, monitor.number.unit)} for {duration(seconds(trigger.lasting))}"
        )
        words.append(f"{monitor.title} {beyond}, tripped at {state.tripped[name]:%H:%M:%S}")
    return "; ".join(words)


def proposed_reason(state: SessionState) -> str:
    """The runbook's reason that the first tripped trigger is; empty without one."""
    for name in state.tripped:
        trigger = state.runbook.triggers.get(name)
        reasons = (reason.title for reason in state.runbook.rollback_reasons if trigger and reason.id == trigger.reason)
        found = next(reasons, "")
        if found:
            return found
    return ""
