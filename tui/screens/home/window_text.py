"""Decides what the frame of the deployment window says: open or closed, how long, until when a rollback fits."""

from datetime import datetime, timedelta
from textwrap import wrap

from msgspec import Struct

from tui.runbook.facts import flow_of_kind
from tui.runbook.model import FlowKind, Runbook, Weekday, Window, seconds
from tui.runbook.window import WindowState, next_opening, window_state
from tui.text.amounts import hours_clock, roughly, time_left
from tui.text.block import Piece
from tui.widgets.looks.bars import bar
from tui.widgets.looks.fitting import clipped, width_of

Lines = list[list[Piece]]
NO_WINDOW = "No window: a deployment may begin at any time."
OPEN, CLOSED = " ● OPEN ", " ◌ CLOSED "
GOOD, LATE, SOON = "$st-good", "$st-bad", "$st-turn"
DAY = timedelta(days=1)
"""As long a time, or a longer one, is counted down in days and hours."""


class WindowSeen(Struct, frozen=True):
    """The deployment window at a time: how it stands, when the next one opens, how long a rollback may take."""

    now: datetime
    state: WindowState
    following: datetime | None = None
    back: timedelta = timedelta()

    @property
    def always(self) -> bool:
        """Whether the runbook has no window."""
        return self.state.left == timedelta.max

    @property
    def closes(self) -> datetime:
        """When the window that is open closes, in its own zone."""
        end = self.now + self.state.left
        return end.astimezone(self.state.since.tzinfo) if self.state.since else end

    @property
    def tone(self) -> str:
        """The colour of the frame."""
        if self.always:
            return ""
        if not self.state.inside:
            return SOON
        return LATE if self.state.left <= self.back else GOOD


def window_seen(runbook: Runbook, now: datetime) -> WindowSeen:
    """How the window of a runbook stands."""
    flow = flow_of_kind(runbook, FlowKind.ROLLBACK)
    back = timedelta(seconds=seconds(runbook.flows[flow].budget)) if flow else timedelta()
    following = next_opening(runbook.window, now) if runbook.window else None
    return WindowSeen(now, window_state(runbook.window, now), following, back)


def hours_line(runbook: Runbook) -> list[Piece]:
    """When the window opens each week, for the frame: Tue Wed 02:00–04:00 UTC."""
    window = runbook.window
    if window is None:
        return []
    return [(f"{_days(window)} {window.starts}–{window.ends} {window.timezone}", "")]


def _days(window: Window) -> str:
    """The days of a window in the week's order; four and more that follow each other as the first and the last."""
    week = list(Weekday)
    days = sorted({week.index(day) for day in window.days})
    names = [week[day].value.title() for day in days]
    together = days and days[-1] - days[0] == len(days) - 1
    return f"{names[0]}–{names[-1]}" if together and len(days) > 3 else " ".join(names)


def countdown(seen: WindowSeen) -> tuple[str, str]:
    """The large figures and what they are: 1:28, hours left; 1, day and 19 h to go."""
    if seen.always:
        return "", ""
    if seen.state.inside:
        return _counted(seen.state.left, "left")
    return _counted(seen.following - seen.now, "to go") if seen.following else ("", "")


def _counted(length: timedelta, of: str) -> tuple[str, str]:
    if length < DAY:
        return hours_clock(length), f"hours {of}"
    days, rest = divmod(length, DAY)
    hours = rest // timedelta(hours=1)
    return f"{days}", f"day{'s' if days > 1 else ''}{f' and {hours} h' if hours else ''} {of}"


def beside_lines(seen: WindowSeen, width: int) -> Lines:
    """What stands beside the large figures."""
    _, unit = countdown(seen)
    if seen.state.inside:
        lines: Lines = [[(OPEN, f"bold $background on {seen.tone}"), (f"  until {seen.closes:%H:%M}", "")]]
        return [clipped(line, width) for line in [*lines, [(unit, "$soft")], _fits(seen)]]
    lines = [[(CLOSED, f"bold $background on {seen.tone}")], [(unit, "$soft")]]
    return [clipped(line, width) for line in lines]


def below_lines(seen: WindowSeen, width: int) -> Lines:
    """What stands below them: the window as a bar, and the next one."""
    if seen.always:
        return [[(line, "$soft")] for line in wrap(NO_WINDOW, max(1, width))]
    if seen.state.inside:
        return [_bar(seen, width), [], _next(seen, width)]
    return [[], clipped([(seen.state.why, "$soft")], width), _next(seen, width, counted=True)]


def small_lines(seen: WindowSeen, width: int, height: int) -> Lines:
    """All of it in a small frame; what is last, and blank rows before all, go first."""
    if seen.always:
        return below_lines(seen, width)[:height]
    head: list[Piece] = [(OPEN if seen.state.inside else CLOSED, f"bold $background on {seen.tone}"), ("  ", "")]
    if seen.state.inside:
        head += [(time_left(seen.state.left), f"bold {seen.tone}"), (" left", "$soft")]
        lines = [head, _bar(seen, width), _fits(seen), [], _next(seen, width)]
    else:
        lines = [head, [(seen.state.why, "$soft")], [], _next(seen, width)]
    if len(lines) > height:
        lines = [line for line in lines if line]
    return [clipped(line, width) for line in lines[:height]]


def _bar(seen: WindowSeen, width: int) -> list[Piece]:
    since = seen.state.since or seen.now
    gone, whole = seen.now - since, seen.closes - since
    ends = [(f"{since:%H:%M} ", "$soft")], [(f" {seen.closes:%H:%M}", "$soft")]
    room = max(0, width - width_of(ends[0]) - width_of(ends[1]))
    return [*ends[0], *bar(room, gone / whole if whole else 1.0, seen.tone), *ends[1]]


def _fits(seen: WindowSeen) -> list[Piece]:
    """Until when a rollback that takes what the runbook allows is over before the window closes."""
    if not seen.back:
        return []
    if seen.state.left <= seen.back:
        return [("▲ a rollback no longer fits", f"bold {LATE}")]
    return [("rollback fits until ", "$soft"), (f"{seen.closes - seen.back:%H:%M}", "bold")]


def _next(seen: WindowSeen, width: int, counted: bool = False) -> list[Piece]:
    """When the next one opens, and in how long, unless that is counted down above."""
    if seen.following is None:
        return [("no other opens within a year", "$soft")]
    opens = seen.following
    line: list[Piece] = [("next  ", "$soft"), (f"{opens:%a} {opens.day} {opens:%b} {opens:%H:%M}", "")]
    ahead: list[Piece] = [("" if counted else f"  in {roughly(opens - seen.now)}", "$soft")]
    own = opens.astimezone()
    local: list[Piece] = [(f"  {own:%H:%M} {own.tzname()}", "$soft")] if own.utcoffset() != opens.utcoffset() else []
    for more in ([*ahead, *local], ahead):
        if width_of([*line, *more]) <= width:
            return [*line, *more]
    return clipped(line, width)
