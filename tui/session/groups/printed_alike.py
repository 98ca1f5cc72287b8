"""Folds the outputs of a group's hosts together: those that printed the same, the differences first."""

from collections.abc import Iterable

from tui.session.groups.cells import ORDER, Cell, cells_of, group_at
from tui.session.state import SessionState, StepStatus, step_by_id


def said_alike(state: SessionState, cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells that came to their end, by what they printed, to the byte: those that few printed come first."""
    alike: dict[str, list[Cell]] = {}
    for cell in cells:
        attempt = state.attempts[cell.attempt] if cell.attempt else None
        if attempt is not None and attempt.outcome is not None and attempt.outcome.ended_by_itself:
            alike.setdefault(attempt.sha256, []).append(cell)
    return sorted(alike.values(), key=len)


def to_look_at(state: SessionState, step: str) -> int:
    """The attempt of a step whose output is to be seen first: its last, or on a group that of a host that is not good.

    0 where nothing has run.
    """
    step_state = state.step(step)
    shown = step_state.shown
    if not step_state.cells or not shown:
        return shown[-1] if shown else 0
    last = state.attempts[shown[-1]]
    if last.outside or not group_at(state, step, last.action) or step_state.status is StepStatus.RUNNING:
        return shown[-1]
    cells = [cell for cell in cells_of(state, step_by_id(state.runbook, step), last.action) if cell.attempt]
    return min(cells, key=lambda cell: ORDER.index(cell.status)).attempt if cells else shown[-1]
