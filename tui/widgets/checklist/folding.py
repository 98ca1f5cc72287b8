"""Decides which sections of a list are open, and in which row each step is, without going through the steps."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Set
from itertools import accumulate

from msgspec import Struct

from tui.runbook.model import Step
from tui.widgets.checklist.outline import Outline, Part


class ListRow(Struct, frozen=True):
    """What a row is about: a step, or a section where there is no step; `place` is the section's."""

    place: int
    part: Part
    step: Step | None = None


def opened(outline: Outline, here: int, looked: int, by_hand: Mapping[str, bool], height: int) -> frozenset[int]:
    """The sections that are open, by place: the one the session is at, the one looked at, and what fits beside them.

    What follows is opened before what is done, and nothing beyond a section that does not fit. What the operator
    folded or opened stays so.

    Args:
        here: the section the session is at; below 0 where it has come to its end.
        looked: the section of the step looked at.
        by_hand: the sections that the operator opened (true) or folded.
    """
    count = len(outline.parts)
    if not outline.folds:
        return frozenset(range(count))
    forced = {outline.part_named(name): is_open for name, is_open in by_hand.items()}
    wanted = {here, looked, *(place for place, is_open in forced.items() if is_open)}
    found = {place for place in wanted if place >= 0 and forced.get(place, True)}
    free = height - count - sum(len(outline.parts[place].steps) for place in found)
    middle = here if here >= 0 else looked
    sides: list[Iterator[int]] = [iter(range(middle + 1, count)), iter(range(middle - 1, -1, -1))]
    while sides and middle >= 0:
        side = sides.pop(0)
        place = next((one for one in side if one not in found and forced.get(one, True)), -1)
        if place < 0 or len(outline.parts[place].steps) > free:
            continue
        found.add(place)
        free -= len(outline.parts[place].steps)
        sides.append(side)
    return frozenset(found)


class FoldedList:
    """The rows of a list whose sections in `open_parts` are open."""

    def __init__(self, outline: Outline, open_parts: Set[int]) -> None:
        self.outline = outline
        self.open_parts = open_parts
        self._head = 1 if outline.headings else 0
        lengths = (
            self._head + (len(part.steps) if place in open_parts else 0) for place, part in enumerate(outline.parts)
        )
        self._starts = [0, *accumulate(lengths)]

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._starts[-1]

    def at(self, row: int) -> ListRow:
        """What a row is about.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < self.total:
            raise IndexError(row)
        place = bisect_right(self._starts, row) - 1
        part, within = self.outline.parts[place], row - self._starts[place] - self._head
        return ListRow(place, part, part.steps[within] if within >= 0 else None)

    def row_of(self, step: str) -> int:
        """The row of a step, or of its section's heading where that is folded; 0 where the list has no such step."""
        place = self.outline.part_of(step)
        if place < 0:
            return 0
        within = self.outline.order(step) - self.outline.parts[place].first
        return self._starts[place] + (self._head + within if place in self.open_parts else 0)
