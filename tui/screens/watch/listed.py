"""Decides what the watch screen says of the monitors that have no card: a row each."""

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len

from tui.runbook.model import Monitor
from tui.screens.watch.text import SOFT, Sight, first_sample
from tui.session.samples import Monitored, Sample
from tui.session.state import SessionState
from tui.text.amounts import within_words
from tui.text.block import Piece, shown
from tui.widgets.graph.monitored import (
    NO_VALUE,
    NOT_YET,
    WAITING,
    before_words,
    failed_words,
    graphed,
    limit_words,
    place_words,
    sample_at,
    sample_words,
    seen_monitor,
    seen_value,
    value_words,
)
from tui.widgets.graph.text import Graphed, columns, spark
from tui.widgets.head.mode import cut
from tui.widgets.seen import Seen

SPARK = 8
"""The fewest cells of a line of blocks."""
MOST = {"MONITOR": 22, "NOW": 12, "BEFORE": 12, "LIMIT": 20}
"""The most cells of a column."""
APART = 2
BEFORE_IS = "before = median until the first change"


class _Row:
    """What a row says of a monitor."""

    def __init__(self, state: SessionState, name: str, look: Sight) -> None:
        monitor, monitored = state.runbook.monitors[name], state.monitors.get(name, Monitored())
        self.stands, self.value, self.limit = _stands(monitor, monitored, look)
        self.why = _why(state, monitor, monitored, look, self.stands)
        self.place = "" if self.why else shown(place_words(_sample(monitor, monitored, look)))
        self.graphed: Graphed = graphed(state, name, look.until)
        self.cells = {
            "MONITOR": shown(monitor.title),
            "NOW": shown(self.value),
            "BEFORE": shown(before_words(monitor, monitored)),
            "LIMIT": shown(self.limit),
        }


class MonitorListing(Struct, frozen=True):
    """The rows of monitors, and whether what was before the first change has room in them."""

    lines: Sequence[list[Piece]]
    has_before: bool


def listed(state: SessionState, names: Sequence[str], look: Sight, width: int) -> MonitorListing:
    """The head and a row for each monitor, each of `width` cells; below it why there is no value, where that is long.

    Where it is narrow the blocks give way, then what was before, then the limit.
    """
    rows = [_Row(state, name, look) for name in names]
    time_shown = f"{look.at:%H:%M:%S}" if look.at is not None else "NOW"
    sizes = {head: min(most, max([*(cell_len(row.cells[head]) for row in rows), 0])) for head, most in MOST.items()}
    sizes["NOW"] = max(sizes["NOW"], cell_len(time_shown))
    columns_of = [head for head in MOST if sizes[head]]
    for head in columns_of:
        sizes[head] = max(sizes[head], cell_len(head))
    for gone in ("", "BEFORE", "LIMIT"):
        columns_of = [head for head in columns_of if head != gone]
        room = width - 2 - sum(sizes[head] + APART for head in columns_of)
        if room >= SPARK:
            break
    room = max(0, room)
    words = f"LAST {within_words(look.span).upper()}"
    titles = {"NOW": time_shown}
    lines: list[list[Piece]] = [[("  ", "")]]
    for head in (*columns_of[:-1], "", *columns_of[-1:]) if "LIMIT" in columns_of else (*columns_of, ""):
        text = titles.get(head, head) or (words if cell_len(words) <= room else "")
        lines[0].append((_cell(text, sizes[head] if head else room, head in ("NOW", "BEFORE")), f"bold {SOFT}"))
        lines[0].append((" " * APART, ""))
    for row in rows:
        lines += _drawn(row, columns_of, sizes, room, look, width)
    return MonitorListing(
        [line[:-1] if line[-1] == (" " * APART, "") else line for line in lines], has_before="BEFORE" in columns_of
    )


def _drawn(
    row: _Row, columns_of: Sequence[str], sizes: dict[str, int], room: int, look: Sight, width: int
) -> list[list[Piece]]:
    style = row.stands.style
    bad = row.stands.class_ in ("bad", "turn")
    line: list[Piece] = [(f"{row.stands.sign} ", style), (_cell(row.cells["MONITOR"], sizes["MONITOR"]), "bold")]
    line += [(" " * APART, ""), (_cell(row.cells["NOW"], sizes["NOW"], True), style if bad else "bold")]
    if "BEFORE" in columns_of:
        line += [(" " * APART, ""), (_cell(row.cells["BEFORE"], sizes["BEFORE"], True), SOFT)]
    left = width - sum(cell_len(text) for text, _ in line) - APART
    if row.why:
        if cell_len(row.why) <= left:
            return [[*line, (" " * APART, ""), (_cell(row.why, left), style)]]
        return [line, [("    ", ""), (cut(row.why, width - 4).rstrip(), style)]]
    if room:
        values = columns(row.graphed, room, look.end.timestamp(), look.span)
        line += [(" " * APART, ""), *spark(values, row.graphed.limits, row.graphed.unit, room)]
    if "LIMIT" in columns_of:
        words = _cell(row.cells["LIMIT"], sizes["LIMIT"])
        line += [(" " * APART, ""), (words, style if row.stands.class_ == "bad" else SOFT)]
    return [line, [("    ", ""), (cut(row.place, width - 4).rstrip(), SOFT)]] if row.place else [line]


def _stands(monitor: Monitor, monitored: Monitored, look: Sight) -> tuple[Seen, str, str]:
    """How a monitor stands, now or at the chosen time; its value and its limit in words."""
    if look.at is None:
        value = None if monitored.waiting is not None else monitored.value
        return seen_monitor(monitor, monitored), value_words(monitor, monitored), limit_words(monitor, value)
    sample = _sample(monitor, monitored, look)
    if sample is None or sample.value is None:
        return NO_VALUE, NO_VALUE.word, limit_words(monitor)
    return seen_value(monitor, sample.value), sample_words(monitor, sample), limit_words(monitor, sample.value)


def _sample(monitor: Monitor, monitored: Monitored, look: Sight) -> Sample | None:
    """The sample that stands now, or stood at the chosen time."""
    if look.at is not None:
        return sample_at(monitor, monitored, look.at)
    return monitored.samples[-1] if monitored.samples and monitored.waiting is None else None


def _why(state: SessionState, monitor: Monitor, monitored: Monitored, look: Sight, stands: Seen) -> str:
    """Why there is no value now, or why the last sample failed."""
    if look.at is not None:
        return ""
    if stands is WAITING and monitored.waiting is not None:
        return shown(f"waiting for a free session on {monitored.waiting.host} since {monitored.waiting.since:%H:%M:%S}")
    if stands is NO_VALUE and monitored.lost_since is not None:
        return shown(f"since {monitored.lost_since:%H:%M:%S}: {monitored.detail}".removesuffix(": "))
    if stands is NOT_YET:
        return first_sample(state, monitor, look.now)[2:]
    return shown(failed_words(monitor, monitored))


def _cell(text: str, width: int, right: bool = False) -> str:
    words = cut(text, min(width, cell_len(text)))
    space = " " * (width - cell_len(words))
    return space + words if right else words + space
