"""Keeps what was usual before the first change, for the monitors to be compared with."""

from msgspec.structs import replace

from tui.session.samples import with_baseline
from tui.session.state import Attempt, SessionState, step_by_id


def usual_so_far(state: SessionState, attempt: Attempt) -> SessionState:
    """The state with the monitors' baselines, where this is the first attempt at a change that can be undone."""
    if not state.monitors or attempt.aside or not attempt.mutates or not step_by_id(state.runbook, attempt.step).undo:
        return state
    if any(attempt.mutates and step_by_id(state.runbook, attempt.step).undo for attempt in state.attempts.values()):
        return state
    return replace(state, monitors={name: with_baseline(one) for name, one in state.monitors.items()})
