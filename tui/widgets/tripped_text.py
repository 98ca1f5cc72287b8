"""Says what the triggers that tripped propose, on every screen of a session."""

from tui.session.state import SessionState


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
        way = f"above {trigger.above:g}" if trigger.above is not None else f"below {trigger.below:g}"
        since = f" since {state.tripped[name]:%H:%M:%S}"
        words.append(f"{monitor.title} {way} {monitor.number.unit}".rstrip() + f" for {trigger.lasting},{since}")
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
