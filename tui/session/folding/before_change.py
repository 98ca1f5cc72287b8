"""Keeps what was usual before the first change, for the monitors to be compared with."""

from msgspec.structs import replace

from tui.session.samples import Monitored, with_baseline
from tui.session.state import Attempt, SessionState, step_by_id


def usual_so_far(state: SessionState, attempt: Attempt) -> SessionState:
    """The state with the monitors' baselines, where this is the first attempt at a change that counts."""
    if not state.monitors or not is_change(state, attempt):
        return state
    return state if change_begun(state) else replace(state, monitors=_with_baselines(state, kept=True))


def baseline_taken(state: SessionState) -> SessionState:
    """The state with the baselines that the operator took: none after the first change, which they are to show."""
    return state if change_begun(state) else replace(state, monitors=_with_baselines(state, kept=False))


def change_begun(state: SessionState) -> bool:
    """Whether a change was begun after which nothing is as it usually is."""
    return any(is_change(state, attempt) for attempt in state.attempts.values())


def is_change(state: SessionState, attempt: Attempt) -> bool:
    """Whether an attempt is of what a rollback undoes, or a change of the operator's own, which nothing undoes.

    A tag or a backup made before changes no service.
    """
    if not attempt.mutates or attempt.never_started:
        return False
    return attempt.outside or (not attempt.aside and bool(step_by_id(state.runbook, attempt.step).undo))


def _with_baselines(state: SessionState, kept: bool) -> dict[str, Monitored]:
    """The monitors with their baselines; one that the operator took is `kept`."""
    return {
        name: monitored if kept and monitored.baseline is not None else with_baseline(monitored)
        for name, monitored in state.monitors.items()
    }
