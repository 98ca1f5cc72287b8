"""A session of very many events is exported without all of them at once, and as if each had been looked at."""

import gc
import json
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest

from bench.support.large_session import large_session
from tui.exports.gathering import events_text
from tui.exports.gathering.events_text import EventsText
from tui.exports.gathering.series import Series
from tui.exports.json import write
from tui.exports.registry import render
from tui.exports.registry import write as write_export
from tui.exports.source import source
from tui.session import events as ev
from tui.session.journal.chain import ProvedBlock
from tui.session.journal.journal import read

BEGAN = datetime(2026, 11, 23, 2, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=5, minutes=45))

Value = tuple[datetime, float | None]


def highest(points: Sequence[Value], most: int) -> list[Value]:
    """What is drawn of these, by looking at each of them."""
    size = -(-len(points) // most)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [max(group, key=lambda one: float("-inf") if one[1] is None else one[1]) for group in groups]


@pytest.mark.parametrize("seed", range(20))
def test_a_course_is_drawn_from_the_highest_of_each_stretch(seed: int) -> None:
    luck = random.Random(seed)
    begins = luck.choice([BEGAN, BEGAN.astimezone(ELSEWHERE), BEGAN.replace(year=9000), BEGAN.replace(year=3)])
    every = timedelta(microseconds=luck.choice([1, 333_333, 30_000_000]))
    points = [(begins + place * every, luck.choice([None, 1.0, luck.random()])) for place in range(luck.randrange(90))]
    series, left = Series(), points
    while left:
        some = luck.randrange(1, 20)
        samples = [ev.Entry(0, at, 0.0, ev.MonitorSampled(monitor="m", value=value)) for at, value in left[:some]]
        series.add(samples)
        left = left[some:]
    found = list(series.highest(10)) if points else []
    assert found == (highest(points, 10) if points else [])
    assert [at.tzinfo for at, _ in found] == [begins.tzinfo for _ in found]


def held() -> int:
    """How many samples there are in the process, and a number that stays: each of them holds its type."""
    gc.collect()
    return sys.getrefcount(ev.MonitorSampled)


def test_what_monitors_measured_is_not_held(tmp_path: Path) -> None:
    directory = large_session(tmp_path, 3_000)
    before = held()
    made = source(directory)
    assert held() <= before  # others may let go of theirs meanwhile
    assert sum(len(one) for one in made.read.series.values()) + len(made.told) == len(list(read(directory.journal)))


def test_what_monitors_measured_is_read_out_of_the_lines_of_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 3_000)
    asked = []
    monkeypatch.setattr(ProvedBlock, "entries", property(asked.append))
    made = source(directory)
    assert asked == [], "no line becomes an entry"
    assert all(type(one) is ev.Entry for one in made.read.told), "but what is told"


def test_a_json_document_gathers_nothing_of_what_monitors_measured_and_a_page_looks_for_deviations_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 3_000)
    looked = []
    monkeypatch.setattr(Series, "add", lambda series, entries: looked.append(entries))
    write_export(directory, "json", BytesIO())
    assert looked == []
    monkeypatch.undo()
    monkeypatch.setattr("tui.exports.source.deviations", lambda state, told: looked.append(told) or [])
    monkeypatch.setattr("tui.session.report_card.report_card.deviations", lambda state, told: looked.append(told) or [])
    for form in ("md", "html"):
        write_export(directory, form, BytesIO())
        assert len(looked) == 1
        looked.clear()


def test_events_that_are_written_as_they_are_read_are_all_there_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 3_000)
    file = BytesIO()
    monkeypatch.setattr(events_text, "IN_MEMORY", 1000)  # so that it goes to a file without a name
    write(source(directory, text=EventsText(tmp_path)), file)
    assert file.getvalue() == render(source(directory), "json")
    assert [one["seq"] for one in json.loads(file.getvalue())["events"]] == [one.seq for one in read(directory.journal)]
    assert list(tmp_path.iterdir()) == [directory.path], "nothing is left beside it"
