"""Says amounts as people do, the same way on every screen and in every report: times, counts, figures."""

from datetime import timedelta
from math import floor, isfinite, log10

MINUTE, HOUR, DAY = 60, 3600, 86400

LARGEST = 1e15
"""A larger number is not exact any more, and is written with its exponent."""
MOST_PLACES = 6
"""Digits of a number behind the point, at most."""

BYTES = ("bytes", "B")
"""How a runbook and a probe write the unit of a size."""

SECONDS = ("s", "seconds")
"""How a runbook and a probe write the unit of a time."""
LONG = 2 * MINUTE
"""Seconds from which nobody reads a time in seconds."""

SHORTEST = 0.05
"""A shorter time, in seconds, is not shown: what ran took none."""


def answer_time(length: float) -> str:
    """How long a host takes to answer, given in seconds: 41 ms, 1.2 s; never none at all."""
    return f"{max(1, round(length * 1000))} ms" if length < 0.9995 else f"{length:.1f} s"


def counted(number: int, thing: str) -> str:
    """A number of things in words: 1 step, 2 steps."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def differs(number: int) -> str:
    """How many are otherwise than the rest: 1 differs, 2 differ."""
    return f"{number:,} differs" if number == 1 else f"{number:,} differ"


def duration(length: float | timedelta | None) -> str:
    """How long something took or may take: 0.4 s, 4 s, 0:42, 12:40, 1 h 02 m.

    Each is written as in every other place, so that two of them can be compared; – for none, and for a negative one,
    by a clock that was set back.
    """
    if length is None:
        return "–"
    total = length.total_seconds() if isinstance(length, timedelta) else length
    if total < 0:
        return "–"
    if total < 9.95:
        return f"{round(total, 1):g} s"
    return clock_words(round(total)) if round(total) < HOUR else _hours(round(total / MINUTE))


def guessed(length: float | timedelta) -> str:
    """How long something is expected to take: ≈ 4 s, ≈ 6:45."""
    total = length.total_seconds() if isinstance(length, timedelta) else length
    return f"≈ {duration(round(total))}"


def took_words(length: float | None) -> str:
    """How long something took, to be put after what it came to: ` in 0:42`; nothing where it took no time."""
    return f" in {duration(length)}" if length is not None and length >= SHORTEST else ""


def took_cell(length: float | None) -> str:
    """How long something took, in a column; blank where it took no time."""
    return duration(length) if length is not None and length >= SHORTEST else ""


def took_clock(length: float) -> str:
    """How long something took that is over, in a column: < 1 s, 0:07, 15:40, 1:02:09; rounded as `duration` does it."""
    return clock_words(round(length)) if round(length) else "< 1 s"


def clock_words(length: float) -> str:
    """A length of time that ticks, or that stands in a column beside its budget: 0:07, 12:40, 1:02:09, 2 d 3 h."""
    if length >= DAY:
        return _hours(int(length) // MINUTE)
    minutes, rest = divmod(int(length), MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def roughly(length: float | timedelta) -> str:
    """A length of time that nobody needs to the second: what is left, how long ago: 40 s, 24 m, 1 h 28 m, 2 d 3 h."""
    total = round(length.total_seconds() if isinstance(length, timedelta) else length)
    return f"{total} s" if total < MINUTE else _hours(round(total / MINUTE))


def one_unit(length: float | timedelta) -> str:
    """A length of time in a column, by its largest unit alone: 40 s, 12 m, 3 h, 71 d."""
    total = length.total_seconds() if isinstance(length, timedelta) else length
    for unit, word in ((24 * HOUR, "d"), (HOUR, "h"), (MINUTE, "m")):
        if total >= (2 * unit if word == "d" else unit):
            return f"{int(total // unit)} {word}"
    return f"{int(max(0, total))} s"


def time_left(length: timedelta) -> str:
    """What is left of a time, never more than there is: 40 s, 9 m, 1 h 02 m."""
    total = int(length.total_seconds())
    return f"{total} s" if total < MINUTE else _hours(total // MINUTE)


def hours_clock(length: timedelta) -> str:
    """A length of time below a day in hours and minutes, as large figures count it down: 1:28."""
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    return f"{hours}:{minutes:02d}"


def took_spelled(length: float) -> str:
    """How long something took that is over, for people who do not know the program: < 1 s, 13 s, 38 min 12 s."""
    return spelled(timedelta(seconds=length)) if round(length) else "< 1 s"


def duration_spelled(length: float | timedelta | None) -> str:
    """How long something took or may take, each with its unit, for people who do not know the program.

    As `duration` below 10 s and for none, as `spelled` above: –, 0.4 s, 42 s, 12 min 40 s.
    """
    total = length.total_seconds() if isinstance(length, timedelta) else length
    return duration(total) if total is None or total < 9.95 else spelled(timedelta(seconds=total))


def spelled(length: timedelta) -> str:
    """A length of time in a message to people who do not know the program: 42 s, 2 min 15 s, 1 h 2 min, 1 d 19 h."""
    minutes, rest = divmod(round(max(length, timedelta()).total_seconds()), MINUTE)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (0 if days else minutes, "min"), (0 if days or hours else rest, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _hours(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    if days:
        return f"{days} d {rest} h" if rest else f"{days} d"
    if not hours:
        return f"{minutes} m"
    return f"{hours} h {minutes:02d} m" if minutes else f"{hours} h"


def within_words(length: float) -> str:
    """A round length of time: 15 minutes, 24 hours, 5 days, 1 week; else as any other."""
    for unit, name in ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if length >= unit * (2 if name == "day" else 1) and length % unit == 0:
            count = int(length // unit)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return duration(length)


def figure(value: float, unit: str) -> str:
    """A figure with its unit, in as few digits as tell it: 21.4 MiB, 0.18 s, 13.8 %, 1,204."""
    return size(value) if unit in BYTES else f"{digits(value)} {unit}".rstrip()


def exactly(value: float, unit: str = "") -> str:
    """A number as it is, to be compared with another: 1,204, 0.042 s; a size and a long time as people read them."""
    if unit in BYTES and abs(value) >= 1024:
        return size(value)
    if unit in SECONDS and value >= LONG and float(value).is_integer():
        return _time(int(value))
    if not isfinite(value) or abs(value) >= LARGEST:
        return f"{value:g} {unit}".rstrip()
    number = f"{value:,.10f}".rstrip("0").rstrip(".")
    return f"{number} {unit}".rstrip()


def _time(length: int) -> str:
    """A long time to the second: 5 m, 1 h 30 m, 1:00:01, 3 d, 1 d 19 h 6 m."""
    if length >= DAY and length % HOUR:
        return f"{_hours(length // MINUTE)} {_time(length % HOUR)}"
    hours, rest = divmod(length, HOUR)
    minutes, left = divmod(rest, MINUTE)
    if left:
        return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
    return f"{hours} h {minutes:02d} m" if hours and minutes else _hours(length // MINUTE)


def size(value: float) -> str:
    """A number of bytes in words: 512 B, 21.4 MiB."""
    unit = "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1023.5 or unit == "TiB":
            break
        value /= 1024
    return f"{digits(value)} {unit}"


def digits(value: float) -> str:
    """A number in three digits or in all that stand before the point, never with an exponent: 0.00042, 13.8, 1,204."""
    if not isfinite(value):
        return str(value)
    before = 0 if value == 0 else floor(log10(abs(value))) + 1
    return f"{value:,.0f}" if before >= 3 else f"{value:,.{min(3 - before, MOST_PLACES)}f}".rstrip("0").rstrip(".")
