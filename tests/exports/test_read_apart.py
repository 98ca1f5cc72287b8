"""A long journal that is read in pieces by copies of the process gives what it gives where it is read in one."""

import os
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bench.support.large_session import large_session
from tui.errors import JournalDamaged
from tui.exports.gathering import read_apart as apart
from tui.exports.gathering.events_text import EventsText
from tui.exports.gathering.gathered import JournalEntries, gathered
from tui.exports.registry import write
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.folding.packed_samples import PackedSamples, columns
from tui.session.journal.chain import START, digest, encode, encode_samples
from tui.session.journal.journal import read
from tui.session.journal.pending_samples import pending_path
from tui.session.journal.sampled_line import joined

ELSEWHERE = timezone(timedelta(hours=5, minutes=45))


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[apart.JournalPiece]:
    """The pieces that were read apart, of 64 KiB, by three copies."""
    found = list[apart.JournalPiece]()
    received = apart._received

    def kept(pipe: Any) -> apart.JournalPiece | None:
        piece = received(pipe)
        if piece is not None:
            found.append(piece)
        return piece

    monkeypatch.setattr(apart, "_received", kept)
    monkeypatch.setattr(apart, "PIECE", 1 << 16)
    monkeypatch.setattr(apart, "can_fork", lambda: True)
    monkeypatch.setattr(apart, "processors", lambda: 3)
    return found


def by_itself(directory: SessionDirectory, form: str) -> bytes:
    file = BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "can_fork", lambda: False)
        write(directory, form, file)
    return file.getvalue()


def in_pieces(directory: SessionDirectory, form: str) -> bytes:
    file = BytesIO()
    write(directory, form, file)
    return file.getvalue()


def rewritten(directory: SessionDirectory, entries: Iterable[ev.Entry | list[ev.Entry]]) -> None:
    """Write the journal again, each list of samples into one line."""
    head, lines = START, list[bytes]()
    for seq, one in enumerate(entries):
        if isinstance(one, list):
            last = one[-1]
            line = encode_samples(ev.Entry(seq, last.at, last.mono, last.event), joined(one), head)
        else:
            line = encode(ev.Entry(seq, one.at, one.mono, one.event), head)
        head = digest(line)
        lines.append(line + b"\n")
    directory.journal.write_bytes(b"".join(lines))


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_every_form_is_the_same(tmp_path: Path, pieces: list[apart.JournalPiece], form: str) -> None:
    directory = large_session(tmp_path, 3_000)
    assert in_pieces(directory, form) == by_itself(directory, form)
    assert len(pieces) > apart.LEAST
    assert pieces[-1].after.end > directory.journal.stat().st_size - (1 << 17)


def test_samples_of_any_kind_are_the_same_packed_or_not() -> None:
    luck, at = random.Random(3), datetime(2026, 11, 30, 2, tzinfo=UTC)
    found = [
        ev.Entry(
            number,
            at + timedelta(microseconds=luck.randrange(10**9)),
            luck.random(),
            ev.MonitorSampled(
                monitor="m",
                value=luck.choice([None, 0.1, 1.0, -0.0, 1e300]),
                detail=luck.choice(["", "no answer", "\x9b\u202e"]),
                clock=luck.random() * 1e6,
                took=luck.choice([0.0, 0.25]),
                failed=luck.random() < 0.2,
                of=luck.choice([0.0, 40.0]),
            ),
        )
        for number in range(300)
    ]
    packed = PackedSamples(columns(found))
    assert next(reversed(packed)) == found[-1]
    assert packed._entries is None, "the last one needs nothing to be unpacked"
    assert (list(packed), list(reversed(packed)), packed[3:9]) == (found, found[::-1], found[3:9])
    assert repr(list(packed)) == repr(found), "also the sign of zero, and the time zone"
    with pytest.raises(ValueError, match="UTC"):
        columns([ev.Entry(0, at.astimezone(ELSEWHERE), 0.0, found[0].event)])


def test_lines_of_several_samples_a_line_that_is_being_written_and_pending_samples(
    tmp_path: Path, pieces: list[apart.JournalPiece]
) -> None:
    directory = large_session(tmp_path, 12_000)
    entries = list[ev.Entry | list[ev.Entry]]()
    for entry in read(directory.journal):
        if isinstance(entry.event, ev.MonitorSampled):
            if entries and isinstance(entries[-1], list) and len(entries[-1]) < 50:
                entries[-1].append(entry)
            else:
                entries.append([entry])
        else:
            entries.append(entry)
    rewritten(directory, entries)
    *_, last = read(directory.journal)
    head = digest(directory.journal.read_bytes().split(b"\n")[-2])
    pending = ev.Entry(last.seq + 1, last.at, last.mono, ev.MonitorSampled(monitor="error_rate", value=0.5))
    pending_path(directory.journal).write_bytes(encode(pending, head) + b"\n")
    with directory.journal.open("ab") as file:
        file.write(b'{"v":1,"seq":')
    for form in ("md", "json"):
        assert in_pieces(directory, form) == by_itself(directory, form)
    assert len(pieces) > apart.LEAST


def test_what_cannot_be_read_in_a_piece_is_read_by_the_process_itself(
    tmp_path: Path, pieces: list[apart.JournalPiece]
) -> None:
    directory = large_session(tmp_path, 3_000)
    entries = list(read(directory.journal))
    place = next(at for at in range(2_000, 3_000) if isinstance(entries[at].event, ev.MonitorSampled))
    entries[place] = ev.Entry(place, entries[place].at.astimezone(ELSEWHERE), entries[place].mono, entries[place].event)
    rewritten(directory, entries)
    assert in_pieces(directory, "json") == by_itself(directory, "json")
    assert 0 < len(pieces) < 9
    assert pieces[-1].after.count <= place


@pytest.mark.parametrize("kept", [0, 1])
def test_a_damaged_line_is_named_as_ever(tmp_path: Path, pieces: list[apart.JournalPiece], kept: int) -> None:
    directory = large_session(tmp_path, 3_000)
    lines = directory.journal.read_bytes().splitlines(keepends=True)
    lines[2_000:2_001] = [lines[2_000].replace(b'"mono":', b'"mono":1')] * kept  # changed, or gone
    directory.journal.write_bytes(b"".join(lines))
    said = []
    for export in (by_itself, in_pieces):
        with pytest.raises(JournalDamaged) as raised:
            export(directory, "md")
        said.append(raised.value.message)
    assert said[0] == said[1]
    assert f"line {2_001}" in said[0]
    assert pieces


def test_a_journal_that_was_put_together_of_two_is_refused_where_a_piece_does_not_follow(
    tmp_path: Path, pieces: list[apart.JournalPiece]
) -> None:
    one, other = (large_session(tmp_path / name, 3_000 + place) for place, name in enumerate(("a", "b")))
    end = apart.cut(one.journal, apart.PIECE)[2]
    lines = one.journal.read_bytes()[:end].count(b"\n")
    rewritten(other, [ev.Entry(entry.seq, entry.at, entry.mono + 1, entry.event) for entry in read(other.journal)])
    rest = other.journal.read_bytes().splitlines(keepends=True)[lines:]
    one.journal.write_bytes(one.journal.read_bytes()[:end] + b"".join(rest))
    with pytest.raises(JournalDamaged, match=f"line {lines}: line {lines + 1} does not follow from it"):
        in_pieces(one, "md")
    assert len(pieces) >= 3


def test_where_a_copy_is_killed_the_process_reads_on_by_itself(
    tmp_path: Path, pieces: list[apart.JournalPiece], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 3_000)
    piece, own = apart._piece, os.getpid()

    def killed(path: Path, begin: int, *others: Any) -> apart.JournalPiece:
        assert os.getpid() != own
        if begin > 300_000:
            os.kill(os.getpid(), 9)
        return piece(path, begin, *others)

    monkeypatch.setattr(apart, "_piece", killed)
    assert in_pieces(directory, "json") == by_itself(directory, "json")
    assert 0 < len(pieces) < 7


def test_copies_end_with_what_they_are_read_for(
    tmp_path: Path, pieces: list[apart.JournalPiece], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 3_000)
    begun = list[int]()
    forked = apart.ChildProcess

    def made(work: Any) -> Any:
        copy = forked(work)
        begun.append(copy._process)
        return copy

    monkeypatch.setattr(apart, "ChildProcess", made)
    reading = apart.read_apart(directory.journal)
    next(reading)
    reading.close()
    assert len(begun) == 3
    for process in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_short_journal_is_read_by_the_process_itself(
    tmp_path: Path, pieces: list[apart.JournalPiece], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = large_session(tmp_path, 500)
    monkeypatch.setattr(apart, "ChildProcess", None)
    text = EventsText(tmp_path)
    made = gathered(load(directory.runbook, of_session=True), JournalEntries(directory.journal), text)
    assert made.state.seq == 499
    assert pieces == []
