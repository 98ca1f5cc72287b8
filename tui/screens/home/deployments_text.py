"""Decides what the list of the last deployments says of each, and what is usual for them."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from rich.cells import cell_len

from tui.runbook.model import FlowKind
from tui.session.archive.history import KNOWN
from tui.session.archive.known import KnownSession
from tui.session.samples import Limit
from tui.session.views.called import ABANDONED, Tone
from tui.session.views.usual import Usual, usual_of
from tui.text.amounts import roughly, took_clock
from tui.text.block import Piece, shown
from tui.widgets.glyphs import STYLES
from tui.widgets.graph.scale import axis
from tui.widgets.graph.text import BarChart, Shading, bars, spark
from tui.widgets.looks.bars import bar
from tui.widgets.looks.fitting import clipped, cut, width_of

TONES = {Tone.GOOD: "$st-good", Tone.BAD: "$st-bad", Tone.OPEN: "bold $st-turn"}
SPARKED = 7
"""The last durations that stand below the list as blocks, at most."""
COLUMN = 5
"""Cells of a bar in the graph of the durations, with the blank before it."""
BESIDE = 8
"""Cells of the axis and what stands beside it."""
LEAST_ROWS = 6
"""A graph with fewer rows tells nothing."""


class Widths(Struct, frozen=True):
    """How many cells the columns of the list have; 0 where one is not shown."""

    when: int
    version: int
    outcome: int
    took: int
    bar: int
    down: int


def widths_of(found: Sequence[KnownSession], width: int, now: datetime) -> Widths:
    """The columns for these rows: what they need as far as there is room, the bar before the reason."""
    when = max([16, *(cell_len(when_words(one.began, now)) for one in found)]) + 2
    version = max([7, *(cell_len(shown(version_of(one))) for one in found)]) + 2
    outcome = max([11, *(cell_len(one.called.words) for one in found if one.readable)]) + 1
    took = max([6, *(cell_len(took_of(one)) for one in found)]) + 1
    down = 7 if any(one.downtime.outages for one in found) else 0
    version, outcome = min(version, max(9, width // 7)), min(outcome, max(12, width // 5))
    if width < 66:
        down = 0
    rest = width - 2 - when - version - outcome - took - down
    bars = any(one.budget for one in found)
    return Widths(when, version, outcome, took, 13 if bars and rest >= 27 else 9 if bars and rest >= 9 else 0, down)


def head_line(columns: Widths, width: int) -> list[Piece]:
    """The heads of the columns."""
    text = f"  {'WHEN':<{columns.when}}{'VERSION':<{columns.version}}{'OUTCOME':<{columns.outcome}}"
    text += f"{'TOOK':>{columns.took}} {' ' * columns.bar}"
    return clipped([(text + (f"{'DOWN':>{columns.down - 1}} " if columns.down else ""), "bold $soft")], width)


def deployment_line(one: KnownSession, columns: Widths, width: int, now: datetime, here: str) -> list[Piece]:
    """A session in one row: when, what, what it came to, how long it took against its budget, and why."""
    tone = tone_of(one)
    line: list[Piece] = [(f"{one.sign} ", tone), (cut(when_words(one.began, now), columns.when), "")]
    if not one.readable:
        return clipped([*line, ("cannot be read  ", tone), (one.problem.replace(f"{one.path}/", ""), "$soft")], width)
    line += [(f"{cut(shown(version_of(one)), columns.version - 2)}  ", "bold")]
    line += [(f"{cut(one.called.words, columns.outcome - 1)} ", tone)]
    if one.runbook != here:
        whose = " · ".join(filter(None, (one.title, one.environment)))
        other: list[Piece] = [(f" runbook: {whose}  ", "bold"), (reason_words(one), "$soft")]
        return clipped([*line, *other], width)
    line += [(f"{took_of(one):>{columns.took}} ", "")]
    if columns.bar:
        drawn = bar(columns.bar - 1, one.took / one.budget, tone) if one.budget and one.took else []
        line += [*drawn, (" " * (columns.bar - width_of(drawn)), "")]
    if columns.down:
        line.append((f"{down_of(one):>{columns.down - 1}} ", STYLES["bad"] if one.downtime.over else "$soft"))
    where: list[Piece] = [(f"{shown(one.environment)}  ", "bold")] if one.environment else []
    return clipped([*line, (" ", ""), *where, (reason_words(one), "$soft")], width)


def tone_of(one: KnownSession) -> str:
    """The colour of what a session came to; what was given up is neither good nor bad."""
    if one.called.words == ABANDONED:
        return STYLES["quiet"]
    return TONES[one.called.tone]


def version_of(one: KnownSession) -> str:
    """What was deployed; of another flow its title."""
    return one.version or one.flow


def when_words(at: datetime, now: datetime) -> str:
    """When something began, in UTC: Tue 24 Nov 02:04; with the year where it is another one."""
    if at.year == now.year or (now - at).days < 180:
        return f"{at:%a} {at.day} {at:%b} {at:%H:%M}"
    return f"{at.day} {at:%b} {at:%Y %H:%M}"


def session_words(one: KnownSession, now: datetime) -> str:
    """A session in words to pick it by: Tue 24 Nov 02:04 · v2.0.0 · rolled back · drill: The disk fills."""
    drill = f"drill: {one.scenario}" if one.scenario else ""
    parts = when_words(one.began, now), version_of(one), one.called.words, one.environment, drill
    return " · ".join(shown(part) for part in parts if part)


def took_of(one: KnownSession) -> str:
    """How long a session took; of one that is open nothing, since it grows."""
    return took_clock(one.took) if one.finished and one.took >= 1 else ""


def down_of(one: KnownSession) -> str:
    """How long users were cut off: 1:42, ≤1:42 where nobody is sure, 1:42+ where it was not over; else nothing."""
    cut_off = one.downtime
    if not cut_off.outages:
        return ""
    length = took_clock(cut_off.seconds if cut_off.sure else max(1.0, cut_off.seconds))
    return f"{'' if cut_off.sure else '≤'}{length}{'+' if cut_off.since else ''}"


def reason_words(one: KnownSession) -> str:
    """Why it came to that; of one that is open how far it is."""
    return one.reason if one.finished else f"{one.settled} of {one.steps}, at {one.at}"


def usual_took(found: Sequence[KnownSession]) -> Usual | None:
    """What deployments that were completed usually take, where there are enough of them; the newest first."""
    lengths = [one.took for one in found if one.completed]
    return usual_of(lengths) if len(lengths) >= KNOWN else None


def foot_line(found: Sequence[KnownSession], budget: float, width: int) -> list[Piece]:
    """Below the list: what is usual, what is allowed, and the last durations as blocks."""
    usual = usual_took(found)
    line: list[Piece] = [("usually ", "$soft"), (roughly(usual.median), "bold")] if usual else []
    if usual and budget:
        line += [(f" of {roughly(budget)}", "$soft")]
    lengths = durations(found)[-SPARKED:]
    if len(lengths) > 1:
        line += [(" ", ""), *spark(lengths, _limits(budget))]
    return clipped(line, max(0, width))


def durations(found: Sequence[KnownSession]) -> list[float]:
    """How long deployments took, the oldest first."""
    return [one.took for one in reversed(found) if timed(one)]


def durations_graph(found: Sequence[KnownSession], budget: float, width: int, height: int) -> list[list[Piece]]:
    """How long the last deployments took, a bar for each, the budget as a line; nothing where it would tell nothing."""
    room = max(0, width - BESIDE)
    ended = [one for one in found if timed(one)][: room // COLUMN][::-1]
    high = height - 4
    if high < LEAST_ROWS or len(ended) < 2:
        return []
    minutes, limits = [one.took / 60 for one in ended], _limits(budget / 60)
    scale = axis(minutes, limits)
    chart = BarChart(scale, limits, high, Shading.FLAT)
    drawn: list[list[Piece]] = [[] for _ in range(high)]
    for value in minutes:
        for cells, of in ((COLUMN - 1, value), (1, None)):
            for line, more in zip(drawn, bars([of] * cells, chart), strict=True):
                line += more
    tags = {scale.row(value, high): f"{value:.0f} m" for value in (0.0, budget / 60 if budget else scale.high)}
    beside: list[list[Piece]] = [
        [(f"{tags.get(row, ''):>{BESIDE - 3}} ", "$faint"), ("┤ " if row in tags else "│ ", "$line")]
        for row in range(high)
    ]
    days: list[Piece] = [(" " * BESIDE + "".join(f"{one.began.day:>{COLUMN - 2}}  " for one in ended), "$faint")]
    title: list[Piece] = [("How long they took, by day", "bold"), (", ╌ the budget" if budget else "", "$soft")]
    return [
        clipped(title, width),
        [],
        *([*one, *row] for one, row in zip(beside, drawn, strict=True)),
        clipped(days, width),
    ]


def timed(one: KnownSession) -> bool:
    """Whether a session was a deployment that ended after a time that can be compared."""
    return one.deploys and one.finished and one.took >= 1


def _limits(budget: float) -> tuple[Limit, ...]:
    return (Limit(value=budget, high=True, included=True),) if budget else ()


def is_deployment(one: KnownSession) -> bool:
    """Whether a session changed what is deployed; a rehearsal did not."""
    return not one.scenario and (one.deploys or one.kind is FlowKind.ROLLBACK)
