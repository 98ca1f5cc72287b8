"""Decides what stands on the frames of a session's panes: number, title and state above, counts below."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from rich.cells import cell_len

from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.model import Step
from tui.session.outcome import OutcomeKind
from tui.session.state import SessionState, StepStatus
from tui.session.tries import stands
from tui.session.views.called import OUTSIDE_WORDS, TRYING_AGAIN, attempt_called, place_words, resolved_words
from tui.session.views.rollback import Need, planned
from tui.text.amounts import clock_words, counted, figure, took_words
from tui.text.block import Piece, shown
from tui.widgets.glyphs import AGAIN, CLASSES, FOLLOWING, HELD, STYLES, attempt_sign, glyph
from tui.widgets.moment import Moment
from tui.widgets.output.rows import OutOfSight
from tui.widgets.seen import Seen, seen

NUMBER = "$soft"
BESIDE = 6
"""Cells of a frame's line that no title can have."""
LEGEND = (
    StepStatus.FAILED,
    StepStatus.UNKNOWN,
    StepStatus.RUNNING,
    StepStatus.WAITING,
    StepStatus.PASSED,
    StepStatus.SIGNED,
    StepStatus.PENDING,
    StepStatus.SKIPPED,
    StepStatus.NOT_NEEDED,
)
"""The states in the order in which a list of steps counts them."""
LAST_TO_GO = (StepStatus.FAILED, StepStatus.UNKNOWN, StepStatus.SIGNED, StepStatus.PENDING)
APART = " · "


def counts_of(state: SessionState, steps: Iterable[str], rollback: bool = False) -> Counter[StepStatus]:
    """How many steps of a list that is not the session's plan stand so."""
    return Counter(_status(state, step, rollback) for step in steps)


def legend(
    counts: Mapping[StepStatus, int], width: int, again: int = 0, again_words: str = TRYING_AGAIN
) -> list[Piece]:
    """How many steps stand so, each count with its sign and word; where it is narrow those that matter most.

    Args:
        again: how many of those that are running are trying again; then that is what is said of running ones.
        again_words: what they are said to do.
    """
    there = [status for status in LEGEND if counts.get(status)]
    if again:
        running = counts[StepStatus.RUNNING] - again
        words = f"{AGAIN} {again} {again_words}"
        rest = legend({**counts, StepStatus.RUNNING: running}, width - cell_len(words + APART))
        return [(words, STYLES["live"]), *([(APART, "$faint"), *rest] if rest else [])]
    while there and _length(counts, there) > width - BESIDE:
        there.remove(min(there, key=_worth))
    pieces: list[Piece] = []
    for status in there:
        pieces += [(APART, "$faint")] if pieces else []
        pieces.append((_count(counts, status), STYLES[CLASSES[status]]))
    return pieces


def tried(state: SessionState, steps: Sequence[str]) -> list[Piece]:
    """How many steps of a known trouble something was done about."""
    done = sum(bool(one.attempts) or one.status is not StepStatus.PENDING for one in map(state.step, steps))
    return [(f"{done} of {len(steps)} tried", "$soft")] if steps else []


def _status(state: SessionState, step: str, rollback: bool) -> StepStatus:
    """How a step counts: one of a rollback that nothing was done about, and that is not needed, is not to do."""
    status = stands(state, state.step(step))
    if rollback and status is StepStatus.PENDING and (found := planned(state, step)) is not None:
        return StepStatus.NOT_NEEDED if found.need is Need.NOT_NEEDED else status
    return status


def _worth(status: StepStatus) -> int:
    """How late a count is given up."""
    order = [one for one in LEGEND if one not in LAST_TO_GO]
    return (
        len(order) - order.index(status)
        if status in order
        else len(LEGEND) + len(LAST_TO_GO) - LAST_TO_GO.index(status)
    )


def _count(counts: Mapping[StepStatus, int], status: StepStatus) -> str:
    return f"{glyph(status)} {counts[status]} {status.value}"


def _length(counts: Mapping[StepStatus, int], there: Iterable[StepStatus]) -> int:
    return cell_len(APART.join(_count(counts, status) for status in there))


def step_title(state: SessionState, step: Step, width: int) -> list[Piece]:
    """The number of the pane, the step's state and its title, or its short one: whole, or none where neither fits."""
    as_seen = seen(state, step)
    title = next((one for one in (step.title, step.short) if one and _fits(as_seen, one, width)), "")
    return [("2 ", NUMBER), (str(as_seen), as_seen.style), *([("  ", ""), (shown(title), "bold")] if title else [])]


def title_fits(state: SessionState, step: Step, width: int) -> bool:
    """Whether the frame has room for the whole of the step's title; where it has not, the card begins with it."""
    return _fits(seen(state, step), step.title, width)


def _fits(as_seen: Seen, title: str, width: int) -> bool:
    return cell_len(f"2 {as_seen}  {shown(title)}") <= width - BESIDE


def step_foot(moment: Moment, step: Step) -> list[Piece]:
    """What the runbook allows for the step, or at which attempt at its action it is."""
    attempts = [moment.state.attempts[number] for number in moment.state.step(step.id).attempts]
    if attempts:
        last = attempts[-1]
        tries = sum(attempt.action == last.action and attempt.host == last.host for attempt in attempts)
        return [(f"attempt {tries}", "$faint")] if tries > 1 else []
    budget, usual = budget_of(moment.state.runbook, step), moment.usual.get(step.id)
    words = [f"budget {clock_words(budget)}"] if budget else []
    words += [f"usually {clock_words(usual.median)}"] if usual and usual.median >= 1 else []
    return [(APART.join(words), "$faint")]


class Printed(Struct, frozen=True):
    """What the output's pane knows of itself: how much there is, whether it follows, what is out of sight, and `wrap`.

    That is the key which wraps the lines that are cut.
    """

    lines: int = 0
    size: int = 0
    following: bool = True
    sight: OutOfSight = OutOfSight()
    wrap: str = ""


def output_head(state: SessionState, number: int, width: int = 0) -> list[Piece]:
    """What the output is of: how its command ended, or that it runs; its time where a pane of this width has room."""
    pieces: list[Piece] = [("3 ", NUMBER), ("Output", "bold")]
    attempt = state.attempts.get(number)
    if attempt is None:
        return pieces
    if attempt.outcome is None:
        return [*pieces, ("  ", ""), ("▶ running", STYLES["live"])]
    sign, class_ = attempt_sign(attempt)
    words, timed = attempt_called(attempt), took_words(attempt.seconds)
    step = state.step(attempt.step)
    on_card = step.attempts[-1:] == (number,) or any(number in cells.values() for cells in step.cells.values())
    if attempt.outcome.kind is OutcomeKind.UNKNOWN and on_card:
        words = resolved_words(attempt) or attempt.outcome.kind.value.upper()  # the card says why, too
        timed = "" if resolved_words(attempt) else timed  # the decision took as long as it took
    words = f"{OUTSIDE_WORDS}: {words}" if attempt.outside else words
    fits = not width or cell_len(f"3 Output  {sign} {shown(words)}{timed}") <= width - BESIDE
    return [*pieces, ("  ", ""), (f"{sign} {words}{timed if fits else ''}", STYLES[class_])]


def output_foot(state: SessionState, number: int, printed: Printed, told: Sequence[str], width: int) -> list[Piece]:
    """What is said below the output, the last of it where it is narrow: whose it is and how much, whether it follows.

    Args:
        told: what comes first: what a search found, how the rest of the screen comes back.
    """
    attempt = state.attempts.get(number)
    first = [one for one in told if one]
    more: list[str] = []
    last: list[Piece] = []
    if attempt is not None:
        more = [f"attempt {number}{place_words(attempt)}"]
        more += [counted(printed.lines, "line"), figure(printed.size, "bytes")] if printed.lines else []
        last = _place(attempt.outcome is None, printed)
    while more and cell_len(APART.join([*first, *more, *(text for text, _ in last)])) > width - BESIDE:
        more.pop()
    if len(last) > 1 and cell_len(APART.join([*first, *(text for text, _ in last)])) > width - BESIDE:
        last.pop()
    pieces: list[Piece] = []
    for piece in [*((one, "") for one in (*first, *more)), *last]:
        pieces += [(APART, ""), piece] if pieces else [piece]
    return pieces


def _place(live: bool, printed: Printed) -> list[Piece]:
    """Where in the output one is, and the key that wraps its lines where they are cut."""
    below = printed.sight.below
    held: Piece = (f"{HELD} held{f', {below:,} below' if below else ''}", STYLES["turn"])
    last: list[Piece] = []
    if live:
        last = [(f"{FOLLOWING} following", "")] if printed.following else [held]
    elif printed.lines:
        last = [held] if below else [("end", "")]
    return [*last, (f"{printed.wrap} wraps", "")] if last and printed.wrap and printed.sight.cut else last
