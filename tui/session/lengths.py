"""Says a length of time as people do, the same way on every screen and in every report."""

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
