"""Divides the time of a session among its sections, people's time included, so that the parts add up to the whole."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto

from msgspec import Struct

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import Section
from tui.session.state import SessionState

ASIDE = "troubleshooting"
"""Where steps stand that are in no section."""


class Phase(Enum):
    """Before a rollback was decided, during it, and after it: of a session without one all is before it."""

    BEFORE = auto()
    ROLLBACK = auto()
    AFTER = auto()


class SectionTime(Struct, frozen=True):
    """How many seconds a session spent in a section; `short` is its title where there is little room."""

    section: str
    title: str
    short: str
    seconds: float
    phase: Phase = Phase.BEFORE


@once
def section_times(state: SessionState, end: datetime | None) -> tuple[SectionTime, ...]:
    """The time of each section in which a step was begun, in the order in which they were come to.

    The time up to the moment at which a step was settled is that of its section, from the moment before it; what is
    left at the end, or when a rollback began or ended, is that of the step that was open then.
    """
    spent: dict[tuple[Phase, str], timedelta] = {}
    before = state.started_at
    if before is None or end is None:
        return ()
    for at, section in _marks(state, end):
        place = _phase(state, at), section
        spent[place] = spent.get(place, timedelta()) + max(at - before, timedelta())
        before = max(at, before)
    index = index_of(state.runbook)
    begun = {_section(state, step.id) for step in state.steps.values() if step.opened is not None}
    aside = Section(id=ASIDE, title="Troubleshooting", steps=())
    known = {one: index.sections.get(one, aside) for _, one in spent}
    return tuple(
        SectionTime(section, known[section].title, known[section].short, round(length.total_seconds(), 3), phase)
        for (phase, section), length in spent.items()
        if section in begun or length >= timedelta(seconds=1)
    )


@once
def settled_times(state: SessionState) -> Mapping[str, float]:
    """How many seconds of a session its sections, by their ids, took until a step was settled last."""
    end = max((step.settled for step in state.steps.values() if step.settled is not None), default=None)
    found: dict[str, float] = {}
    for one in section_times(state, end):
        found[one.section] = found.get(one.section, 0.0) + one.seconds
    return found


def _marks(state: SessionState, end: datetime) -> list[tuple[datetime, str]]:
    """The moments at which the time of a section ends, in order."""
    found = [(step.settled, _section(state, step.id)) for step in state.steps.values() if step.settled is not None]
    marks = [(at, section) for at, section in found if at is not None and at <= end]
    for at in (state.rollback_at, state.rollback_finished_at, end):
        if at is not None and at <= end and (section := _open_at(state, at)):
            marks.append((at, section))
    return sorted(marks, key=lambda one: one[0])


def _phase(state: SessionState, at: datetime) -> Phase:
    """What the time up to a moment belongs to."""
    if state.rollback_at is None or at <= state.rollback_at:
        return Phase.BEFORE
    done = state.rollback_finished_at
    return Phase.ROLLBACK if done is None or at <= done else Phase.AFTER


def _open_at(state: SessionState, at: datetime) -> str:
    """The section of the step that was open at a moment; where none was, of the one settled last; else of the next.

    Once a rollback has begun the deployment's step that it began at is open no longer.
    """
    begun = state.rollback_at
    since = begun if begun is not None and at > begun else None
    steps = [step for step in state.steps.values() if step.opened is not None and step.opened <= at]
    current = [step for step in steps if (step.settled is None or step.settled > at) and _later(step.opened, since)]
    settled = [
        step for step in state.steps.values() if step.settled and step.settled <= at and _later(step.settled, since)
    ]
    if current:
        return _section(state, max(current, key=lambda one: one.opened or at).id)
    if settled:
        return _section(state, max(settled, key=lambda one: one.settled or at).id)
    following = state.next_step()
    return _section(state, following.id) if following else ""


def _later(at: datetime | None, since: datetime | None) -> bool:
    return since is None or (at is not None and at >= since)


def _section(state: SessionState, step: str) -> str:
    section = index_of(state.runbook).section_of.get(step)
    return section.id if section else ASIDE
