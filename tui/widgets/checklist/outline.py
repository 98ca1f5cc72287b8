"""Decides what the checklist's lines say, so that the widget only paints them."""

from collections.abc import Iterable

from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from tui.once import once
from tui.runbook.facts import may_hold
from tui.runbook.index import Plan, index_of
from tui.runbook.model import Issue, Step
from tui.session.state import SessionState, StepStatus, plan_now, plan_of
from tui.session.views.doubts import doubtful
from tui.session.views.rollback import Need, planned, rollback_flow
from tui.text.amounts import clock_words
from tui.text.sanitise import sanitise
from tui.widgets.glyphs import CLASSES, NEED_CLASSES, NEEDS, NO_RETURN, OVER, glyph
from tui.widgets.moment import Moment, current_step, spent
from tui.widgets.seen import Seen, seen

WORD_FROM = 38
"""From this width on, a line has the word for what the counts below the list do not say."""
DOUBT = "look again"
"""The word for a signed step whose host was restarted since."""
TO_DO = Seen(glyph(StepStatus.PENDING), StepStatus.PENDING.value, CLASSES[StepStatus.PENDING])


class ChecklistRow(Struct, frozen=True):
    """A line of the checklist: a heading where `step` is empty."""

    title: str
    step: str = ""
    seen: Seen = TO_DO
    current: bool = False
    need: Need | None = None
    doubt: bool = False


class ChecklistLine(Struct, frozen=True):
    """What a line of the checklist is about: a heading where there is no step."""

    title: str
    step: Step | None = None


class Outline:
    """The lines of a checklist, of which a row is worked out when it is painted; moving looks nothing through."""

    def __init__(self, lines: Iterable[ChecklistLine]) -> None:
        self.lines = tuple(lines)
        self.steps = tuple(line.step.id for line in self.lines if line.step)
        self._orders = {step: order for order, step in enumerate(self.steps)}
        self._places = {line.step.id: place for place, line in enumerate(self.lines) if line.step}

    def __contains__(self, step: str) -> bool:
        return step in self._places

    def place(self, step: str) -> int:
        """The line of a step; 0 where there is none of this id."""
        return self._places.get(step, 0)

    def neighbour(self, step: str, by: int) -> str:
        """The step `by` steps further down (or up); the first or the last where there are not so many."""
        if not self.steps:
            return ""
        return self.steps[min(max(self._orders.get(step, 0) + by, 0), len(self.steps) - 1)]


@once
def _sections(plan: Plan, back: frozenset[str]) -> Outline:
    found: list[ChecklistLine] = []
    section_before = ""
    for section, step in plan.steps:
        if section.id != section_before:
            found.append(ChecklistLine(("ROLLBACK · " if step.id in back else "") + sanitise(section.title)))
            section_before = section.id
        found.append(ChecklistLine(step.title, step))
    return Outline(found)


def outline(state: SessionState, rollback: bool = False) -> Outline:
    """The session's plan as lines, each section's title, then its steps; of a `rollback` that alone."""
    if rollback:
        flow = rollback_flow(state)
        return _sections(index_of(state.runbook).plan((flow,) if flow else (), state.fixed_facts()), frozenset())
    back = frozenset(plan_now(state).places) if state.rollback is not None else frozenset()
    return _sections(plan_of(state), back)


def issue_outline(state: SessionState, issue: Issue) -> Outline:
    """A known trouble as lines: how to tell it, then what fixes each of its causes; what is forbidden says so.

    Steps that the session's facts rule out are left out; a cause that none is left for says so.
    """
    found = [ChecklistLine("Diagnosis")] if issue.diagnosis else []
    found += [ChecklistLine(step.title, step) for step in issue.diagnosis if may_hold(step.when, state.facts)]
    for solution in issue.solutions:
        mark = "✖ DO NOT: " if solution.forbidden else "Solution: "
        steps = [step for step in solution.steps if may_hold(step.when, state.facts)]
        none = " (nothing to run here)" if solution.steps and not steps else ""
        found.append(ChecklistLine(mark + sanitise(solution.title) + none))
        found += [] if solution.forbidden else [ChecklistLine(step.title, step) for step in steps]
    return Outline(found)


def row(state: SessionState, line: ChecklistLine, rollback: bool = False, issue: bool = False) -> ChecklistRow:
    """A line as it stands; of a `rollback` with its need, of an `issue` without what the session's plan says."""
    step = line.step
    if step is None:
        return ChecklistRow(line.title)
    now, title = seen(state, step), sanitise(step.title)
    if issue:
        return ChecklistRow(title, step.id, now)
    need = None
    if rollback and state.step(step.id).status is StepStatus.PENDING and (found := planned(state, step.id)) is not None:
        need = found.need
    mark = f"{NO_RETURN} " if step.point_of_no_return and not rollback else ""
    here, doubt = step.id == current_step(state), step.id in _doubts(state)
    return ChecklistRow(mark + title, step.id, now, here, need, doubt)


@once
def _doubts(state: SessionState) -> frozenset[str]:
    return frozenset(step.id for step in doubtful(state))


def time_of(moment: Moment, step: Step) -> str:
    """The end of a step's line: what it took, beside its budget while it runs, and a sign where that was too long."""
    time = spent(moment.state, step, moment.now)
    status = moment.state.step(step.id).status
    if status is StepStatus.PENDING and moment.state.rollback is not None:
        return f"·{clock_words(time.budget)}"
    if status is StepStatus.PENDING or not moment.state.step(step.id).attempts:
        return ""
    if time.took < 1 and status is not StepStatus.RUNNING:
        return ""
    words = clock_words(time.took)
    if status is StepStatus.RUNNING:
        words += f"/{clock_words(time.budget)}"
    return f"{OVER}{words}" if time.over else words


def painted(row: ChecklistRow, time: str, width: int, selected: bool) -> list[tuple[str, str]]:
    """A line in pieces of exactly `width` cells together, each with the class of its style."""
    if not row.step:
        return [(_fit(f" {row.title}", width), "heading")]
    class_ = row.seen.class_ if row.need is None else NEED_CLASSES[row.need]
    class_ = "turn" if row.doubt else class_
    mark = "❯" if selected else " "
    said = DOUBT if row.doubt else row.need.value if row.need and row.need is not Need.NEEDED else ""
    word = f" {said}" if width >= WORD_FROM else ""
    sign = "?" if row.doubt else NEEDS[row.need] if row.need else row.seen.sign
    right = f" {time} " if time else " "
    title_class = class_ if row.current or class_ in ("bad", "quiet") else ""
    title_class = {"unknown": "bad", "todo": ""}.get(title_class, title_class)
    left = width - 4 - cell_len(word) - cell_len(right)
    pieces = [
        (f"{mark}{sign}", class_),
        (" " + _fit(row.title, left + 1), "current" if row.current and not title_class else title_class),
        (word, class_),
        (right, "bad" if OVER in time else "time"),
    ]
    return [(text, class_) for text, class_ in pieces if text]


def _fit(text: str, width: int) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + "…"
    return set_cell_size(text, max(0, width))
