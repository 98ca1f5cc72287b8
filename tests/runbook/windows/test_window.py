from datetime import UTC, datetime, timedelta, timezone

import pytest

from tui.runbook.model import Weekday, Window
from tui.runbook.templates.variables import time_values
from tui.runbook.window import window_state

NIGHTS = Window(days=(Weekday.TUE, Weekday.WED, Weekday.THU), starts="02:00", ends="04:00", frozen=("2026-11-26",))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-11-24T02:00:00", timedelta(hours=2)),
        ("2026-11-24T03:59:59", timedelta(seconds=1)),
        ("2026-11-25T02:08:00", timedelta(hours=1, minutes=52)),
    ],
)
def test_inside_says_how_long_is_left(now: str, left: timedelta) -> None:
    state = window_state(NIGHTS, at(now))
    assert (state.inside, state.left) == (True, left)


@pytest.mark.parametrize(
    ("now", "why", "opens"),
    [
        ("2026-11-24T01:59:59", "Tue 01:59 is not between 02:00 and 04:00 UTC", "2026-11-24T02:00:00"),
        ("2026-11-24T04:00:00", "Tue 04:00 is not between 02:00 and 04:00 UTC", "2026-11-25T02:00:00"),
        ("2026-11-26T03:00:00", "2026-11-26 is frozen", "2026-12-01T02:00:00"),
        ("2026-11-27T03:00:00", "Friday is not a deployment day", "2026-12-01T02:00:00"),
    ],
)
def test_outside_says_why_and_when_the_next_opens(now: str, why: str, opens: str) -> None:
    state = window_state(NIGHTS, at(now))
    assert (state.inside, state.why, state.opens) == (False, why, at(opens))


def test_a_window_past_midnight_belongs_to_the_day_it_starts() -> None:
    late = Window(days=(Weekday.TUE,), starts="23:00", ends="01:00")
    assert window_state(late, at("2026-11-25T00:30:00")).left == timedelta(minutes=30)
    assert not window_state(late, at("2026-11-26T00:30:00")).inside


def test_the_words_a_tired_person_reads() -> None:
    assert window_state(NIGHTS, at("2026-11-25T02:08:00")).words == "inside, 1 h 52 m left"
    assert window_state(None, at("2026-11-25T02:08:00")).words == "no window"


def test_the_zone_of_the_window_counts() -> None:
    berlin = Window(days=(Weekday.TUE,), starts="02:00", ends="04:00", timezone="Europe/Berlin")
    assert window_state(berlin, at("2026-11-24T01:30:00")).left == timedelta(hours=1, minutes=30)


def test_the_time_in_a_text_is_that_of_its_minute_and_zone() -> None:
    def window_times(*moments: datetime) -> list[str]:
        return [time_values(one, NIGHTS)["window_time"] for one in moments]

    first = at("2026-11-24T02:30:00")
    there = first.astimezone(timezone(timedelta(hours=1)))
    assert first == there
    moments = (first, first + timedelta(seconds=59), first + timedelta(minutes=1), there, at("2026-11-24T04:00:00"))
    assert window_times(*moments) == ["02:30", "02:30", "02:31", "03:30", "02:00"]
