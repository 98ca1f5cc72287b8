"""Decides what stands above a rollback: what is left of its time, where it will end, why, and the next news."""

from collections.abc import Sequence
from enum import StrEnum
from textwrap import wrap

from rich.cells import cell_len

from tui.runbook.model import seconds
from tui.session.possible.outside import outside_words
from tui.text.amounts import clock_words, guessed
from tui.text.block import Piece, shown
from tui.widgets.glyphs import OVER, STYLES
from tui.widgets.looks.bars import bar
from tui.widgets.looks.fitting import clipped, ends_kept, width_of
from tui.widgets.moment import Moment
from tui.widgets.rollback.text import clock, to_go, update_due, wanted_steps

Line = list[Piece]
ROWS = 3
"""Rows beside the clock; a long reason has rows of its own where there are more."""
BETWEEN = 2
"""Cells between what stands at the left of a row and at its right, at least."""
BECAUSE_FROM = 80
"""From this width on the reason has its label."""
BEGUN_FROM = 16
"""Cells beside the number of steps from which a long reason begins there."""
URGENT = 30.0
"""Seconds before a status update is due in which it is announced."""


class Pace(StrEnum):
    """How much of its time a rollback has had; the value is the class of the clock's colour."""

    EARLY = "live"
    HALF = "turn"
    OVER = "bad"


def pace_of(moment: Moment) -> Pace:
    """Amber from the half of the time allowed, red when it is over it; neither once it has ended."""
    time = clock(moment)
    if time.over:
        return Pace.OVER
    ended = moment.state.rollback_finished_at is not None
    return Pace.HALF if time.budget and 2 * time.elapsed >= time.budget and not ended else Pace.EARLY


def head_rows(moment: Moment, width: int, height: int = ROWS) -> list[Line]:
    """The rows beside the clock: what is left, the bar, how many steps are done and why.

    Where there are more rows than these, the reason has the last ones if it is long; else the first is blank.
    """
    room = max(0, height - ROWS)
    rows = [_time_row(moment, width), _bar_row(moment, width), *_reason_rows(moment, width, room)]
    return [[], *rows] if len(rows) < height and height > ROWS else rows[:height]


def _time_row(moment: Moment, width: int) -> Line:
    """What is left of the time allowed, at the right how long the rest takes and whether it fits."""
    time, ended = clock(moment), moment.state.rollback_finished_at is not None
    allowed: Piece = (clock_words(time.budget), "$soft")
    late: Line = [(f"{OVER} {clock_words(time.elapsed - time.budget)} over ", STYLES["bad"]), allowed]
    if ended:
        within: Line = [(" within ", "$soft"), allowed] if time.budget else []
        return [("✔ rolled back", STYLES["good"]), *([("  ", ""), *late] if time.over else within)]
    more = to_go(moment)
    rest: Line = [(guessed(more), "bold"), (" to go", "$soft")] if more else []
    left: Line = []
    fits: Line = []
    if time.over:
        left = late
    elif time.budget:
        left = [(clock_words(time.budget - time.elapsed), "bold"), (" left of ", "$soft"), allowed]
        late_by = time.elapsed + more - time.budget
        fits = [("✔ fits", STYLES["good"])]
        if late_by >= 1:
            fits = [(f"{OVER} {clock_words(late_by)} too long", STYLES["turn"])]
    both = [*rest, (" ", ""), *fits] if rest and fits else rest or fits
    return beside(left, [both, fits or rest], width)


def _bar_row(moment: Moment, width: int) -> Line:
    """What is gone of the time allowed, with a cross where the rollback will end."""
    time = clock(moment)
    if not time.budget:
        return []
    ends = None
    if moment.state.rollback_finished_at is None and not time.over:
        ends = min(1.0, (time.elapsed + to_go(moment)) / time.budget)
    return bar(width, time.elapsed / time.budget, STYLES[pace_of(moment).value], ends)


def _reason_rows(moment: Moment, width: int, more: int) -> list[Line]:
    """How many steps are done, and why it is rolled back; a long reason has up to `more` rows of its own."""
    done, wanted = wanted_steps(moment.state)
    steps: Line = [(f"{done} of {wanted}", "bold"), (" done", "$soft")]
    rollback = moment.state.rollback
    if rollback is None:
        return [steps]
    outside = outside_words(moment.state)
    by_hand: Line = [(f"! {outside} · ", STYLES["turn"])] if outside else []
    because: Line = [*by_hand, ("because ", "$soft"), (rollback.reason, "")]
    short: Line = [*by_hand, (rollback.reason, "")]
    room = width - width_of(steps) - BETWEEN
    if more and width_of(short) > room:
        whole = shown(f"! {outside} · {rollback.reason}" if outside else rollback.reason)
        lines = wrap(whole, max(1, width))
        if len(lines) <= more:
            return [steps, *([(line, "")] for line in lines)]
        if room < BEGUN_FROM:
            return [steps, *(clipped([(line, "")], width) for line in ends_kept(whole, width, more))]
        first, *rest = ends_kept(whole, width, more + 1, width - room)
        begun: Line = [*steps, (first[width_of(steps) :], "")]
        return [clipped(begun, width), *(clipped([(line, "")], width) for line in rest)]
    reason = because if width >= BECAUSE_FROM and width_of(because) <= room else short
    return [beside(steps, [clipped(reason, max(0, room))], width)]


def update_rows(moment: Moment, width: int, framed: bool) -> list[Line]:
    """When people hear the next news, how much of the time until then has gone, and the key that writes it.

    Nothing where the runbook promises no status update. What is `framed` is named by its frame.
    """
    state = moment.state
    due = update_due(state)
    if due is None:
        return []
    left = (due - moment.now).total_seconds()
    every = seconds(state.runbook.flows[state.flow].update_every)
    name = "" if framed else "news "
    if left < 0:
        words, class_ = f"{OVER} {name}{clock_words(-left)} overdue", "bad"
        if cell_len(words) > width:
            words = f"{OVER} {name}overdue"
    elif left <= URGENT:
        words, class_ = f"! {name}due in {clock_words(left)}", "turn"
    else:
        words, class_ = f"{name}next in {clock_words(left)}", ""
    gone = 1 - left / every if every else 1.0
    key = moment.keys.sign("rollback.update")
    write: Line = [] if moment.replayed or moment.read_only else [(key, "bold $st-run"), (" write it", "$soft")]
    return [[(words, STYLES[class_])], bar(width, gone, STYLES[class_ or "live"]), write]


def beside(left: Line, rights: Sequence[Line], width: int) -> Line:
    """What stands at the left of a row, and at its right the first that fits beside it."""
    for right in rights:
        gap = width - width_of(left) - width_of(right)
        if gap >= BETWEEN:
            return [*left, (" " * gap, ""), *right]
    return left
