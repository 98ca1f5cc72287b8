"""Lays out a step that goes over a group host by host: the batch it is at, its hosts, and what is done on each."""

from collections.abc import Mapping

from tui.execution.commands import shown_whole
from tui.runbook.described.probes import words_of
from tui.runbook.model import Step
from tui.runbook.shell.script import first_line
from tui.runbook.templates.variables import worded
from tui.session.groups.cells import CellStatus, status_of
from tui.session.state import SessionState
from tui.text.block import Piece
from tui.widgets.glyphs import STYLES
from tui.widgets.moment import Moment
from tui.widgets.step.cell_rows import cell_rows
from tui.widgets.step.host_grid import SIGNS
from tui.widgets.step.laid_out import LaidRow, rows

TOLD = (CellStatus.GOOD, CellStatus.RUNNING, CellStatus.FAILED, CellStatus.UNREACHABLE, CellStatus.UNKNOWN)


def turn_rows(moment: Moment, step: Step, values: Mapping[str, str], width: int) -> list[LaidRow]:
    """The rows of a step that was begun: its hosts and where they stand in each of its actions."""
    state = moment.state
    found = cell_rows(moment, step, 0, width)
    if not found:
        return []
    for place, action in enumerate(step.actions):
        words = words_of(state.runbook, action.probe, values) if action.probe is not None else ""
        title = worded(action.title, values) if action.title else words or first_line(shown_whole(action, values))
        found += rows([(f"{place + 1} ", "$faint"), (title, "$soft"), *_counts(state, step, place)], width, 4)
    return found


def _counts(state: SessionState, step: Step, place: int) -> list[Piece]:
    """How many hosts stand where in one action."""
    known = state.step(step.id).cells.get(place, {})
    every = [status_of(state.attempts[number]) for number in known.values()]
    pieces: list[Piece] = []
    for status in TOLD:
        if count := every.count(status):
            sign, style = SIGNS[status]
            pieces += [("  ", ""), (f"{sign}{count}", STYLES[style])]
    return pieces
