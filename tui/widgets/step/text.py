"""Decides what the step card says: what runs where, what is expected, what it got, and why it is done."""

from collections.abc import Mapping

from msgspec.structs import replace

from tui.execution.commands import values_of
from tui.runbook.model import Step
from tui.runbook.templates.variables import worded
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.views.rollback import look_wanted
from tui.widgets.frames import title_fits
from tui.widgets.moment import Moment
from tui.widgets.step.action_rows import MOST, Detail, Room, action_rows, place_of
from tui.widgets.step.action_rows import question as question
from tui.widgets.step.beside import after, care, drift, look_rows, outcome, prose
from tui.widgets.step.beside import where as where
from tui.widgets.step.laid_out import LaidRow, blocks, rows
from tui.widgets.step.pace import pace_lines
from tui.widgets.step.standing import standing
from tui.widgets.step.ticks import ticks

FOLDED = 4
"""Rows of a long command that are shown at least."""
FRAME = 2
"""Cells of the frame about the card."""
LABEL = "$soft"


def card(
    moment: Moment, step_id: str, width: int = 80, height: int = 0, whole: bool = False, framed: int = 0
) -> list[LaidRow]:
    """The rows of the card, the most important first.

    Args:
        height: the rows there are, 0 where all have room: blank ones and what the other actions do are given up.
        whole: no command is folded.
        framed: the cells of its frame, which has the title; two more than its own where that is not said.
    """
    state = moment.state
    step = step_by_id(state.runbook, step_id)
    values = values_of(state.runbook, state.facts, moment.now)
    title = [] if title_fits(state, step, framed or width + FRAME) else rows([(step.title, "bold")], width)
    pace = [row for line in pace_lines(moment, step, width - 1) for row in rows([(" ", ""), *line], width, 1)]
    place = place_of(state, step)
    marks = care(state, step, place, width)
    top = [*title, *pace, *marks, *outcome(moment, step, width)]
    below: list[LaidRow] = []
    wanted = _error(state, step, place, values, width) if height else 0
    for given in (marks, title):  # the error is seen without scrolling
        if height and len(top) + wanted > height and (wanted or given is marks):
            top, below = [row for row in top if row not in given], [*below, *given]
    looks = look_rows(state, step.look, values, width) if step.look is not None else []
    first = look_wanted(state, step)
    acts = [*(looks if first else []), *_actions(moment, step, values, width, max(0, height - len(top)), whole)]
    acts += [*drift(state, step, width), *below]
    rest = [prose(worded(step.text, values), width), [] if first else looks, after(moment, step, values, width)]
    return blocks([top, acts, *rest], height)


def _error(state: SessionState, step: Step, place: int, values: Mapping[str, str], width: int) -> int:
    """How many rows it takes to say what went wrong first, with those before it; 0 where nothing did."""
    if state.step(step.id).status not in (StepStatus.FAILED, StepStatus.UNKNOWN):
        return 0
    stands = standing(state, step, place)
    first = [check for check in stands.checks if not check.ok and not check.warning][:1]
    stands = replace(stands, checks=tuple(first))
    return len(ticks(step.actions[place], stands, values, width, shortened=True)) + 1 + (place > 0)


def _actions(
    moment: Moment, step: Step, values: Mapping[str, str], width: int, height: int, whole: bool
) -> list[LaidRow]:
    """The actions with as much of those the step is not at as there is room for."""
    more = moment.keys.sign("to-step") or "tab"
    room = Room(width, 0 if whole or not height else max(FOLDED, height // 2), more)
    most = Detail.ALL if whole else MOST.get(moment.state.step(step.id).status, Detail.ALL)
    found: list[LaidRow] = []
    for detail in sorted((one for one in Detail if one <= most), reverse=True):
        found = action_rows(moment, step, values, room, detail)
        if not height or len(found) <= height:
            return found
    return found
