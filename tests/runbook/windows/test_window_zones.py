"""Windows in every zone of the database for ten years, compared with a model that reads clocks minute by minute."""

import os
import zoneinfo
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.runbook.model import Weekday, Window
from tui.runbook.window import window_state

LONG = os.environ.get("RUNBOOK_ZONES") == "long"
ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"})
BEGIN, YEARS = datetime(2025, 1, 1, tzinfo=UTC), 10
HOURS = (("02:00", "03:00"), ("02:00", "04:00"), ("01:30", "02:15"), ("23:00", "01:00"), ("00:00", "00:30"))
EVERY_DAY = tuple(Weekday)
MINUTE = timedelta(minutes=1)


@cache
def clock_near(zone: str, around: datetime) -> tuple[list[datetime], list[datetime]]:
    """Every minute of some days, and the latest that clocks there have shown until then."""
    place, first = zoneinfo.ZoneInfo(zone), around.replace(second=0, microsecond=0) - timedelta(hours=56)
    moments = [first + number * MINUTE for number in range(112 * 60)]
    return moments, list(accumulate((moment.astimezone(place).replace(tzinfo=None) for moment in moments), max))


def shows(clock: tuple[list[datetime], list[datetime]], wall: datetime) -> datetime:
    """The first minute at which the clock shows `wall` or later."""
    moments, latest = clock
    return moments[bisect_left(latest, wall)]


def model(window: Window, now: datetime, around: datetime) -> timedelta | None:
    """How long the window is open still; None where it is not."""
    clock = clock_near(window.timezone, around)
    today = now.astimezone(zoneinfo.ZoneInfo(window.timezone)).date()
    for day in (today - timedelta(days=1), today):
        if day.isoformat() in window.frozen:
            continue
        wall, end_wall = wall_times(window, day)
        start, end = shows(clock, wall), shows(clock, end_wall)
        if end == start:
            end = start + (end_wall - wall)
        if (day + timedelta(days=1)).isoformat() in window.frozen:
            end = min(end, shows(clock, datetime.combine(day + timedelta(days=1), time())))
        if start <= now < end:
            return end - now
    return None


def wall_times(window: Window, day: date) -> tuple[datetime, datetime]:
    wall, end = (datetime.combine(day, time.fromisoformat(one)) for one in (window.starts, window.ends))
    return wall, end if end > wall else end + timedelta(days=1)


@cache
def changes(zone: str, years: int) -> tuple[datetime, ...]:
    """The moments at which the clocks of a zone change, found by halving the days on which they do."""
    place = zoneinfo.ZoneInfo(zone)
    found = []
    for number in range(365 * years):
        early, late = BEGIN + timedelta(days=number), BEGIN + timedelta(days=number + 1)
        if early.astimezone(place).utcoffset() == late.astimezone(place).utcoffset():
            continue
        while late - early > MINUTE:
            middle = early + (late - early) // 2
            same = middle.astimezone(place).utcoffset() == early.astimezone(place).utcoffset()
            early, late = (middle, late) if same else (early, middle)
        found.append(late.replace(second=0, microsecond=0))
    return tuple(found)


def differing() -> Iterator[tuple[str, datetime]]:
    """Each change of clocks to be tried: all of them, or of the many that are alike the first."""
    seen: set[tuple[object, ...]] = set()
    rules: set[tuple[object, ...]] = set()
    for zone in ZONES:
        place = zoneinfo.ZoneInfo(zone)
        rule = (BEGIN.astimezone(place).utcoffset(), changes(zone, YEARS if LONG else 1))
        if rule in rules:
            continue  # another name of a zone that was tried
        rules.add(rule)
        for change in changes(zone, YEARS if LONG else 1):
            before, after = (change - MINUTE).astimezone(place), change.astimezone(place)
            kind = (before.time(), after.time())
            if LONG or kind not in seen:
                seen.add(kind)
                yield zone, change


def test_a_window_is_open_as_a_clock_that_is_read_every_minute_says_around_every_change_of_clocks() -> None:
    count = 0
    for zone, change in differing():
        frozen = change.astimezone(zoneinfo.ZoneInfo(zone)).date().isoformat()
        for starts, ends in HOURS:
            for days_off in ((), (frozen,)):
                window = Window(days=EVERY_DAY, starts=starts, ends=ends, timezone=zone, frozen=days_off)
                for step in range(-16, 17):
                    now = change + step * timedelta(minutes=90)
                    state, left = window_state(window, now), model(window, now, change)
                    assert (state.left if state.inside else None) == left, (zone, change, starts, ends, days_off, now)
                    count += 1
        clock_near.cache_clear()
    assert count > 1000


@settings(deadline=None, max_examples=300 if LONG else 40)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 365 * YEARS * 1440 - 1),
    st.times().map(lambda at: at.strftime("%H:%M")),
    st.times().map(lambda at: at.strftime("%H:%M")),
    st.booleans(),
)
def test_at_any_minute_in_any_zone_it_says_what_the_clock_says(
    zone: str, minute: int, starts: str, ends: str, frozen: bool
) -> None:
    now = BEGIN + minute * MINUTE
    day = now.astimezone(zoneinfo.ZoneInfo(zone)).date().isoformat()
    window = Window(days=EVERY_DAY, starts=starts, ends=ends, timezone=zone, frozen=(day,) if frozen else ())
    state, left = window_state(window, now), model(window, now, now)
    clock_near.cache_clear()
    assert (state.left if state.inside else None) == left
    if not state.inside:
        assert state.opens is not None
        assert state.opens > now
        assert window_state(window, state.opens).inside


@pytest.mark.parametrize(
    ("zone", "now", "left"),
    [
        ("Europe/Berlin", "2026-03-29T00:30", timedelta(hours=1, minutes=30)),  # 01:30, and 02:00 to 03:00 is not
        ("Europe/Berlin", "2026-10-25T00:30", timedelta(hours=2, minutes=30)),  # 02:30, which comes again
        ("America/New_York", "2026-03-08T06:30", timedelta(hours=1, minutes=30)),
        ("America/New_York", "2026-11-01T05:30", timedelta(hours=3, minutes=30)),
        ("Australia/Lord_Howe", "2026-04-04T14:30", timedelta(hours=3)),  # by half an hour
        ("Australia/Lord_Howe", "2026-10-03T15:00", timedelta(hours=2)),
    ],
)
def test_what_is_left_is_true_hours_where_the_clocks_change_meanwhile(zone: str, now: str, left: timedelta) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    window = Window(days=EVERY_DAY, starts="01:00", ends="04:00", timezone=zone)
    assert window_state(window, at).left == left


def test_a_window_that_the_clocks_leap_over_opens_at_the_leap_for_as_long_as_ever() -> None:
    window = Window(days=(Weekday.SUN,), starts="02:00", ends="03:00", timezone="Europe/Berlin")
    leap = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert not window_state(window, leap - MINUTE).inside
    assert window_state(window, leap).left == timedelta(hours=1)
    assert not window_state(window, leap + timedelta(hours=1)).inside


def test_a_window_past_midnight_closes_where_a_frozen_day_begins_and_does_not_open_on_one() -> None:
    window = Window(days=EVERY_DAY, starts="23:00", ends="02:00", timezone="Europe/Berlin", frozen=("2026-12-24",))
    assert window_state(window, datetime(2026, 12, 23, 22, 30, tzinfo=UTC)).left == timedelta(minutes=30)
    midnight = window_state(window, datetime(2026, 12, 23, 23, 0, tzinfo=UTC))
    assert (midnight.inside, midnight.why) == (False, "2026-12-24 is frozen")
    assert not window_state(window, datetime(2026, 12, 24, 23, 30, tzinfo=UTC)).inside
    assert window_state(window, datetime(2026, 12, 25, 22, 30, tzinfo=UTC)).inside
