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
    late, window, fits = _late(moment), _window(moment), _rollback_fits(moment)
    parts: list[list[Piece]] = [late] if late else []
    if width >= WIDE and state.started_at is not None:
        gone = ((over_at(state) or now) - state.started_at).total_seconds()
        parts += [[(clock_words(gone), ""), (" gone", SOFT)]] if gone >= 1 else []
    parts += _to_come(moment, width)
    parts += [window] if window else []
    return [*parts, fits] if fits and width >= WIDEST else parts


def time_to_decide(moment: Moment, width: int) -> list[Piece]:
    """How long there is to deal with a trouble: until when a rollback fits, with what is left of the window if it can.

    Nothing where the first of these has no room.
    """
    parts = [part for part in (_late(moment) or _rollback_fits(moment), _window(moment)) if part]
    whole = [piece for part in parts for piece in ((APART, ""), *part)][1:]
    return next((one for one in (whole, *parts[:1]) if _length(one) <= width), [])


def _late(moment: Moment) -> list[Piece]:
    """Why it is late for what comes next; a warning, which must not be missed."""
    late = too_late(moment.state, moment.state.next_step(), moment.now, moment.usual)
    return [(f"{OVER} {late}", STYLES["bad"])] if late else []


def _window(moment: Moment) -> list[Piece]:
    """What is left of the window; nothing where the runbook has none."""
    window = window_state(moment.state.runbook.window, moment.now)
    if window.left == timedelta.max:
        return []
    inside = (time_left(window.left), "bold") if window.inside else ("✖ closed", STYLES["bad"])
    return [("window ", SOFT), inside]


def _rollback_fits(moment: Moment) -> list[Piece]:
    """Until when a rollback still fits into the window; nothing where it does not, or has begun already."""
    state = moment.state
    window = window_state(state.runbook.window, moment.now)
    if state.rollback or not window.inside or window.left == timedelta.max or _late(moment):
        return []
    back = rollback_time(state, state.next_step(), moment.usual)
    return [("rollback fits until ", SOFT), (f"{moment.now + window.left - back:%H:%M}", "")] if back else []


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
