"""Says in words what a trigger is about: its title, its bound, and how it came to propose the rollback."""

from tui.session import events as ev
from tui.session.samples import bound_of
from tui.session.state import SessionState
from tui.text.amounts import duration, figure

TriggerEvent = ev.TriggerArmed | ev.TriggerTripped | ev.TriggerCleared


def trigger_called(event: TriggerEvent, state: SessionState) -> str:
    """The trigger's title, else its monitor's."""
    trigger, monitor = state.runbook.triggers.get(event.trigger), state.runbook.monitors.get(event.monitor)
    return (trigger.title if trigger else "") or (monitor.title if monitor else event.monitor)


def monitor_figure(value: float, name: str, state: SessionState) -> str:
    """A value of a monitor with its unit."""
    monitor = state.runbook.monitors.get(name)
    return figure(value, monitor.number.unit if monitor else "")


def beyond_words(event: TriggerEvent, state: SessionState) -> str:
    """What the value is while a trigger counts: above 10 %."""
    trigger = state.runbook.triggers.get(event.trigger)
    limit = bound_of(trigger) if trigger else None
    if limit is None:
        return "over its limit"
    return f"{'above' if limit.high else 'below'} {monitor_figure(limit.value, event.monitor, state)}"


def value_words(event: TriggerEvent, state: SessionState) -> str:
    """The value an event is about, and of a group whose it is: 13.8 % (web07)."""
    return f"{monitor_figure(event.value, event.monitor, state)}{_whose(event)}"


def tripped_words(event: ev.TriggerTripped, state: SessionState) -> str:
    """By what a trigger proposed the rollback: above 10 % for 5:00, 13.8 % at last."""
    value = monitor_figure(event.value, event.monitor, state)
    return f"{beyond_words(event, state)} for {duration(event.dwell)}, {value} at last{_whose(event)}"


def _whose(event: TriggerEvent) -> str:
    """Of a group, whose the value is."""
    return f" ({event.detail})" if event.detail else ""


def reason_of(event: ev.TriggerTripped, state: SessionState) -> str:
    """The reason that a trigger proposes, as a rollback has it; empty where it proposes none of the runbook's."""
    trigger = state.runbook.triggers.get(event.trigger)
    wanted = trigger.reason if trigger else ""
    return next((one.title for one in state.runbook.rollback_reasons if one.id == wanted), "")
