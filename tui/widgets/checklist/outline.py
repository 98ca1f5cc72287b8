"""Decides what a list of steps is made of: its sections, the steps of each, and how one moves from step to step."""

from bisect import bisect_right
from collections.abc import Callable, Sequence

from msgspec import Struct

from tui.once import once
from tui.runbook.index import Plan, index_of
from tui.runbook.model import Section, Step
from tui.session.state import SessionState, plan_now, plan_of
from tui.session.views.rollback import rollback_flow
from tui.text.sanitise import sanitise

BACK = "↺ "
"""Before the heading of a section of the rollback, where the whole session is shown."""


class Part(Struct, frozen=True, kw_only=True):
    """A section of the list: its heading, and its steps, the first of which is the `first` of all.

    `style` and `end`, what stands at the right of the heading, are those of a known trouble's rows.
    """

    id: str
    title: str
    short: str
    steps: tuple[Step, ...]
    first: int
    style: str = "heading"
    end: str = ""


class Outline:
    """The sections of a list, with or without headings; where these fold, the list has a line for each at least."""

    def __init__(self, parts: Sequence[Part] = (), folds: bool = True, headings: bool = True) -> None:
        self.parts = tuple(parts)
        self.folds = folds and headings
        self.headings = headings
        self.steps = tuple(step.id for part in self.parts for step in part.steps)
        self._firsts = [part.first for part in self.parts]
        self._orders = {step: order for order, step in enumerate(self.steps)}
        self._places = {part.id: place for place, part in enumerate(self.parts)}

    def __contains__(self, step: str) -> bool:
        return step in self._orders

    def order(self, step: str) -> int:
        """Which of the steps this is; 0 where the list has none of this id."""
        return self._orders.get(step, 0)

    def part_of(self, step: str) -> int:
        """The place of the section that a step is in; -1 where the list has no such step."""
        order = self._orders.get(step, -1)
        return bisect_right(self._firsts, order) - 1 if order >= 0 else -1

    def part_named(self, section: str) -> int:
        """The place of a section; -1 where the list has none of this id."""
        return self._places.get(section, -1)

    def neighbour(self, step: str, by: int, folded: Callable[[int], bool]) -> str:
        """The step `by` steps further down (or up), the first or the last where there are fewer.

        A section that the operator has folded is one line, at which one stops once; its first step stands for it.
        """
        if not self.steps:
            return ""
        here = self.part_of(step)
        order = self.order(step) + by
        if folded(here):
            part = self.parts[here]
            order = part.first + len(part.steps) if by > 0 else part.first - 1
        if not 0 <= order < len(self.steps):
            return step if folded(here) else self.steps[min(max(order, 0), len(self.steps) - 1)]
        there = bisect_right(self._firsts, order) - 1
        return self.steps[self.parts[there].first if there != here and folded(there) else order]


@once
def _sections(plan: Plan, back: frozenset[str], headings: bool) -> Outline:
    found: list[tuple[Section, list[Step]]] = []
    for section, step in plan.steps:
        if not found or found[-1][0].id != section.id:
            found.append((section, []))
        found[-1][1].append(step)
    parts: list[Part] = []
    first = 0
    for section, steps in found:
        mark = BACK if steps[0].id in back else ""
        title, short = sanitise(section.title), sanitise(section.short)
        parts.append(
            Part(id=section.id, title=mark + title, short=mark + (short or title), steps=tuple(steps), first=first)
        )
        first += len(steps)
    return Outline(parts, headings=headings)


def outline(state: SessionState, rollback: bool = False) -> Outline:
    """The session's plan, a heading for each section; of a `rollback` its steps alone, which have none."""
    if rollback:
        flow = rollback_flow(state)
        plan = index_of(state.runbook).plan((flow,) if flow else (), state.fixed_facts())
        return _sections(plan, frozenset(), False)
    back = frozenset(plan_now(state).places) if state.rollback is not None else frozenset()
    return _sections(plan_of(state), back, True)
