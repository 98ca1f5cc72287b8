"""Says what of the looks at rollback steps is still known after a change, or after a restart of a host."""

from collections.abc import Mapping

from tui.runbook.facts import connection_of
from tui.session.outcome import LookResult
from tui.session.state import SessionState, step_by_id


def found_elsewhere(state: SessionState, host: str) -> Mapping[str, LookResult]:
    """What was found by looking on other hosts than this one, which was restarted."""
    return {name: found for name, found in state.looks.items() if not _looked_on(state, name, host)}


def _looked_on(state: SessionState, step: str, host: str) -> bool:
    look = step_by_id(state.runbook, step).look
    return look is not None and connection_of(state.runbook, look.on) == host


def still_found(state: SessionState, doing: str) -> Mapping[str, LookResult]:
    """What was found by looking, without what the step that is done now changes: what it undoes, and what undoes it."""
    if not state.looks:
        return state.looks
    undone_by = step_by_id(state.runbook, doing).undo
    return {
        name: found
        for name, found in state.looks.items()
        if name not in undone_by and doing not in step_by_id(state.runbook, name).undo
    }
