"""Decides what the checklist's lines say, so that the widget only paints them."""

from msgspec import Struct
from rich.cells import cell_len, set_cell_size

from tui.runbook.facts import may_hold, steps_of
from tui.runbook.model import Issue, Step
from tui.session.doubts import doubtful
from tui.session.rollback import Need, rollback_plan
from tui.session.state import SessionState, StepStatus
from tui.text.sanitise import sanitise
from tui.widgets.glyphs import CLASSES, NEED_CLASSES, NEEDS, NO_RETURN, OVER, glyph
from tui.widgets.progress import Moment, clock_words, current_step, spent

WORD_FROM = 38
"""From this width on, a line has the status's word as well as its glyph."""
WORD = 11
DOUBT = "look again"
"""The word for a signed step whose host was restarted since."""


class Row(Struct, frozen=True):
    """A line of the checklist: a heading where `step` is empty."""

    title: str
    step: str = ""
    status: StepStatus = StepStatus.PENDING
    current: bool = False
    need: Need | None = None
    doubt: bool = False


def rows(state: SessionState, rollback: bool = False) -> list[Row]:
    """The session's plan as lines, each section's title, then its steps; of a `rollback` that alone, with its needs."""
    if rollback:
        return _rollback_rows(state)
    here = current_step(state)
    doubts = {step.id for step in doubtful(state)}
    back = _rollback_steps(state)
    found: list[Row] = []
    section_before = ""
    for section, step in state.plan():
        if section.id != section_before:
            mark = "ROLLBACK · " if step.id in back else ""
            found.append(Row(mark + sanitise(section.title)))
            section_before = section.id
        mark = f"{NO_RETURN} " if step.point_of_no_return else ""
        found.append(
            Row(
                mark + sanitise(step.title),
                step.id,
                state.step(step.id).status,
                step.id == here,
                doubt=step.id in doubts,
            )
        )
    return found


def issue_rows(state: SessionState, issue: Issue) -> list[Row]:
    """A known trouble as lines: how to tell it, then what mends each of its causes; what is forbidden says so.

    Steps that the session's facts rule out are left out; a cause that none is left for says so.
    """
    found = [Row("Diagnosis")] if issue.diagnosis else []
    found += [_own_row(state, step) for step in issue.diagnosis if may_hold(step.when, state.facts)]
    for solution in issue.solutions:
        mark = "✖ DO NOT: " if solution.forbidden else "Solution: "
        steps = [step for step in solution.steps if may_hold(step.when, state.facts)]
        none = " (nothing to run here)" if solution.steps and not steps else ""
        found.append(Row(mark + sanitise(solution.title) + none))
        found += [] if solution.forbidden else [_own_row(state, step) for step in steps]
    return found


def _own_row(state: SessionState, step: Step) -> Row:
    return Row(sanitise(step.title), step.id, state.step(step.id).status)


def _rollback_rows(state: SessionState) -> list[Row]:
    here = current_step(state)
    doubts = {step.id for step in doubtful(state)}
    found: list[Row] = []
    section_before = ""
    for planned in rollback_plan(state):
        if planned.section.id != section_before:
            found.append(Row(sanitise(planned.section.title)))
            section_before = planned.section.id
        step, status = planned.step, state.step(planned.step.id).status
        need = planned.need if status is StepStatus.PENDING else None
        found.append(Row(sanitise(step.title), step.id, status, step.id == here, need, step.id in doubts))
    return found


def row_of(lines: list[Row], step: str) -> int:
    """The line of a step; 0 where it is not in the plan."""
    return next((place for place, row in enumerate(lines) if row.step == step), 0)


def neighbour(lines: list[Row], step: str, by: int) -> str:
    """The step `by` steps further down (or up); the first or the last where there are not so many."""
    ids = [row.step for row in lines if row.step]
    if not ids:
        return ""
    place = ids.index(step) if step in ids else 0
    return ids[min(max(place + by, 0), len(ids) - 1)]


def time_of(moment: Moment, step: Step) -> str:
    """The end of a step's line: what it took, beside its budget while it runs, and a sign where that was too long."""
    time = spent(moment.state, step, moment.now)
    status = moment.state.step(step.id).status
    if status is StepStatus.PENDING and moment.state.rollback is not None:
        return f"·{clock_words(time.budget)}"
    if status is StepStatus.PENDING or not moment.state.step(step.id).attempts:
        return ""
    words = clock_words(time.took)
    if status is StepStatus.RUNNING:
        words += f"/{clock_words(time.budget)}"
    return f"{OVER}{words}" if time.over else words


def painted(row: Row, time: str, width: int, selected: bool) -> list[tuple[str, str]]:
    """A line in pieces of exactly `width` cells together, each with the class of its style."""
    if not row.step:
        return [(_fit(f" {row.title}", width), "heading")]
    class_ = CLASSES.get(row.status, "") if row.need is None else NEED_CLASSES[row.need]
    class_ = "turn" if row.doubt else class_
    mark = "›" if selected else " "
    said = DOUBT if row.doubt else row.need.value if row.need else row.status.value
    word = f" {said:<{WORD - 1}}" if width >= WORD_FROM else ""
    sign = "?" if row.doubt else NEEDS[row.need] if row.need else glyph(row.status)
    right = f" {time} " if time else " "
    title_class = class_ if row.current or class_ in ("bad", "quiet") else ""
    left = width - 4 - len(word) - cell_len(right)
    pieces = [
        (f"{mark}{sign}", class_),
        (word, class_),
        (" " + _fit(row.title, left + 1), "current" if row.current and not title_class else title_class),
        (right, "bad" if OVER in time else "time"),
    ]
    return [(text, class_) for text, class_ in pieces if text]


def _fit(text: str, width: int) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + "…"
    return set_cell_size(text, max(0, width))


def _rollback_steps(state: SessionState) -> set[str]:
    if state.rollback is None:
        return set()
    return {step.id for _, step in steps_of(state.runbook, state.rollback.flow, state.fixed_facts())}
