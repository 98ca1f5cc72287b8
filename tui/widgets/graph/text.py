"""Draws what was measured over a time as rows of blocks, with its axis, its limits, and gaps where nothing is known."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from msgspec import Struct
from rich.cells import cell_len

from tui.session.samples import GAP as LATE
from tui.session.samples import Limit
from tui.text.block import Piece
from tui.widgets.graph.scale import Axis, axis, mark
from tui.widgets.looks.bars import joined

BLOCKS = " ▁▂▃▄▅▆▇█"
CHOSEN = "┊"
"""The line of a time that was chosen."""
GAP = "·"
"""Stands where nothing could be measured: a gap is never drawn as a small figure."""
NOT_YET = "╌"
"""In a line of blocks, before the first figure."""
LIMIT, BOUND = "╌", "▲"
"""The line of a limit, and the sign of a trigger's."""
TICK, LINE, BESIDE = "┤", "│", "│ "
LABELS, LONGEST = 5, 9
"""The fewest and the most cells of the words beside an axis."""
LEAST = 8
"""With fewer cells left for it a graph has no words beside its axis."""
MOVES = 20
"""How many times it takes a graph to move by its width."""
MOST = 2000
"""The last figures that are looked at, at most."""

GOOD, OVER, BEYOND = "$st-good", "$st-turn", "$st-bad"
PALE, DEEP = 62, 100
"""How strong the colour of the lowest and of the highest row is, in per cent."""


class Shading(StrEnum):
    """What the terminal can show: shades, a few colours, none."""

    FULL = "full"
    FLAT = "flat"
    MONO = "mono"


class Graphed(Struct, frozen=True, kw_only=True):
    """What a graph shows: figures at times (seconds), oldest first, and what they must not pass.

    One comes `every` seconds. It stands until the next, but where that is late by intervals there is a gap; so
    there is after one without a value, which could not be measured.
    """

    values: tuple[tuple[float, float | None], ...] = ()
    limits: tuple[Limit, ...] = ()
    unit: str = ""
    every: float = 30.0


class GraphArea(Struct, frozen=True):
    """The cells that a graph has, and the time that it shows in them: the last `span` seconds before `now`."""

    width: int
    height: int
    now: float
    span: float


class BarChart(Struct, frozen=True):
    """How bars are drawn: on which axis, with which limits, in how many rows, and what the terminal can show."""

    scale: Axis
    limits: Sequence[Limit]
    height: int
    look: Shading = Shading.FULL


def graph(of: Graphed, area: GraphArea, look: Shading = Shading.FULL, at: float | None = None) -> list[list[Piece]]:
    """The rows of a graph, words beside the axis at the left.

    Args:
        at: a time that was chosen; its column is marked.
    """
    if area.width < 1 or area.height < 1:
        return []
    scale, tags, label = _placed(of, area)
    room, now, span = area.width - label, area.now, area.span
    chosen = column(at, room, now, span) if at is not None else None
    overdue = column(now - of.every, room, now, span)
    rows = bars(columns(of, room, now, span), BarChart(scale, of.limits, area.height, look), chosen, overdue)
    if not label:
        return rows
    beside = []
    for row in range(area.height):
        text, style = tags.get(row, ("", ""))
        edge = TICK if text else LINE
        beside.append([(_fit(text, label - len(BESIDE)), style), (edge + BESIDE[1:], "$line")])
    return [[*one, *row] for one, row in zip(beside, rows, strict=True)]


def drawn_by(of: Graphed, area: GraphArea, at: float | None = None) -> object:
    """What a graph follows from, time by its steps: where that is the same, so is the graph."""
    scale, tags, label = _placed(of, area)
    now, room = area.now, max(1, area.width - label)
    each, together = area.span / room, max(1, room // MOVES)
    steps = int(now // each) // together, int((now - of.every) // each)
    return of, area.width, area.height, area.span, at, scale, tags, label, *steps


def _placed(of: Graphed, area: GraphArea) -> tuple[Axis, dict[int, Piece], int]:
    """The axis, the words beside it by their rows, and how many cells these take with it; none where it is narrow."""
    known = _known(of, area.now - area.span)
    scale = axis(known, of.limits, of.unit)
    tags = _tags(of, scale, area.height) if known or of.limits else {}  # nothing says what the ends would be
    label = min(LONGEST, max([LABELS, *(cell_len(text) for text, _ in tags.values())])) + len(BESIDE)
    return (scale, tags, label) if area.width - label >= LEAST else (scale, {}, 0)


def time_at(of: Graphed, area: GraphArea, x: int) -> float | None:
    """The time of a cell of a graph; None beside it."""
    width, now, span = area.width, area.now, area.span
    label = _placed(of, area)[2] if width > 0 and area.height > 0 else width
    room = width - label
    if not 0 <= x - label < room:
        return None
    each = span / room
    return (int(now // each) + x - label - column(now, room, now, span) + 1) * each - each / 2


def columns(of: Graphed, width: int, now: float, span: float) -> list[float | None]:
    """What each column stands for, one of the last for `now`; of several figures the worst, else the highest.

    A figure is drawn at once for as long as it stands, and the graph moves a part of its width at a time: while nothing
    is measured nothing has to be painted.
    """
    found: list[float | None] = [None] * width
    if width < 1 or span <= 0:
        return found
    worst = _worst(of.limits)
    values = of.values[-MOST:]
    for place, (when, value) in enumerate(values):
        if value is None:
            continue
        following = values[place + 1][0] if place + 1 < len(values) else None
        first = column(when, width, now, span)
        last = column(when + of.every, width, now, span) - 1
        if following is not None:
            late = following - when > LATE * of.every
            last = last if late else column(following, width, now, span) - 1
        for cell in range(max(0, first), max(first, last) + 1):
            before = found[cell]
            found[cell] = value if before is None else max(before, value, key=worst)
    return found


def column(when: float, width: int, now: float, span: float) -> int:
    """In which column a time is; negative before the first. After all, by a clock set back, is in the last."""
    each, together = span / width, max(1, width // MOVES)
    last = (int(now // each) // together + 1) * together - 1
    return min(width - 1, int(when // each) - last + width - 1)


def _worst(limits: Sequence[Limit]) -> Callable[[float], tuple[int, float]]:
    return lambda value: (sum(one.passed(value) for one in limits), value)


def bars(
    values: Sequence[float | None], chart: BarChart, chosen: int | None = None, overdue: int | None = None
) -> list[list[Piece]]:
    """A bar for each value; what of it is beyond a limit has the limit's colour.

    Args:
        chosen: the column that is marked.
        overdue: the first column in which a figure is not missed yet.
    """
    height = chart.height
    lines = _lines(chart.limits, chart.scale, height)
    begun = next((place for place, value in enumerate(values) if value is not None), len(values))
    missed = len(values) if overdue is None else overdue
    rows: list[list[Piece]] = []
    heights = [0 if value is None else chart.scale.eighths(value, height) for value in values]
    for row in range(height):
        level = height - 1 - row
        cells: list[Piece] = []
        for place, value in enumerate(values):
            filled = max(0, min(8, heights[place] - 8 * level))
            if value is None or not filled:
                gap = value is None and not level and begun < place < missed
                cell = (GAP, "$faint") if gap else lines.get(row, (" ", ""))
            else:
                style = _tone(chart, value, level, top=heights[place] <= 8 * level + 8)
                cell = _block(chart, filled, style, row, row in lines)
            cells.append(_chosen(cell) if place == chosen else cell)
        rows.append(joined(cells))
    return rows


def spark(values: Sequence[float | None], limits: Sequence[Limit] = (), unit: str = "", width: int = 0) -> list[Piece]:
    """One row of blocks, on the axis of a graph; `width` cells long where that is given, the last figures in it."""
    shown = list(values)[-width:] if width else list(values)
    chart = BarChart(axis([value for value in shown if value is not None], limits, unit), limits, 1)
    cells: list[Piece] = [(NOT_YET, "$line")] * (width - len(shown))
    begun = False
    for value in shown:
        begun = begun or value is not None
        if value is None:
            cells.append((GAP, "$faint") if begun else (NOT_YET, "$line"))
        else:
            cells.append((BLOCKS[chart.scale.eighths(value, 1)], _tone(chart, value, 0, top=True)))
    return joined(cells)


def _known(of: Graphed, since: float) -> list[float]:
    return [value for when, value in of.values[-MOST:] if value is not None and when + of.every >= since]


def _lines(limits: Sequence[Limit], scale: Axis, height: int) -> dict[int, Piece]:
    """The lines across the graph by their rows; a trigger's is drawn over a limit's."""
    found: dict[int, Piece] = {}
    for one in sorted(limits, key=lambda one: one.trigger):
        if scale.low <= one.value <= scale.high:
            found[scale.row(one.value, height)] = (LIMIT, BEYOND if one.trigger else OVER)
    return found


def _tags(of: Graphed, scale: Axis, height: int) -> dict[int, Piece]:
    """The words beside the axis by their rows: its ends, and over them limits and triggers."""
    tags: dict[int, Piece] = {
        0: (mark(scale.high, of.unit), "$faint"),
        height - 1: (mark(scale.low, of.unit), "$faint"),
    }
    for one in sorted(of.limits, key=lambda one: one.trigger):
        if scale.low <= one.value <= scale.high:
            words = mark(one.value, of.unit)
            tag = (f"{BOUND} {words}", f"bold {BEYOND}") if one.trigger else (words, f"bold {OVER}")
            tags[scale.row(one.value, height)] = tag
    return tags


def _tone(chart: BarChart, value: float, level: int, top: bool) -> str:
    """The colour of a cell of a bar; its highest cell tells whether the value is good."""
    found = GOOD
    middle = (level + 0.5) / chart.height
    for one in chart.limits:
        if one.passed(value) and (top or not one.high or middle > chart.scale.share(one.value)):
            if one.trigger:
                return BEYOND
            found = OVER
    return found


def _block(chart: BarChart, filled: int, tone: str, row: int, crossed: bool) -> Piece:
    """A cell of a bar; where there are few colours limits are seen across the bars, and what is bad is bold."""
    if chart.look is Shading.FULL:
        return BLOCKS[filled], f"{tone} {PALE + (DEEP - PALE) * (chart.height - row) // chart.height}%"
    style = tone if chart.look is Shading.FLAT else "$soft" if tone == GOOD else f"bold {tone}"
    return (LIMIT, f"{style} reverse") if crossed and filled == 8 else (BLOCKS[filled], style)


def _chosen(cell: Piece) -> Piece:
    """A cell of the time that was chosen: a line that is seen across bars too."""
    text, style = cell
    if text == " ":
        return CHOSEN, "$soft"
    across = text == BLOCKS[8] or "reverse" in style
    return (CHOSEN, f"{style.removesuffix(' reverse')} reverse") if across else cell


def _fit(text: str, width: int) -> str:
    short = text if cell_len(text) <= width else text[: width - 1] + "…"
    return " " * (width - cell_len(short)) + short
