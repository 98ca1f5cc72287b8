"""What monitors measure is kept compactly, and is the same as if each sample had a line of its own."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.harness.examples import examples
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.recorded import TEXT
from tui.errors import JournalDamaged, JournalUnwritable
from tui.exports.gathering.gathered import gathered
from tui.exports.measured import courses
from tui.exports.source import Source
from tui.resources import bundled
from tui.runbook.model import Runbook, seconds
from tui.runbook.reading.load import load, load_text
from tui.session import events as ev
from tui.session.folding.fold import fold
from tui.session.journal.chain import START, digest, encode, walk
from tui.session.journal.durable import Disk
from tui.session.journal.journal import Journal, read, verify
from tui.session.journal.pending_samples import GATHERED, pending_path
from tui.session.state import SessionState
from tui.widgets.graph.monitored import failed_words, graphed, value_words

MONITORS = ("load", "shares")
RUNBOOK = (
    TEXT
    + """
[monitors.shares]
title = "Errors"
run = "errors"
share_of = 'of ([0-9]+)'
number = { name = "errors", unit = "%" }
[triggers.shares]
monitor = "shares"
above = 5
for = "2m"
reason = "errors"
"""
)
NIGHT, MOST = 8 * 3600.0, 300_000
"""Seconds of a night, and the bytes that what nine monitors measured in it may take."""

quickly = Disk(sync=lambda fd: None)


class SetClock(FakeClock):
    """A clock that somebody sets while it runs."""

    def set(self, seconds: float) -> None:
        self.start += timedelta(seconds=seconds)


numbers = st.one_of(
    st.none(),
    st.integers(0, 200).map(float),
    st.floats(0, 100).map(lambda value: round(value, 4)),
    st.floats(allow_nan=False, allow_infinity=False),
)
millis = st.integers(0, 60_000).map(lambda one: one / 1000)
samples = st.builds(
    ev.MonitorSampled,
    monitor=st.sampled_from(MONITORS),
    value=numbers,
    detail=st.sampled_from(("", "no answer", "Größe \x1b[31m\n", "refused")),
    clock=st.one_of(millis, st.floats(0, 1e6)),
    took=st.one_of(millis, st.floats(0, 30)),
    failed=st.booleans(),
    of=st.sampled_from((0.0, 7.0, 1203.0, 0.5)),
)
others = st.sampled_from((ev.NoteAdded(text="seen", operator="ana"), ev.BaselineTaken(operator="ana")))
passing = st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 90))
happening = st.one_of(
    st.tuples(st.just("append"), samples),
    st.tuples(st.just("append"), samples),
    st.tuples(st.just("append"), others),
    st.tuples(st.sampled_from(("open", "position", "kill")), st.none()),
    st.tuples(st.just("set"), st.floats(-3600, 3600)),
)


class Night:
    """A session of which only what is measured is written, as the program writes it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock, self.path = SetClock(), folder / "journal.jsonl"
        self.path.unlink(missing_ok=True)
        pending_path(self.path).unlink(missing_ok=True)
        self.journal = Journal.create(self.path, self.clock, quickly)
        self.written: list[ev.Entry] = []

    def happens(self, what: str, of: object) -> None:
        if isinstance(of, ev.Event):
            self.written.append(self.journal.append(of))  # type: ignore[arg-type]  # one of the samples or others
        elif isinstance(of, float):
            self.clock.set(of)
        elif what == "position":
            assert self.journal.position() == (verify(self.path).count, verify(self.path).head)
        else:
            if what == "open":
                self.journal.close()
            else:
                self.journal._lock.release()  # the process was killed: nobody closed anything
            self.journal = Journal.open(self.path, self.clock, quickly)

    def close(self) -> None:
        self.journal.close()


def one_by_one(path: Path, entries: list[ev.Entry]) -> None:
    """The same journal as an older program wrote it, with a line for each."""
    head = START
    with path.open("wb") as file:
        for number, entry in enumerate(entries):
            line = encode(replace(entry, seq=number), head)
            file.write(line + b"\n")
            head = digest(line)


def told(runbook: Runbook, path: Path) -> tuple[SessionState, list[object]]:
    """A journal's state without its numbers of lines, and what graphs and reports make of it."""
    entries = tuple(read(path))
    state = replace(fold(runbook, entries), seq=0, changed_seq=0)
    shown: list[object] = [graphed(state, name) for name in MONITORS]
    for name, monitored in state.monitors.items():
        monitor = runbook.monitors[name]
        shown += [value_words(monitor, monitored), failed_words(monitor, monitored)]
    made = courses(Source("s", runbook, gathered(runbook, entries), path.parent))
    return state, [*shown, *made, *(one.words for one in made)]


@given(st.lists(st.tuples(passing, happening), max_size=25))
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_series_is_the_same_as_written_one_by_one(
    tmp_path: Path, series: list[tuple[float, tuple[str, object]]]
) -> None:
    runbook, night = load_text(RUNBOOK, "runbook.toml"), Night(tmp_path)
    for passed, (what, of) in series:
        night.clock.advance(passed)
        night.happens(what, of)
        assert list(read(night.path)) == night.written
    night.close()
    assert list(read(night.path)) == night.written
    assert not pending_path(night.path).exists()
    old = tmp_path / "old.jsonl"
    one_by_one(old, night.written)
    assert told(runbook, night.path) == told(runbook, old)


def test_a_night_of_nine_monitors_takes_few_bytes(tmp_path: Path) -> None:
    """Every monitor of the bundled runbook that one method has, as often as it is measured, for eight hours."""
    runbook, night = load(bundled("runbook.toml")), Night(tmp_path)
    monitors = {name: monitor for name, monitor in runbook.monitors.items() if name != "celery_workers_a"}
    due = sorted(
        (0.4 * place + turn * seconds(monitor.every) + 0.001 * (turn * 37 % 90), name)
        for place, (name, monitor) in enumerate(monitors.items())
        for turn in range(int(NIGHT / seconds(monitor.every)))
    )
    for number, (at, name) in enumerate(due):
        night.clock.advance(at - night.clock.monotonic())
        clock = round(night.clock.monotonic() - 0.001 * (number % 3), 3)  # it is looked at before the journal's is
        value = round(0.1 + number * 7919 % 1000 / 2345, 4) if name == "response_time" else float(number * 31 % 97)
        of = float(number % 1500) if name == "error_rate" else 0.0
        took = (20 + number * 131 % 300) / 1000
        night.journal.append(ev.MonitorSampled(monitor=name, value=value, clock=clock, took=took, of=of))
    night.close()
    size, before = night.path.stat().st_size, tmp_path / "old.jsonl"
    one_by_one(before, list(read(night.path)))
    assert (len(monitors), len(list(read(night.path)))) == (9, len(due))
    assert size < MOST, f"{size} bytes, {before.stat().st_size} with a line each"
    assert size < before.stat().st_size / 8


def sampled(value: float) -> ev.MonitorSampled:
    return ev.MonitorSampled(monitor="load", value=value)


def test_a_sample_is_on_the_disk_before_it_is_anybodys(tmp_path: Path) -> None:
    night, calls = Night(tmp_path), list[str]()
    night.close()
    night.journal = Journal.open(night.path, night.clock, Disk(sync=lambda fd: calls.append("sync")))
    calls.clear()
    night.journal.append(sampled(1))
    assert calls == ["sync"]
    assert [entry.event for entry in read(night.path)] == [sampled(1)]
    assert not night.path.read_bytes(), "it has no line of its own yet"
    night.journal.append(ev.NoteAdded(text="x", operator="ana"))
    assert [len(line.entries) for line in walk(night.path)] == [1, 1]
    assert calls == ["sync", "sync"], "what follows is written with them in one piece"
    night.close()


def test_samples_are_put_into_a_line_after_three_minutes(tmp_path: Path) -> None:
    night = Night(tmp_path)
    for number in range(5):
        night.happens("append", sampled(number))
        night.clock.advance(GATHERED / 4)
    assert [len(line.entries) for line in walk(night.path)] == [4]
    assert night.journal.pending
    night.close()
    assert [len(line.entries) for line in walk(night.path)] == [4, 1]


def test_what_another_journal_left_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    night, other = Night(tmp_path / "one"), Night(tmp_path / "two")
    for one in (night, other):
        one.happens("append", ev.NoteAdded(text=str(one.path), operator="ana"))
    other.happens("append", sampled(9))
    night.close()
    pending_path(night.path).write_bytes(pending_path(other.path).read_bytes())
    other.close()
    assert len(list(read(night.path))) == 1
    again = Journal.open(night.path, night.clock)
    assert again.position()[0] == 1
    again.close()


@pytest.mark.parametrize("cut", range(0, 400, 23))
def test_samples_beside_a_journal_that_were_cut_off_are_kept_as_far_as_they_are_whole(tmp_path: Path, cut: int) -> None:
    night = Night(tmp_path)
    for number in range(3):
        night.happens("append", sampled(number))
    left = pending_path(night.path).read_bytes()
    pending_path(night.path).write_bytes(left[:cut])
    night.journal._lock.release()
    again = Journal.open(night.path, night.clock)
    assert len(list(read(night.path))) == left[:cut].count(b"\n")
    again.append(sampled(7))
    again.close()
    assert [one.event for one in read(night.path)][-1] == sampled(7)
    assert verify(night.path).torn == 0


def test_a_sample_that_cannot_be_kept_is_refused_and_the_next_one_is_kept(tmp_path: Path) -> None:
    night, full = Night(tmp_path), False
    night.close()

    def write(fd: int, data: bytes) -> int:

        if full:
            os.write(fd, data[:40])
            raise OSError(28, "No space left on device")
        return os.write(fd, data)

    night.journal = Journal.open(night.path, night.clock, Disk(write=write))
    night.happens("append", sampled(1))
    full = True
    with pytest.raises(JournalUnwritable, match="No space"):
        night.journal.append(sampled(2))
    full = False
    night.journal.reopen()
    night.happens("append", sampled(3))
    assert [one.event for one in read(night.path)] == [sampled(1), sampled(3)]
    night.close()
    assert [one.event for one in read(night.path)] == [sampled(1), sampled(3)]


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (b'"of":[0,0]', b'"of":[0,1]'),
        (b'"of":[0,0]', b'"of":[0]'),
        (b'"of":[0,0]', b'"of":[]'),
        (b'"values":[1,2]', b'"values":[1,2,3]'),
        (b'"after":[5000]', b'"after":[5000,1]'),
        (b'"after":[5000]', b'"after":[99999999999999999]'),
        (b'"v":2', b'"v":3'),
    ],
)
def test_a_line_whose_parts_do_not_fit_is_damage(tmp_path: Path, what: bytes, by: bytes) -> None:
    night = Night(tmp_path)
    night.happens("append", sampled(1))
    night.clock.advance(5)
    night.happens("append", sampled(2))
    night.close()
    text = night.path.read_bytes()
    assert what in text
    night.path.write_bytes(text.replace(what, by))
    with pytest.raises(JournalDamaged, match="line 1"):
        list(read(night.path))
