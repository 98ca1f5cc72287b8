"""Decides what the two lists of what is to be done say: follow-ups with their time, drills with their last one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len

from tui.drill.rehearsals import FRESH, Practised
from tui.session.views.followups import Due
from tui.text.amounts import one_unit, took_clock
from tui.text.block import Piece, shown
from tui.widgets.looks.fitting import clipped, cut, spread, width_of

COLUMN = 10
"""Cells of when it is due."""
LATE, TODAY, LATER = ("✖", "$st-bad"), ("◆", "$st-turn"), ("○", "$st-todo")
ROOMY = 50
"""From this width on there is a head, and how soon it was decided."""
LAST, DECIDED = 10, 12
"""Cells of the two columns at the right."""


def followup_line(one: Due, now: datetime, width: int, here: str) -> list[Piece]:
    """A follow-up in one row; its environment is named, and its runbook where it is another one than `here`."""
    sign, style = standing(one, now)
    when = f"{one_unit(now - one.due)} late" if one.overdue(now) else f"in {one_unit(one.due - now)}"
    line: list[Piece] = [(f"{sign} ", f"bold {style}"), (cut(when, COLUMN - 1) + " ", style), (one.followup.title, "")]
    if one.environment:
        line.append((f"  {shown(one.environment)}", "bold"))
    if one.of != here:
        line.append((f"  runbook: {one.runbook}", "bold"))
    return clipped(line, width)


def standing(one: Due, now: datetime) -> tuple[str, str]:
    """The sign and the colour: late, due on this day (UTC), due later."""
    if one.overdue(now):
        return LATE
    return TODAY if one.due.date() == now.date() else LATER


def owed_counts(found: Sequence[Due], now: datetime) -> list[Piece]:
    """How many there are of each, but for none."""
    stand = [standing(one, now) for one in found]
    parts = ((LATE, "late"), (TODAY, "today"), (LATER, "later"))
    line: list[Piece] = []
    for kind, word in parts:
        if count := stand.count(kind):
            style = f"bold {kind[1]}" if kind is LATE else ""
            line += [*([(" · ", "")] if line else []), (f"{count} {word}", style)]
    return line


def owed_foot(found: Sequence[Due], now: datetime, tick: str, width: int) -> list[Piece]:
    """How many there are of each, with the key that ticks one off where it has room: none of its words is cut."""
    counts = owed_counts(found, now)
    for words in (f" · {tick} ticks one off", f" · {tick} ticks off"):
        if found and width_of(counts) + cell_len(words) <= width:
            return [*counts, (words, "$faint")]
    return counts


def drills_head(width: int) -> list[Piece]:
    """The heads of the columns; nothing where it is narrow."""
    if width < ROOMY:
        return []
    return spread([("  SCENARIO", "bold $soft")], [(f"{'LAST':>{LAST}}{'DECIDED IN':>{DECIDED}}", "bold $soft")], width)


def drill_line(row: Practised, decided: Mapping[str, float | None], now: datetime, width: int) -> list[Piece]:
    """A scenario in one row."""
    sign, style = _standing(row, now)
    ago = "never" if row.last is None else one_unit(now - row.last.began)
    left: list[Piece] = [(f"{sign} ", style), (row.title, "")]
    if width < ROOMY:
        return spread(left, [("unfinished" if row.unfinished else ago, style)], width)
    length = decided.get(row.last.id) if row.last else None
    words = "unfinished" if row.unfinished else took_clock(length) if length is not None else "–"
    when = ago if row.last is None else f"{ago} ago"
    return spread(left, [(f"{when:>{LAST}}", style), (f"{words:>{DECIDED}}", "$soft")], width)


def _standing(row: Practised, now: datetime) -> tuple[str, str]:
    if row.unfinished:
        return "◆", "$st-turn"
    if row.last is None:
        return "○", "$st-todo"
    return ("✔", "$st-good") if row.fresh(now) else ("!", "$st-turn")


def drills_count(rows: Sequence[Practised], now: datetime, width: int) -> list[Piece]:
    """How many were rehearsed lately."""
    fresh = sum(row.fresh(now) for row in rows)
    return clipped([(f"{fresh} of {len(rows)} within {FRESH.days} days", "")], width) if rows else []
