"""Decides for how long each trigger is beyond its bound, and which samples say nothing against the release."""

from collections.abc import Mapping

from msgspec.structs import replace

from tui.runbook.model import FlowKind, Section, Step, Trigger
from tui.session.events_measured import MonitorSampled
from tui.session.samples import TriggerState, advance
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
        before = triggers.get(name, TriggerState())
        after_sample = advance(trigger, monitor, before, event.value, event.clock, event.of, event.failed)
        planned = after_sample.armed and not counting(state, trigger)
        after[name] = replace(before, last=None) if planned else after_sample
    return after


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
