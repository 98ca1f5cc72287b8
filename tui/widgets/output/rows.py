"""Lays the lines of output out in rows, and says which of their characters stand in which and how they look."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from textual.selection import Selection

from tui.text.block import rows_of, within
from tui.text.drawn import Drawn
from tui.text.looks import PLAIN, Look

HUNG = 2
"""Cells before the continued rows of a wrapped line, for their mark."""
NARROW = 12
"""In a pane of fewer cells nothing hangs."""


class Line(NamedTuple):
    """A line on the screen: its number, what it shows, whether it began on standard error, and when it came."""

    number: int
    shown: Drawn
    error: bool = False
    stamp: str = ""


class Row(NamedTuple):
    """A row on the screen: the characters of its line that it has; `blank` cells before them are half a character's."""

    line: Line
    start: int
    end: int
    blank: int = 0
    hung: bool = False


class OutOfSight(NamedTuple):
    """What is out of sight: how many lines at the end, and whether any on the screen is cut off at a side."""

    below: int = 0
    cut: bool = False


def sight(rows: Sequence[Row], total: int, wrapped: bool) -> OutOfSight:
    """What of `total` lines is out of sight while these rows are on the screen."""
    if not rows:
        return OutOfSight()
    last = rows[-1]
    unread = wrapped and last.end < len(last.line.shown.text)
    lost = not wrapped and any(row.start > 0 or row.end < len(row.line.shown.text) for row in rows)
    return OutOfSight(max(0, total - last.line.number - (0 if unread else 1)), lost)


def wrapped(lines: Iterable[Line], width: int) -> list[Row]:
    """Every character of the lines, in as many rows as that takes; those after the first hang."""
    hung = HUNG if width >= NARROW else 0
    return [
        Row(line, start, end, hung=hung > 0 and place > 0)
        for line in lines
        for place, (start, end) in enumerate(rows_of(line.shown.text, width, hung))
    ]


def cut(lines: Iterable[Line], left: int, width: int) -> list[Row]:
    """Each line in one row, from cell `left` on."""
    rows = []
    for line in lines:
        blank, start, end = within(line.shown.text, left, left + width)
        rows.append(Row(line, start, end, blank))
    return rows


Styled = tuple[int, int, Look, str]
"""From one character to another: how the host has it look, and what the pane says of it ("" where nothing)."""


def parts(row: Row, marked: Callable[[Line], list[tuple[int, int, str]]]) -> Iterator[Styled]:
    """The parts of a row in which all looks the same; of those that are `marked` more than once, as the last says."""
    line, start, end = row.line, row.start, row.end
    spans = [one for one in marked(line) if one[0] < end and one[1] > start]
    if not spans and not line.shown.runs:
        yield start, end, PLAIN, ""
        return
    edges = {start, end}
    edges.update(place for run in line.shown.runs for place in run[:2] if start < place < end)
    edges.update(place for span in spans for place in span[:2] if start < place < end)
    places = sorted(edges)
    runs = iter(line.shown.runs)
    run = next(runs, None)
    for at, until in zip(places, places[1:], strict=False):
        while run is not None and run[1] <= at:
            run = next(runs, None)
        look = run[2] if run is not None and run[0] <= at else PLAIN
        what = next((span[2] for span in reversed(spans) if span[0] <= at < span[1]), "")
        yield at, until, look, what


def matches(pattern: re.Pattern[str] | None, line: Line, here: int) -> list[tuple[int, int, str]]:
    """Where the matches of a search are in a line."""
    if pattern is None:
        return []
    what = "here" if line.number == here else "match"
    return [(*found.span(), what) for found in pattern.finditer(line.shown.text)]


def chosen(selection: Selection | None, line: Line) -> list[tuple[int, int, str]]:
    """Where a line is selected."""
    span = selection.get_span(line.number) if selection is not None else None
    if span is None:
        return []
    return [(span[0], len(line.shown.text) if span[1] == -1 else span[1], "chosen")]
