"""Which of the sessions that are shared is meant by "last": the newest to follow, the silent one to take over."""

from datetime import UTC, datetime, timedelta

import pytest

from tui.errors import SessionError
from tui.headless.live_sessions import newest, to_take_over
from tui.sharing.handed_on import Beat

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


def beat(session: str, silent: float = 0.0, drill: str = "", over: bool = False) -> Beat:
    return Beat(
        session=session, at=NOW - timedelta(seconds=silent), epoch=1, count=9, head="ab", drill=drill, over=over
    )


@pytest.mark.parametrize(
    ("beats", "meant"),
    [
        ([beat("drill", drill="Disk full"), beat("silent", 90)], "silent"),
        ([beat("live"), beat("silent", 90)], "silent"),
        ([beat("drill", 90, "Disk full"), beat("live")], "live"),
        ([beat("over", 90, over=True), beat("drill", 90, "Disk full")], "drill"),
        ([beat("live-drill", drill="Disk full"), beat("silent-drill", 90, "Disk full")], "silent-drill"),
        ([beat("newer", 30), beat("older", 90)], "newer"),
        ([beat("over", 90, over=True)], "over"),
    ],
)
def test_to_take_over_last_is_what_is_silent_and_of_production(beats: list[Beat], meant: str) -> None:
    assert to_take_over(beats, "last", NOW) == meant
    assert newest(beats, "last") == beats[0].session, "to follow, it is the newest"


def test_an_id_is_the_session_of_this_id() -> None:
    beats = [beat("20261129T02-a", 90), beat("20261129T02-b", drill="Disk full")]
    assert to_take_over(beats, "02-b", NOW) == "20261129T02-b"
    with pytest.raises(SessionError, match="more than one"):
        to_take_over(beats, "2026", NOW)
    with pytest.raises(SessionError, match="is not shared"):
        to_take_over([], "last", NOW)
