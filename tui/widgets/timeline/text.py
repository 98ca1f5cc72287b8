"""Decides what the timeline of a replay shows: what happened where, at what times, how often, and where it is."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from rich.cells import cell_len

from tui.session.views.markers import MarkerKind
from tui.text.amounts import clock_words, counted
from tui.text.block import Piece, shown
from tui.widgets.glyphs import STYLES
from tui.widgets.looks.bars import FULL, REST, joined

SIGNS = {
    MarkerKind.FAILURE: ("✖", STYLES["bad"]),
    MarkerKind.ROLLBACK: ("↺", STYLES["bad"]),
    MarkerKind.TRIGGER: ("▲", STYLES["bad"]),
    MarkerKind.CONNECTION: ("≠", STYLES["turn"]),
    MarkerKind.HANDOVER: ("⇄", STYLES["turn"]),
    MarkerKind.RESUME: ("▶", STYLES["turn"]),
    MarkerKind.FAULT: ("ϟ", STYLES["turn"]),
    MarkerKind.SKIP: ("↷", STYLES["turn"]),
    MarkerKind.APPROVAL: ("◆", STYLES["turn"]),
    MarkerKind.ASKED: ("◇", STYLES["turn"]),
    MarkerKind.SIGN_OFF: ("✎", STYLES["good"]),
    MarkerKind.STEP: ("┬", ""),
}
"""The sign of each kind of marker, those first that are shown where several fall into one cell."""

LEGEND = {
    MarkerKind.FAILURE: "failed",
    MarkerKind.TRIGGER: "tripped",
    MarkerKind.ROLLBACK: "",
    MarkerKind.SIGN_OFF: "",
    MarkerKind.APPROVAL: "",
    MarkerKind.FAULT: "",
    MarkerKind.SKIP: "skipped",
    MarkerKind.CONNECTION: "lost",
    MarkerKind.HANDOVER: "",
    MarkerKind.RESUME: "resumed",
    MarkerKind.STEP: "",
    MarkerKind.ASKED: "asked",
}
"""In the order of the legend, from which the last go where it is narrow; a kind without a word here has its name."""

HERE, UNREAD = "█", "·"
GONE, HERE_STYLE = "$replay-badge", "bold $replay-badge"
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(MINUTE * many for many in (1, 2, 5, 10, 15, 30)),
    *(HOUR * many for many in (1, 2, 3, 6, 12)),
    *(DAY * many for many in (1, 2, 7, 14, 28, 91, 364)),
)
"""How many seconds may be between two times of the axis."""
BETWEEN = 5
"""Cells between two times, at least."""


class Timeline(Struct, frozen=True, kw_only=True):
    """Where a replay is: `elapsed` of `total` seconds, `begin` and `now` on the wall clock.

    `read` is the share of the journal that has been read, `words` what is said of the moment it was taken to.
    """

    elapsed: float
    total: float
    begin: datetime
    now: datetime
    playing: bool = False
    speed: int = 1
    skips_idle: bool = True
    read: float = 1.0
    words: str = ""


class Marks(Struct, frozen=True):
    """What happened: which kinds in each cell of the bar, and how often each kind in all."""

    cells: Mapping[int, set[MarkerKind]] = {}
    counts: Mapping[MarkerKind, int] = {}

    def first_of(self, cell: int) -> MarkerKind | None:
        """The kind that is shown in a cell; none where nothing happened."""
        kinds = self.cells.get(cell, ())
        return next((kind for kind in SIGNS if kind in kinds), None)


class LegendPart(Struct, frozen=True):
    """A kind of marker in the legend, and the cells that it has there."""

    kind: MarkerKind
    pieces: tuple[Piece, ...]
    start: int
    end: int


def bar(timeline: Timeline, width: int, marks: Marks) -> list[Piece]:
    """The line with the markers, `width` cells long: heavy up to where the replay is."""
    here = place(timeline.elapsed, timeline.total, width)
    known = round(timeline.read * width)
    cells: list[Piece] = []
    for cell in range(width):
        kind = marks.first_of(cell)
        rest = (REST, "$line") if cell < known else (UNREAD, "$faint")
        sign, style = SIGNS[kind] if kind is not None else (FULL, GONE) if cell < here else rest
        if cell == here:
            sign, style = (sign, f"{style} reverse".strip()) if kind is not None else (HERE, HERE_STYLE)
        cells.append((sign, style))
    return joined(cells)


def place(elapsed: float, total: float, width: int) -> int:
    """The cell of a moment."""
    return max(0, min(width - 1, int(elapsed / total * width))) if total > 0 else 0


def axis(timeline: Timeline, width: int) -> list[Piece]:
    """The times below the bar: whole ones, each at its cell, no more than there is room for."""
    if timeline.total <= 0 or width <= 0:
        return []
    begin = timeline.begin
    each = next((one for one in STEPS if one * width / timeline.total >= len(_time(begin, one)) + BETWEEN), 0)
    if not each:
        return []
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (begin - midnight).total_seconds()
    second = -(-passed // each) * each - passed
    line = ""
    while second <= timeline.total:
        word, cell = _time(begin + timedelta(seconds=second), each), place(second, timeline.total, width)
        if cell + len(word) <= width:
            line = f"{line:<{cell}}{word}"
        second += each
    return [(line, "$faint")]


def _time(at: datetime, each: int) -> str:
    if each >= DAY:
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M:%S}" if each < MINUTE else f"{at:%H:%M}"


def legend(marks: Marks, width: int) -> list[LegendPart]:
    """What happened how often, each kind with its sign; the last are left out where it is narrow."""
    parts: list[LegendPart] = []
    start = 0
    for kind, word in LEGEND.items():
        count = marks.counts.get(kind, 0)
        if not count:
            continue
        words = f"{count:,} {word}" if word else counted(count, kind.value) if kind is not MarkerKind.ROLLBACK else kind
        sign, style = SIGNS[kind]
        end = start + cell_len(f"{sign} {words}")
        if end > width:
            break
        parts.append(LegendPart(kind, ((sign, style), (f" {words}", "$soft")), start, end))
        start = end + 2
    return parts


def legend_line(parts: list[LegendPart]) -> list[Piece]:
    """The legend in one line."""
    return [piece for part in parts for piece in (*([("  ", "")] if part.start else []), *part.pieces)]


def title(timeline: Timeline, width: int) -> list[Piece]:
    """What stands on the frame: the time then, and what is said of where it was taken to."""
    time = f"{timeline.now:%H:%M:%S} UTC"
    room = width - cell_len(f"Timeline  {time}  ")
    words = shown(timeline.words)
    if cell_len(words) > room:
        words = shown("")
    head: list[Piece] = [("Timeline", "bold"), ("  ", ""), (time, "bold")]
    return [*head, (f"  {words}", "")] if words else head


def foot(timeline: Timeline) -> list[Piece]:
    """What stands below: how far it is, and what is left out."""
    pieces: list[Piece] = []
    if timeline.read < 1:
        pieces.append((f"reading the journal: {timeline.read:.0%} · ", STYLES["turn"]))
    pieces.append((f"{clock_words(timeline.elapsed)} of {clock_words(timeline.total)}", ""))
    if timeline.skips_idle:
        pieces.append((" · idle is skipped", "$soft"))
    return pieces


def playing_words(timeline: Timeline) -> str:
    """Whether it plays, and how fast: for the line on top, where other screens have the time."""
    ended = timeline.elapsed >= timeline.total
    state = "▶ playing" if timeline.playing else "■ end" if ended else "‖ paused"
    return f"{state} {timeline.speed}×"
