"""The sessions that others write and that can be followed, in a table or for programs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from tui.errors import SessionError
from tui.sharing.handed_on import Beat
from tui.text.sanitise import sanitise

SILENT = 10.0
"""Seconds after which a session counts as one that nobody writes just now."""
LAST = "last"
"""What stands for a session's id."""


def live_report(beats: Sequence[Beat], as_json: bool, tell: Callable[[str], None], now: datetime | None = None) -> None:
    """Print the sessions that are handed on, the newest first."""
    if as_json:
        for beat in beats:
            tell(msgspec.json.encode(beat).decode())
        return
    if not beats:
        tell("nothing is shared now")
    for beat in beats:
        tell("  ".join(filter(None, _row(beat, now or datetime.now(UTC)))))


def newest(beats: Sequence[Beat], session: str) -> str:
    """The session of this id, or of the only one that begins or ends with it; "last" is the newest.

    Raises:
        SessionError: there is none, or more than one.
    """
    if session == LAST and beats:
        return beats[0].session
    names = [beat.session for beat in beats]
    found = [one for one in names if one == session or one.startswith(session) or one.endswith(session)]
    if len(found) != 1:
        what = "is more than one of the sessions that are shared" if found else "is not shared"
        raise SessionError(f"{session!r} {what}", "`runbook follow` lists what is")
    return found[0]


def to_take_over(beats: Sequence[Beat], session: str, now: datetime) -> str:
    """The same; "last" is the newest that somebody may have to take over.

    That is a production session whose writer is silent, before one that is live, before rehearsals; what is over is
    the last.

    Raises:
        SessionError: there is none, or more than one.
    """
    first = sorted(beats, key=lambda beat: (beat.over, bool(beat.drill), not _silent(beat, now)))
    return newest(first, session)


def _silent(beat: Beat, now: datetime) -> bool:
    return (now - beat.at).total_seconds() > SILENT


def _row(beat: Beat, now: datetime) -> list[str]:
    stands = beat.stands if beat.over else f"silent since {beat.at:%H:%M:%S} UTC" if _silent(beat, now) else "● live"
    who = f"{beat.operator} on {beat.machine}" if beat.machine else beat.operator
    told = (beat.session, stands, beat.title, beat.environment, who, "drill" if beat.drill else "")
    return [sanitise(one) for one in told]
