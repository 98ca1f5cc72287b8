"""Says amounts as people do, the same way on every screen and in every report: times, counts, figures."""

from datetime import timedelta


def counted(number: int, thing: str) -> str:
    """So many of a thing: 1 step, 2 steps."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def duration(length: float | timedelta | None) -> str:
    """A length of time as people say it: 0.4 s, 42 s, 3 m 10 s, 1 h 02 m; – for a negative one, by a clock set back."""
    if length is None:
        return "–"
    total = length.total_seconds() if isinstance(length, timedelta) else length
    if total < 0:
        return "–"
    if total < 10:
        return f"{total:.1f} s"
    minutes, rest = divmod(round(total), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} m"
    return f"{minutes} m {rest:02d} s" if minutes else f"{rest} s"


def clock_words(length: float) -> str:
    """A length of time that ticks: 0:07, 12:40, 1:02:09."""
    minutes, rest = divmod(int(length), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def within_words(length: float) -> str:
    """A round length of time: 1 hour, 24 hours, 1 week; else as any other."""
    for unit, name in ((604800, "week"), (3600, "hour"), (60, "minute")):
        if length >= unit and length % unit == 0:
            count = int(length // unit)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return duration(length)


def time_left(length: timedelta) -> str:
    """What is left of a time, in whole minutes and never more than there is: 9 m, 1 h 02 m."""
    hours, minutes = divmod(int(length.total_seconds() // 60), 60)
    return f"{hours} h {minutes:02d} m" if hours else f"{minutes} m"


def figure(value: float, unit: str) -> str:
    """A figure with its unit, in as few digits as tell it."""
    if unit == "bytes":
        for word in ("B", "KiB", "MiB", "GiB"):
            if value < 1024 or word == "GiB":
                return f"{value:.3g} {word}"
            value /= 1024
    return f"{value:.3g} {unit}".rstrip()
