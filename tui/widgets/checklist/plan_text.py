"""Decides what the rows of a list of steps say, so that the widget only paints them; styles are classes' names."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from rich.cells import cell_len

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import Danger, Step
from tui.session.report_card.section_times import settled_times
from tui.session.report_card.tally import SectionTally, tally
from tui.session.state import SessionState, StepStatus, plan_now
from tui.session.tries import stands
from tui.session.views.doubts import doubtful
from tui.session.views.rollback import Need, planned
from tui.text.amounts import clock_words, took_clock
from tui.text.block import Piece
from tui.text.sanitise import sanitise
from tui.widgets.checklist.outline import Part
from tui.widgets.frames import LEGEND
from tui.widgets.glyphs import CLASSES, NEED_CLASSES, NEEDS, NO_RETURN, OVER, glyph
from tui.widgets.head.mode import cut
from tui.widgets.moment import Moment, current_step, spent
from tui.widgets.seen import Seen, seen

DOUBT = "look again"
"""The word for a signed step whose host was restarted since."""
CAUTION = "!"
"""Beside a step that is to do and changes production."""
MARK, FOLDED, OPEN = "❯", "▸", "▾"
DONE, LEFT = "▰", "▱"
METER_FROM = 36
"""From this width on, the section that the session is at shows how far it is, a cell for each step."""
METER = 10
"""The most cells of it; of a section with more steps as many are filled as its share of steps is settled."""
TIME = 5
"""The cells of a section's time, at least, so that the counts beside it are in one column."""
RULED_OUT = Seen(glyph(StepStatus.NOT_NEEDED), StepStatus.NOT_NEEDED.value, CLASSES[StepStatus.NOT_NEEDED])
UNDER_WAY = Seen(glyph(StepStatus.RUNNING), "under way", CLASSES[StepStatus.RUNNING])
End = tuple[Piece, ...]
"""What stands at the right of a row."""


class RowShape(Struct, frozen=True, kw_only=True):
    """Where a row is: its width, whether it is the one looked at, and whether its list is of a rollback or an issue."""

    width: int
    selected: bool = False
    rollback: bool = False
    issue: bool = False


def fitted(left: Sequence[Piece], titled: Iterable[tuple[str, End]], style: str, width: int) -> list[Piece]:
    """A row of `width` cells: of the titles, each with what stands at the end then, the first that fits.

    Where none fits, the title of the last is cut.
    """
    room = width - _length(left)
    title, beside, end = "", 0, tuple[Piece, ...]()
    for title, end in titled:
        beside = _length(end) + bool(end)
        if cell_len(title) + beside <= room:
            break
    return [*left, (cut(title, max(0, room - beside)) + " " * bool(end), style), *end]


def heading(moment: Moment, part: Part, is_open: bool, here: bool, place: RowShape) -> list[Piece]:
    """A section's heading: whether it is folded, how far it is, how long it took; `here` the session is at it.

    Its time is that of the summary, people's time included, so that a section has one.
    """
    if place.issue:
        return fitted([], [(part.title, ((part.end, "turn"),) if part.end else ())], part.style, place.width)
    state = moment.state
    found = tally(state).sections.get(part.id) or SectionTally(id=part.id)
    stands = section_seen(state, part, found)
    style = "done" if 0 < found.total == found.settled else "heading" if here else "soft"
    arrow = MARK if place.selected else OPEN if is_open else FOLDED
    left = [(arrow, stands.class_ if place.selected else "faint"), (f"{stands.sign} ", stands.class_)]
    took = settled_times(state).get(part.id, 0.0)
    time = took_clock(took) if took >= 1 else ""
    count: Piece = (f"{found.settled}/{found.total}", "good" if style == "done" else "" if here else "soft")
    ends: list[End] = [(count, (f" {time:>{TIME}}", "faint")), (count,)]
    if here and is_open and place.width >= METER_FROM:
        ends.insert(0, (*meter(state, part, found), (" ", ""), *ends[0]))
    titled = ((title, end) for end in ends for title in (part.title, part.short))  # the counts are in one column
    return fitted(left, titled, style, place.width)


def left_behind(state: SessionState, part: Part) -> bool:
    """Whether a section is of what the session turned back from: what is to do of it is not needed any more."""
    return state.rollback is not None and part.steps[0].id not in plan_now(state).places


def counts_in(state: SessionState, parts: Sequence[Part]) -> Mapping[StepStatus, int]:
    """How many steps of the plan stand so; what is left of a deployment that was rolled back is not to do."""
    found = tally(state)
    behind = [part.id for part in parts if part.steps and left_behind(state, part)]
    left = sum(found.sections[name].counts.get(StepStatus.PENDING, 0) for name in behind if name in found.sections)
    if not left:
        return found.counts
    pending, spared = found.counts[StepStatus.PENDING], found.counts.get(StepStatus.NOT_NEEDED, 0)
    return {**found.counts, StepStatus.PENDING: pending - left, StepStatus.NOT_NEEDED: spared + left}


def section_seen(state: SessionState, part: Part, found: SectionTally) -> Seen:
    """What a section is seen as: as the step in it that most needs somebody, else as what its steps have in common."""
    if part.id in _doubtful_sections(state):
        return Seen("?", DOUBT, "turn")
    there = [status for status in LEGEND if found.counts.get(status)]
    wanting: list[StepStatus] = [one for one in there if not one.settled and one is not StepStatus.PENDING]
    if not wanting and found.settled < found.total and part.steps and left_behind(state, part):
        return Seen(glyph(StepStatus.NOT_NEEDED), StepStatus.NOT_NEEDED.value, CLASSES[StepStatus.NOT_NEEDED])
    if not wanting and found.settled < found.total:
        if found.settled:
            return UNDER_WAY
        wanting.append(StepStatus.PENDING)
    status = [*wanting, *there, StepStatus.NOT_NEEDED][0]
    return Seen(glyph(status), status.value, CLASSES[status])


def meter(state: SessionState, part: Part, found: SectionTally) -> list[Piece]:
    """How far a section is, a cell for each of its steps, or for several."""
    if found.total > METER:
        full = METER * found.settled // found.total
        return [(DONE * full, "good"), (LEFT * (METER - full), "line")]
    ruled_out = index_of(state.runbook).ruled_out(state.facts)
    standing = [stands(state, state.step(step.id)) for step in part.steps if step.id not in ruled_out]
    return [(LEFT, "line") if one is StepStatus.PENDING else (DONE, CLASSES[one]) for one in standing]


def step_row(moment: Moment, step: Step, place: RowShape) -> list[Piece]:
    """A step: its state, its title, and at its end the word or the time that matters most about it."""
    state, as_seen = moment.state, seen(moment.state, step)
    need = _need(state, step) if place.rollback else None
    sign, class_ = as_seen.sign, as_seen.class_
    if need is not None:
        sign, class_ = NEEDS[need], NEED_CLASSES[need]
    elif not place.issue and step.id in _doubts(state):
        sign, class_ = "?", "turn"
    elif not place.issue and _ruled_out(state, step):
        sign, class_ = RULED_OUT.sign, RULED_OUT.class_
    current = not place.issue and step.id == current_step(state)
    style = {"unknown": "bad", "bad": "bad", "quiet": "quiet"}.get(class_, "")
    style = style or ("current" if current else "soft" if as_seen.class_ == "good" else "")
    left = [(f"{MARK if place.selected else ' '} ", class_), (f"{sign}", class_), (" ", "")]
    titles, ends = (sanitise(step.title), sanitise(step.short or step.title)), ends_of(moment, step, need, place)
    titled = ((title, end) for title in titles for end in ends)  # a title is worth more than a time
    return fitted(left, titled, style, place.width)


def says_the_same(before: SessionState, state: SessionState, step: str, place: RowShape) -> bool:
    """Whether the row of a step certainly says the same in a later state: nothing was done about it, nor is it next."""
    same = before.facts is state.facts and before.started is state.started and before.runbook is state.runbook
    if place.rollback or state.restarts or not same:
        return False
    standing = state.steps.get(step)
    if standing is not before.steps.get(step) or step in (current_step(before), current_step(state)):
        return False
    return standing is None or (standing.status is StepStatus.PENDING and not standing.attempts)


def ends_of(moment: Moment, step: Step, need: Need | None, place: RowShape) -> list[End]:
    """What may stand at the end of a step's row, the most first; the last of them stays where the title is cut."""
    state, status = moment.state, stands(moment.state, moment.state.step(step.id))
    if not place.issue and need is None and step.id in _doubts(state):
        return [((DOUBT, "turn"),)]
    if need is Need.NOT_NEEDED or (place.rollback and status is StepStatus.NOT_NEEDED):
        return _why_not(state, step)
    if need is not None and need is not Need.NEEDED:
        return [((need.value, NEED_CLASSES[need]),), ()]  # its sign and its card tell it
    if status is StepStatus.PENDING:
        return _ahead(moment, step, place)
    if status.settled or status is StepStatus.RUNNING:
        return _times(moment, step, status is StepStatus.RUNNING)
    return [((status.value, CLASSES[status]),), ()]


def _ahead(moment: Moment, step: Step, place: RowShape) -> list[End]:
    """Of a step that is to do: what is dangerous about it, and how long it may take."""
    if not place.issue and _ruled_out(moment.state, step):
        return [()]
    budget = spent(moment.state, step, moment.now).budget
    time = clock_words(budget) if budget and any(action.automatic for action in step.actions) else ""
    if place.rollback:
        return [((f"·{time}", "faint"),), ()] if time else [()]
    sign: End = ()
    if step.point_of_no_return:
        sign = ((NO_RETURN, "bad"),)
    elif step.danger is not Danger.NONE:
        sign = ((CAUTION, "bad" if step.danger is Danger.DESTRUCTIVE else "turn"),)
    if place.issue:
        return [sign]  # what it may take is on its card
    return [(*sign, (f" {time}" if sign else time, "faint")), sign] if time else [sign]


def _times(moment: Moment, step: Step, running: bool) -> list[End]:
    """What a step took, with a sign where that is longer than allowed; beside what it may take, while it runs."""
    time = spent(moment.state, step, moment.now)
    if not moment.state.step(step.id).attempts or (time.took < 1 and not running):
        return [()]
    over = OVER if time.over else ""
    took: Piece = (f"{over}{_took(time.took, running)}", "bad" if over else "live" if running else "faint")
    if not running:
        return [(took,), ()]
    return [(took, (f"/{clock_words(time.budget)}", "soft")), (took,), ()]


def _took(length: float, running: bool) -> str:
    return clock_words(length) if running else took_clock(length)


def _why_not(state: SessionState, step: Step) -> list[End]:
    """Why a step of the rollback is not needed; the step's card has it too, so that its title goes before."""
    found = planned(state, step.id)
    why = sanitise(state.step(step.id).reason or (found.why if found is not None else ""))
    return [((why, NEED_CLASSES[Need.NOT_NEEDED]),), ()] if why else [()]


def _need(state: SessionState, step: Step) -> Need | None:
    """What the rollback says of a step that nothing was done about."""
    found = planned(state, step.id) if state.step(step.id).status is StepStatus.PENDING else None
    return found.need if found is not None else None


def _ruled_out(state: SessionState, step: Step) -> bool:
    if state.step(step.id).status is not StepStatus.PENDING:
        return False
    return step.id in index_of(state.runbook).ruled_out(state.facts)


@once
def _doubts(state: SessionState) -> frozenset[str]:
    return frozenset(step.id for step in doubtful(state))


@once
def _doubtful_sections(state: SessionState) -> frozenset[str]:
    sections = index_of(state.runbook).section_of
    return frozenset(sections[step].id for step in _doubts(state) if step in sections)


def _length(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)
