"""What a deployment leaves behind: when it is due, and that ticking it off changes nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import SessionError, UsageError
from tui.headless.followups import report
from tui.session import events as ev
from tui.session.archive.known import KnownSessions
from tui.session.archive.store import SessionDirectory, Store
from tui.session.archive.ticking import Listed, listed, named, tick_off
from tui.session.journal.journal import Journal, verify
from tui.session.views.followups import followups

TEXT = (
    SMALL
    + """
[flows.verify]
title = "Verify"
kind = "verify"
sections = ["before"]
[[followups]]
id = "review"
title = "Review the metrics"
within = "24h"
[[followups]]
id = "errors"
title = "Watch the errors"
within = "1h"
"""
)
END = datetime(2026, 11, 24, 2, 0, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


def night(
    store: Store, result: str = "completed", flow: str = "deploy", drill: str = "", rollback: bool = False
) -> SessionDirectory:
    """A session that ended at END; `result` is empty for one that did not."""
    clock = FakeClock()
    directory, journal = store.create(flow, TEXT, clock)
    journal.append(
        ev.SessionStarted(
            session=directory.id, flow=flow, operator="ana", title="Shop", runbook_hash="", drill=drill, method="docker"
        )
    )
    clock.advance(30)
    if rollback:
        journal.append(ev.RollbackStarted(flow="rollback", operator="ana", reason="errors"))
    if result:
        journal.append(ev.SessionFinished(result=result, operator="ana"))
    journal.close()
    return directory


def due(directory: SessionDirectory) -> list[tuple[str, timedelta]]:
    _, state = directory.load()
    return [(one.followup.id, one.due - END) for one in followups(state)]


def test_they_are_due_from_the_end_on_the_first_first(store: Store) -> None:
    assert due(night(store)) == [("errors", timedelta(hours=1)), ("review", timedelta(hours=24))]


@pytest.mark.parametrize(
    "left", [{"result": "abandoned"}, {"result": "rolled back", "rollback": True}, {"flow": "verify"}, {"result": ""}]
)
def test_what_was_not_deployed_leaves_nothing(store: Store, left: dict[str, str]) -> None:
    assert due(night(store, **left)) == []


@pytest.mark.parametrize(
    ("later", "words", "overdue"),
    [
        (timedelta(0), "due in 1 h", False),
        (timedelta(minutes=20), "due in 40 m", False),
        (timedelta(hours=1), "due now", False),
        (timedelta(hours=3, minutes=10), "overdue by 2 h 10 m", True),
    ],
)
def test_when_it_is_due_in_words(store: Store, later: timedelta, words: str, overdue: bool) -> None:
    _, state = night(store).load()
    one = followups(state)[0]
    assert one.words(END + later) == words
    assert one.overdue(END + later) is overdue


def test_ticking_one_off_is_recorded_in_its_session_which_stays_finished(store: Store) -> None:
    directory = night(store)
    clock = FakeClock(END + timedelta(days=2))
    tick_off(store, named(listed(KnownSessions(store).all()).followups, "errors"), clock, "ben", "none seen")
    _, state = directory.load()
    assert state.finished is not None
    assert state.finished_at == END
    errors, review = followups(state)
    assert errors.done is not None
    assert errors.words(END) == "done 2026-11-26 02:00 UTC by ben: none seen"
    assert review.done is None
    assert verify(directory.journal).count == 3
    assert [one.followup.id for one in listed(KnownSessions(store).all()).followups] == ["review"]
    assert [one.owing for one in KnownSessions(store).listed()] == [1]
    assert [one.followup.id for one in listed(KnownSessions(store).all(), done=True).followups] == ["errors", "review"]


def test_what_is_done_is_not_done_again(store: Store) -> None:
    night(store)
    one = named(listed(KnownSessions(store).all()).followups, "errors")
    tick_off(store, one, FakeClock(), "ana")
    with pytest.raises(UsageError, match="Watch the errors was done .* by ana"):
        tick_off(store, one, FakeClock(), "ben")


def test_a_session_that_is_open_elsewhere_says_so(store: Store) -> None:
    directory = night(store)
    one = named(listed(KnownSessions(store).all()).followups, "errors")
    held = Journal.open(directory.journal, FakeClock())
    with pytest.raises(SessionError, match="open"):
        tick_off(store, one, FakeClock(), "ana")
    held.close()


def test_rehearsals_are_listed_by_themselves(store: Store) -> None:
    night(store, drill="Calm")
    assert listed(KnownSessions(store).all()).followups == ()
    assert len(listed(KnownSessions(store).all(), drill=True).followups) == 2


def test_one_is_named_by_its_session_where_several_have_it(store: Store) -> None:
    first, second = night(store), night(store)
    found = listed(KnownSessions(store).all()).followups
    with pytest.raises(SessionError, match="2 sessions have a follow-up 'errors'"):
        named(found, "errors")
    assert named(found, "errors", second.id).session == second.id
    assert named(found, "errors", first.id[-6:]).session == first.id
    with pytest.raises(SessionError, match="no session has a follow-up 'nonsense'"):
        named(found, "nonsense")


def test_the_report_tells_what_is_overdue_by_its_exit_status(store: Store) -> None:
    directory = night(store)
    said: list[str] = []
    assert report(listed(KnownSessions(store).all()), END, False, said.append) == 0
    assert report(listed(KnownSessions(store).all()), END + timedelta(hours=2), False, said.append) == 20
    assert "◆ due in 1 h" in said[0]
    assert "✖ overdue by 1 h" in said[1]
    assert directory.id in said[1]
    assert report(listed(KnownSessions(store).all()), END + timedelta(hours=2), True, said.append) == 20
    records = msgspec.json.decode(said[2])
    assert [(one["id"], one["overdue"]) for one in records] == [("errors", True), ("review", False)]
    assert report(Listed(()), END, False, said.append) == 0
    assert said[3] == "nothing is left to do"


def test_a_session_that_cannot_be_read_is_told(store: Store) -> None:
    directory = night(store)
    directory.journal.write_bytes(b"nonsense\n")
    said: list[str] = []
    report(listed(KnownSessions(store).all()), END, False, said.append)
    assert said[0] == "nothing is left to do"
    assert f"{directory.id} cannot be read" in said[1]
