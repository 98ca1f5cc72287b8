"""Whether now is inside the deployment window, how long it lasts, and when the next one opens."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from tui.runbook.model import Weekday, Window

_DAYS = tuple(Weekday)


class WindowState(Struct, frozen=True):
    """The window as seen at one moment; `left` is the time until it closes, `opens` the start of the next one."""

    inside: bool
    left: timedelta = timedelta()
    opens: datetime | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """One line for the screen."""
        if self.left == timedelta.max:
            return "no window"
        if self.inside:
            return f"inside, {_words(self.left)} left"
        return f"outside: {self.why}"


def window_state(window: Window | None, now: datetime) -> WindowState:
    """Hold `now` (aware, any zone) against the window; a window that ends before it starts runs past midnight."""
    if window is None:
        return WindowState(inside=True, left=timedelta.max)
    zone = ZoneInfo(window.timezone)
    local = now.astimezone(zone)
    for day in (local.date() - timedelta(days=1), local.date()):
        start, end = _span(window, day, zone)
        if start <= local < end and not _closed(window, day):
            return WindowState(inside=True, left=end - local)
    opens = _next(window, local, zone)
    hours = f"{local:%a %H:%M} is not between {window.starts} and {window.ends} {window.timezone}"
    return WindowState(inside=False, opens=opens, why=_closed(window, local.date()) or hours)


def _span(window: Window, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time.fromisoformat(window.starts), zone)
    end = datetime.combine(day, time.fromisoformat(window.ends), zone)
    return start, end if end > start else end + timedelta(days=1)


def _closed(window: Window, day: date) -> str:
    """Why no window opens on this day; empty where one does."""
    if day.isoformat() in window.frozen:
        return f"{day.isoformat()} is frozen"
    if _DAYS[day.weekday()] not in window.days:
        return f"{day:%A} is not a deployment day"
    return ""


def _next(window: Window, local: datetime, zone: ZoneInfo) -> datetime | None:
    for ahead in range(0, 400):
        day = local.date() + timedelta(days=ahead)
        start, _ = _span(window, day, zone)
        if start > local and not _closed(window, day):
            return start
    return None


def _words(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m" if hours else f"{minutes} m"
