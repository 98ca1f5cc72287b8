"""Folds the outputs of a group's hosts together: those that printed the same, the differences first."""

from collections.abc import Iterable

from tui.session.groups.cells import ORDER, Cell, cells_of, group_at
from tui.session.state import SessionState, StepStatus, step_by_id


def said_alike(state: SessionState, cells: Iterable[Cell]) -> list[list[Cell]]:
    """The cells that came to their end, by what they printed, to the byte: those that few printed come first."""
    alike: dict[tuple[int, str], list[Cell]] = {}
    for cell in cells:
        attempt = state.attempts[cell.attempt] if cell.attempt else None
        if attempt is not None and attempt.outcome is not None and attempt.outcome.ended_by_itself:
            alike.setdefault((cell.place, attempt.sha256), []).append(cell)
    return sorted(alike.values(), key=len)


def to_look_at(state: SessionState, step: str) -> int:
    """The attempt of a step whose output is to be seen first, with the operator's own among them; see `telling`."""
    shown = state.step(step).shown
    return shown[-1] if shown and state.attempts[shown[-1]].outside else telling(state, step)


def telling(state: SessionState, step: str) -> int:
    """The attempt that tells where a step stands: its last, or on a group that of the host to look at first.

    While some run it is the one that has run longest. Of a step to sign it is the first that a check warned of. 0 where
    nothing has run.
    """
    step_state = state.step(step)
    last = step_state.attempts[-1] if step_state.attempts else 0
    if step_state.status is StepStatus.PASSED and (warned := step_state.warned):
        of_it = [number for number in step_state.attempts if state.attempts[number].action == warned[0]]
        last = of_it[-1] if of_it else last
    place = state.attempts[last].action if last else 0
    if place not in step_state.cells or not group_at(state, step, place):
        return last
    running = next((one.number for one in state.all_running() if one.step == step), 0)
    cells = [cell for cell in cells_of(state, step_by_id(state.runbook, step), place) if cell.attempt]

    def first(cell: Cell) -> tuple[int, bool]:
        return ORDER.index(cell.status), not any(check.warning for check in state.attempts[cell.attempt].checks)

    return running or min(cells, key=first, default=Cell("", last, ORDER[-1])).attempt
