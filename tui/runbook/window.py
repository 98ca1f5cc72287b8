"""Whether now is inside the deployment window, how long it lasts, and when the next one opens."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct

from tui.runbook.model import Weekday, Window
from tui.text.amounts import time_left

_DAYS = tuple(Weekday)


class WindowState(Struct, frozen=True):
    """The window as seen at one moment; `left` is the time until it closes, `opens` the start of the next one.

    `since` is when the one that is open opened.
    """

    inside: bool
    left: timedelta = timedelta()
    opens: datetime | None = None
    why: str = ""
    since: datetime | None = None

    @property
    def words(self) -> str:
        """One line for the screen."""
        if self.left == timedelta.max:
            return "no window"
        if self.inside:
            return f"inside, {time_left(self.left)} left"
        return f"outside: {self.why}"


def window_state(window: Window | None, now: datetime) -> WindowState:
    """Hold `now` (aware, any zone) against the window; a window that ends before it starts runs past midnight.

    Everything is compared and subtracted in UTC: on a day when the clocks change, wall times are not a count of hours.
    """
    if window is None:
        return WindowState(inside=True, left=timedelta.max)
    zone, now = _zone(window), now.astimezone(UTC)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=apart) for apart in (-1, 0)]
    for day in days:
        start, end = _span(window, day, zone)
        if start <= now < end and not _closed(window, day):
            return WindowState(inside=True, left=end - now, since=start.astimezone(zone))
    local = now.astimezone(zone)
    hours = f"{local:%a %H:%M} is not between {window.starts} and {window.ends} {window.timezone}"
    return WindowState(inside=False, opens=_next(window, now, today, zone), why=_closed(window, today) or hours)


def next_opening(window: Window, now: datetime) -> datetime | None:
    """When the window opens next after `now`, also while one is open, in its own zone; None where none does."""
    zone = _zone(window)
    return _next(window, now.astimezone(UTC), now.astimezone(zone).date(), zone)


def _zone(window: Window) -> tzinfo:
    """The window's zone; what reads those of the machine is loaded where another than UTC is meant: it takes 6 ms."""
    if window.timezone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(window.timezone)


@lru_cache(maxsize=64)
def _span(window: Window, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """When the window of a day opens and closes, in UTC; it closes where a frozen day begins."""
    starts, ends = time.fromisoformat(window.starts), time.fromisoformat(window.ends)
    until = day if ends > starts else day + timedelta(days=1)
    length = datetime.combine(until, ends) - datetime.combine(day, starts)
    start, end = _moment(day, starts, zone), _moment(until, ends, zone)
    if end <= start:  # the clocks leap over the whole of it
        end = start + length
    tomorrow = day + timedelta(days=1)
    if tomorrow.isoformat() in window.frozen:
        end = min(end, _moment(tomorrow, time(), zone))
    return start, end


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    """The first moment, in UTC, at which clocks there show this time of this day or a later one."""
    wall = datetime.combine(day, at)
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    if before >= after:  # the time comes once, or twice: then its first one counts, which `fold=0` is
        return after
    while after - before > timedelta(seconds=1):  # the clocks leap over it: the moment of the leap
        middle = before + (after - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _closed(window: Window, day: date) -> str:
    """Why no window opens on this day; empty where one does."""
    if day.isoformat() in window.frozen:
        return f"{day.isoformat()} is frozen"
    if _DAYS[day.weekday()] not in window.days:
        return f"{day:%A} is not a deployment day"
    return ""


def _next(window: Window, now: datetime, today: date, zone: tzinfo) -> datetime | None:
    for ahead in range(0, 400):
        day = today + timedelta(days=ahead)
        if _closed(window, day):
            continue
        start, _ = _span(window, day, zone)
        if start > now:
            return start.astimezone(zone)
    return None
