"""Follow-ups as a calendar, read back by the library that phones' servers use."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.session.report.test_followups import END, TEXT, night
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import UsageError
from tui.exports.registry import render
from tui.exports.source import source
from tui.session.archive.known import KnownSessions
from tui.session.archive.store import Store
from tui.session.archive.ticking import listed, named, tick_off

LONG = "Review the metrics; then, with the team, " + "ü" * 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


def calendar(data: bytes) -> Calendar:
    found = Calendar.from_ical(data)
    assert isinstance(found, Calendar)
    return found


def test_every_follow_up_is_an_event_with_an_alarm(store: Store) -> None:
    directory = night(store)
    events = calendar(render(source(directory), "ics")).events
    assert [(str(one["SUMMARY"]), one.start) for one in events] == [
        ("Watch the errors", END + timedelta(hours=1)),
        ("Review the metrics", END + timedelta(hours=24)),
    ]
    for one in events:
        assert one.end - one.start == timedelta(minutes=15)
        assert one["UID"].endswith("@runbook")
        assert directory.id in one["DESCRIPTION"]
        (alarm,) = one.walk("VALARM")
        assert alarm["ACTION"] == "DISPLAY"
        assert alarm["TRIGGER"].dt == timedelta(0)
    assert events[0]["UID"] != events[1]["UID"]


def test_it_is_the_same_calendar_every_time(store: Store) -> None:
    directory = night(store)
    assert render(source(directory), "ics") == render(source(directory), "ics")


def test_one_that_is_done_says_so_and_rings_no_more(store: Store) -> None:
    directory = night(store)
    clock = FakeClock(datetime(2026, 11, 24, 5, tzinfo=UTC))
    before = calendar(render(source(directory), "ics")).events
    tick_off(store, named(listed(KnownSessions(store).all()).followups, "errors"), clock, "ben", "none, all is well")
    errors, review = calendar(render(source(directory), "ics")).events
    assert errors["UID"] == before[0]["UID"]
    assert errors["SUMMARY"] == "✔ Watch the errors"
    assert "by ben: none, all is well" in errors["DESCRIPTION"]
    assert errors.walk("VALARM") == []
    assert len(review.walk("VALARM")) == 1


def test_its_lines_are_those_of_the_specification(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.session.report.test_followups.TEXT", TEXT.replace("Review the metrics", LONG))
    data = render(source(night(store)), "ics")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert [str(one["SUMMARY"]) for one in calendar(data).events][1] == LONG


def test_a_rehearsal_is_marked(store: Store) -> None:
    events = calendar(render(source(night(store, drill="Calm")), "ics")).events
    assert str(events[0]["SUMMARY"]).startswith("DRILL ")


def test_without_follow_ups_there_is_no_calendar(store: Store) -> None:
    with pytest.raises(UsageError, match="has no follow-ups"):
        render(source(night(store, result="abandoned")), "ics")
