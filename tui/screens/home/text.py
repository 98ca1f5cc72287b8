"""Says when something is, in UTC and where the operator sits; the colours of what is good, bad and of little weight."""

from datetime import datetime

GOOD, BAD, QUIET = "$st-good", "bold $st-bad", "$faint"


def when(at: datetime) -> str:
    """A moment in UTC, with the local time beside it where that differs."""
    local = at.astimezone()
    beside = f" ({local:%H:%M} {local.tzname()})" if local.utcoffset() else ""
    return f"{at:%Y-%m-%d %H:%M} UTC{beside}"
