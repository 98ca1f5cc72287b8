"""Folds samples that follow each other at once: a long session is nearly all samples, of which only some are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from tui.session.events import Entry
from tui.session.events_measured import MonitorSampled
from tui.session.folding.triggers import advance_all
from tui.session.samples import KEPT, Monitored, Sample, TriggerState
from tui.session.state import SessionState

TOGETHER = 4096
"""Samples that wait to be folded, at most."""

Measured = tuple[Entry, MonitorSampled]


def with_samples(state: SessionState, measured: Sequence[Measured]) -> SessionState:
    """The state after samples that follow each other, as `apply` gives it after one at a time."""
    if not measured:
        return state
    by_monitor: dict[str, list[Measured]] = {}
    for one in measured:
        by_monitor.setdefault(one[1].monitor, []).append(one)
    monitors = {
        **state.monitors,
        **{name: _with(state.monitors.get(name, Monitored()), found) for name, found in by_monitor.items()},
    }
    watched = {trigger.monitor for trigger in state.runbook.triggers.values()}
    triggers: Mapping[str, TriggerState] = state.triggers
    for _, event in measured:
        if event.monitor in watched:
            triggers = advance_all(state, triggers, event)
    last = measured[-1][0]
    return replace(state, seq=last.seq, at=last.at, monitors=monitors, triggers=triggers)


def _with(monitored: Monitored, measured: Sequence[Measured]) -> Monitored:
    """A monitor after samples of its own."""
    samples = [
        Sample(entry.at, event.value, event.detail, event.took, event.failed) for entry, event in measured[-KEPT:]
    ]
    return replace(
        monitored,
        samples=(*monitored.samples, *samples)[-KEPT:],
        lost_since=_lost_since(monitored, measured),
        waiting=None,
    )


def _lost_since(monitored: Monitored, measured: Sequence[Measured]) -> datetime | None:
    """Since when there is no data: since the first sample without a value after the last one with one."""
    first = None
    for entry, event in reversed(measured):
        if event.value is not None:
            return first
        first = entry.at
    return monitored.lost_since or first
