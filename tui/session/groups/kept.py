"""Keeps the last attempt on each host of a group in its step."""

from collections.abc import Mapping

from msgspec.structs import replace

from tui.session.groups.cells import CellStatus, status_of
from tui.session.layered import Layered
from tui.session.state import Attempt, SessionState, StepState, step_by_id


def with_cell(step: StepState, attempt: Attempt) -> StepState:
    """The step with an attempt that began on a host of a group."""
    known = Layered(step.cells.get(attempt.action, {})).having(attempt.host, attempt.number)
    return replace(step, cells={**step.cells, attempt.action: known})


def to_do_again(state: SessionState, step: StepState) -> StepState:
    """The step with those hosts of its action to do that are not good: it is run again on them.

    Where it goes over the group host by host, each host begins again with what is not good there.
    """
    places = step.cells if step_by_id(state.runbook, step.id).each else step.cells.keys() & {step.action}
    return replace(step, cells={**step.cells, **{place: _good(state, step.cells[place]) for place in places}})


def _good(state: SessionState, known: Mapping[str, int]) -> dict[str, int]:
    return {host: number for host, number in known.items() if status_of(state.attempts[number]) is CellStatus.GOOD}
