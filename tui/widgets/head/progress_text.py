"""Decides what the row below the top line says: how far the session is, what is left, and until when it may run."""

from datetime import datetime, timedelta

from rich.cells import cell_len

from tui.once import once
from tui.runbook.window import window_state
from tui.session.report_card.tally import tally
from tui.session.state import SessionState
from tui.session.views.called import over_at
from tui.session.views.usual import WholeUsual
from tui.text.amounts import clock_words, roughly, time_left
from tui.text.block import Piece
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.looks.bars import segments
from tui.widgets.moment import Moment, left, rollback_time, too_late

WIDE, WIDEST = 100, 150
"""From these widths on there is room for what has gone and the end, and for until when a rollback fits."""
LEAST = 12
"""The fewest cells in which the sections are drawn."""
SOFT = "$soft"
APART = "  "


def progress_row(moment: Moment, width: int) -> tuple[list[Piece], list[Piece]]:
    """The two ends of the row, `width` cells together at most: where the session is, and what is left.

    What has no room leaves from the right, the sections before a warning.
    """
    counts = tally(moment.state)
    settled, total = counts.settled, counts.total
    head: list[Piece] = [(f" {min(settled + 1, total)}", "bold"), (f" of {total}", SOFT)]
    used = _length(head) + 1
    ends: list[Piece] = []
    for part in _parts(moment, width):
        if used + _length(part) + len(APART) > width:
            break
        ends += [(APART, ""), *part]
        used += _length(part) + len(APART)
    room = width - used - len(APART)
    parts = tuple((section.settled, section.total) for section in counts.sections.values() if section.total)
    drawn = segments(parts, room) if room >= LEAST else ()
    return [*head, *([(APART, ""), *drawn] if drawn else [])], [*ends, (" ", "")] if ends else []


def _parts(moment: Moment, width: int) -> list[list[Piece]]:
    """What stands at the right, in this order; a warning comes first, since it must not be missed."""
    state, now = moment.state, moment.now
    window = window_state(state.runbook.window, now)
    late = too_late(state, state.next_step(), now, moment.usual)
    parts: list[list[Piece]] = [[(f"{OVER} {late}", STYLES["bad"])]] if late else []
    if width >= WIDE and state.started_at is not None:
        gone = ((over_at(state) or now) - state.started_at).total_seconds()
        parts += [[(clock_words(gone), ""), (" gone", SOFT)]] if gone >= 1 else []
    parts += _to_come(moment, width)
    if window.left != timedelta.max:
        inside = (time_left(window.left), "bold") if window.inside else ("✖ closed", STYLES["bad"])
        parts.append([("window ", SOFT), inside])
    back = rollback_time(state, state.next_step(), moment.usual) if width >= WIDEST and not state.rollback else None
    if back and window.inside and window.left != timedelta.max and not late:
        parts.append([("rollback fits until ", SOFT), (f"{now + window.left - back:%H:%M}", "")])
    return parts


def _to_come(moment: Moment, width: int) -> list[list[Piece]]:
    """How long the rest takes: people's time included where that is known, else what its commands take."""
    state = moment.state
    if state.rollback or state.finished:
        return []
    seconds = people_left(state, moment.whole, moment.now)
    if seconds:
        words: list[Piece] = [("≈ ", SOFT), (roughly(seconds), ""), (" left", SOFT)]
        end: list[Piece] = [
            ("done ≈ " if width >= WIDEST else "≈ ", SOFT),
            (f"{moment.now + timedelta(seconds=seconds):%H:%M}", ""),
        ]
        return [words, end] if width >= WIDE else [words]
    rest = left(state, moment.usual, moment.now) if moment.usual else None
    if rest is None or not rest.steps or rest.known * 2 < rest.steps or rest.seconds < 1:
        return []
    return [[("commands ≈ ", SOFT), (roughly(rest.seconds), "")]]


def people_left(state: SessionState, usual: WholeUsual, now: datetime) -> float:
    """What is usually still to come, in seconds, people's time included; 0 where that is not known.

    It is the median of what was to come when earlier sessions came to this step, without the time spent at it since;
    where it takes longer than usual all that comes after it is still left.
    """
    here, after, come = _here(state)
    if here not in usual.to_come or come is None:
        return 0.0
    left_here = usual.to_come[here].median - max(0.0, (now - come).total_seconds())
    return max(left_here, usual.to_come[after].median if after in usual.to_come else 0.0)


@once
def _here(state: SessionState) -> tuple[str, str, datetime | None]:
    """The first step that is not settled, the one after it, and when the session came to the first."""
    waiting = (
        step.id
        for section, step in state.plan()
        if not state.step(step.id).status.settled and state.applies(section, step)
    )
    settled = [step.settled for step in state.steps.values() if step.settled is not None]
    return next(waiting, ""), next(waiting, ""), max(settled, default=state.started_at)


def _length(pieces: list[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)
