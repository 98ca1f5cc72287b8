"""Decides for how long each trigger is beyond its bound, and which samples say nothing against the release."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from tui.runbook.model import FlowKind, Monitor, Section, Step, Trigger
from tui.session.event_kinds.measurements import MonitorSampled
from tui.session.samples import TriggerState, advance, ends
from tui.session.state import SessionState


def advance_all(
    state: SessionState, triggers: Mapping[str, TriggerState], event: MonitorSampled
) -> Mapping[str, TriggerState]:
    """What is known of every trigger after a sample of a monitor; of `triggers` before it."""
    watching = [(name, one) for name, one in state.runbook.triggers.items() if one.monitor == event.monitor]
    if not watching:
        return triggers
    after = dict(triggers)
    monitor = state.runbook.monitors[event.monitor]
    for name, trigger in watching:
        after[name] = _advanced(state, trigger, monitor, triggers.get(name, TriggerState()), event)
    return after


def advance_run(
    state: SessionState, triggers: Mapping[str, TriggerState], events: Sequence[MonitorSampled]
) -> Mapping[str, TriggerState]:
    """The same after several samples of one monitor, oldest first, between which nothing else happened.

    What was before the last sample that ends a trigger's time changes nothing, and is passed over.
    """
    watching = [(name, one) for name, one in state.runbook.triggers.items() if one.monitor == events[0].monitor]
    if not watching:
        return triggers
    after = dict(triggers)
    monitor = state.runbook.monitors[events[0].monitor]
    for name, trigger in watching:
        one = triggers.get(name, TriggerState())
        for event in events[_last_ending(trigger, events) :]:
            one = _advanced(state, trigger, monitor, one, event)
        after[name] = one
    return after


def _last_ending(trigger: Trigger, events: Sequence[MonitorSampled]) -> int:
    """The place of the last sample after which it is as if there had been none before; 0 where there is none."""
    for place in range(len(events) - 1, -1, -1):
        if ends(trigger, events[place]):
            return place
    return 0


def _advanced(
    state: SessionState, trigger: Trigger, monitor: Monitor, before: TriggerState, event: MonitorSampled
) -> TriggerState:
    after = advance(trigger, monitor, before, event)
    planned = after.armed and not counting(state, trigger)
    return replace(before, last=None) if planned else after


def counting(state: SessionState, trigger: Trigger) -> bool:
    """Whether what a trigger watches is the release's doing now, and no planned downtime."""
    flow = state.runbook.flows.get(state.flow)
    if state.rollback is not None or (flow is not None and flow.kind is FlowKind.ROLLBACK):
        return False
    if not trigger.live:
        return True
    captures = [
        (section, step)
        for section, step in state.plan()
        if any(trigger.live in action.capture for action in step.actions) and state.applies(section, step)
    ]
    return not captures or any(_live(state, section, step) for section, step in captures)


def _live(state: SessionState, section: Section, step: Step) -> bool:
    """Whether the step that says that the release is live is done, and its section has changed nothing since."""
    settled = state.step(step.id).settled
    if settled is None:
        return False
    steps = {step.id for step in section.steps}
    return not any(
        attempt.mutates and not attempt.aside and attempt.step in steps and attempt.started > settled
        for attempt in state.attempts.values()
    )
