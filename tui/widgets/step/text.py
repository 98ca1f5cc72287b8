"""Decides what the step card says: what to press, what runs where, what is expected, what came, and why it is done."""

from collections.abc import Mapping

from msgspec import Struct
from rich.cells import cell_len

from tui.execution.commands import values_of
from tui.runbook.model import Danger, Signoff, Step
from tui.runbook.templates.variables import worded
from tui.session.state import SessionState, StepStatus, plan_of, step_by_id
from tui.session.views.doubts import count_of, doubtful
from tui.session.views.rollback import look_wanted
from tui.text.block import Piece
from tui.widgets.frames import title_fits
from tui.widgets.moment import Moment, current_step, waiting_kind
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
KEY = "bold reverse"
APART = "   "
LABEL = "$soft"
DANGERS = {
    Danger.NONE: "",
    Danger.CAUTION: "asks first",
    Danger.DESTRUCTIVE: "DESTRUCTIVE: asks for the host's name",
}


class KeyHint(Struct, frozen=True):
    """An action by its name in the list of keys, and what it does now."""

    act: str
    does: str


def presses(state: SessionState, step: Step, issue: str = "", busy: bool = False) -> list[KeyHint]:
    """What the operator can press for a step as it stands, the most likely first.

    Args:
        issue: the known trouble that its failure looks like.
        busy: commands are being run, also where none is at this moment.
    """
    status = state.step(step.id).status
    aside = plan_of(state).place(step.id) < 0  # a step of the troubleshooting
    here = aside or step.id == current_step(state)
    roll = [] if state.rollback else [KeyHint("rollback", "roll back")]
    if state.finished:
        return []
    ended = not current_step(state)
    starts = here and status in (StepStatus.PENDING, StepStatus.RUNNING, StepStatus.FAILED) and not state.running()
    if ended or starts:
        doubts = doubtful(state, None if ended else step)
        if doubts:
            return [KeyHint("next", f"look again at {count_of(doubts)}: their host was restarted"), *roll]
    if status is StepStatus.PENDING:
        if not here:
            return [KeyHint("here", "back to the current step"), KeyHint("skip", "skip")]
        if look_wanted(state, step):
            return [KeyHint("next", "look whether it is needed (changes nothing)"), KeyHint("skip", "skip")]
        return [KeyHint("next", "start" + (f" ({DANGERS[step.danger]})" if DANGERS[step.danger] else ""))]
    if status is StepStatus.RUNNING:
        return [KeyHint("cancel", "cancel")] if state.running() or busy else [KeyHint("next", "continue")]
    if status is StepStatus.WAITING:
        does = {"ask": "answer", "send": "send the message", "open": "open the page"}[waiting_kind(state, step)]
        return [KeyHint("next", does), KeyHint("skip", "skip")]
    if status is StepStatus.PASSED:
        return [KeyHint("sign", "sign, two people" if step.signoff is Signoff.TWO_PERSON else "sign")]
    if status is StepStatus.FAILED:
        first = KeyHint("next", "answer again") if waiting_kind(state, step) else KeyHint("retry", "retry")
        known = (
            [KeyHint("troubleshoot", f"trouble: {issue}" if issue else "troubleshoot")]
            if state.runbook.troubleshooting
            else []
        )
        known = [] if aside else known
        return [first, *known, KeyHint("skip", "skip with a reason"), *roll]
    if status is StepStatus.UNKNOWN:
        return [KeyHint("next", "check on the host, then record what happened"), *roll]
    if aside:
        return [KeyHint("next", "do it again"), KeyHint("back", "back to the steps")]
    if not current_step(state):
        return [KeyHint("next", "show the summary"), KeyHint("reopen", "do it again")]
    return [KeyHint("here", "back to the current step"), KeyHint("reopen", "do it again")] if not here else []


def card(moment: Moment, step_id: str, width: int = 80, height: int = 0, whole: bool = False) -> list[LaidRow]:
    """The rows of the card, the most important first.

    Args:
        height: the rows there are, 0 where all have room: blank ones and what the other actions do are given up.
        whole: no command is folded.
    """
    state = moment.state
    step = step_by_id(state.runbook, step_id)
    values = values_of(state.runbook, state.facts, moment.now)
    title = [] if title_fits(state, step, width + FRAME) else rows([(step.title, "bold")], width)
    found = presses(state, step, moment.issue, moment.busy)
    keys = [LaidRow(tuple(line)) for line in ([_then(found)] if moment.replayed else _keys(found, moment, width))]
    pace = [row for line in pace_lines(moment, step, width - 1) for row in rows([(" ", ""), *line], width, 1)]
    place = place_of(state, step)
    marks = care(state, step, place, width)
    top = [*title, *keys, *pace, *marks, *outcome(moment, step, width)]
    below: list[LaidRow] = []
    if height and len(top) + _error(state, step, place, values, width) > height:
        top, below = [row for row in top if row not in marks], marks  # the error is seen without scrolling
    looks = look_rows(state, step.look, values, width) if step.look is not None else []
    first = look_wanted(state, step)
    acts = [*(looks if first else []), *_actions(moment, step, values, width, max(0, height - len(top)), whole)]
    acts += [*drift(state, step, width), *below]
    rest = [prose(worded(step.text, values), width), [] if first else looks, after(moment, step, values, width)]
    return blocks([top, acts, *rest], height)


def _error(state: SessionState, step: Step, place: int, values: Mapping[str, str], width: int) -> int:
    """How many rows it takes to say what went wrong, with those of the actions before it; 0 where nothing did."""
    if state.step(step.id).status not in (StepStatus.FAILED, StepStatus.UNKNOWN):
        return 0
    return len(ticks(step.actions[place], standing(state, step, place), values, width, shortened=True)) + 2


def _actions(
    moment: Moment, step: Step, values: Mapping[str, str], width: int, height: int, whole: bool
) -> list[LaidRow]:
    """The actions with as much of those the step is not at as there is room for."""
    more = moment.keys.of("step") or "tab"
    room = Room(width, 0 if whole or not height else max(FOLDED, height // 2), more)
    most = Detail.ALL if whole else MOST.get(moment.state.step(step.id).status, Detail.ALL)
    found: list[LaidRow] = []
    for detail in sorted((one for one in Detail if one <= most), reverse=True):
        found = action_rows(moment, step, values, room, detail)
        if not height or len(found) <= height:
            return found
    return found


def _keys(found: list[KeyHint], moment: Moment, width: int) -> list[list[Piece]]:
    """The keys of the screen that shows the card; what that screen has no key for is not offered."""
    if moment.read_only:
        return [[("read-only: nothing can be done here", LABEL)]]
    lines: list[list[Piece]] = []
    used = 0
    for press in found:
        key = moment.keys.of(press.act)
        if not key:
            continue
        pieces: list[Piece] = [(f" {key} ", KEY), (f" {press.does}", "" if lines else "bold")]
        needs = sum(cell_len(text) for text, _ in pieces)
        if lines and used + len(APART) + needs <= width:
            lines[-1] += [(APART, ""), *pieces]
            used += len(APART) + needs
        else:
            lines.append(pieces)
            used = needs
    return lines or [[("nothing to do here", LABEL)]]


def _then(found: list[KeyHint]) -> list[Piece]:
    """What could be done at a moment that is replayed, and cannot now."""
    return [("available then: ", LABEL), (" · ".join(press.does for press in found) or "nothing", "")]
