"""Fails every call to the disk in turn, and damages the file in every place: nothing acknowledged is ever lost."""

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.sessions.fake_clock import FakeClock
from tui.errors import JournalDamaged, JournalUnwritable
from tui.session import events as ev
from tui.session.journal import chain
from tui.session.journal.journal import PIECE, Disk, Journal, read, verify

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def note(number: int) -> ev.NoteAdded:
    return ev.NoteAdded(text=f"note {number}", operator="ana")


def journal_bytes(path: Path, count: int = 4) -> bytes:
    path.unlink(missing_ok=True)
    journal = Journal.create(path, FakeClock())
    for number in range(count):
        journal.append(note(number))
    journal.close()
    return path.read_bytes()


def append_all(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.append(note(number))


class FailingDisk:
    """Fails call number `fails` (from 0), or every call from it on; a failing write leaves `torn` bytes."""

    def __init__(self, fails: int, for_ever: bool = False, torn: int = 0) -> None:
        self.calls = 0
        self.fails = fails
        self.for_ever = for_ever
        self.torn = torn

    def disk(self) -> Disk:
        return Disk(self.write, self.sync, self.truncate)

    def write(self, fd: int, data: bytes) -> int:
        if self._failing():
            os.write(fd, data[: self.torn])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, data[:50])

    def sync(self, fd: int) -> None:
        if self._failing():
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def truncate(self, fd: int, size: int) -> None:
        if self._failing():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.ftruncate(fd, size)

    def _failing(self) -> bool:
        failing = self.calls >= self.fails if self.for_ever else self.calls == self.fails
        self.calls += 1
        return failing


@pytest.mark.parametrize("for_ever", [False, True])
@pytest.mark.parametrize("torn", [0, 7, 50])
@pytest.mark.parametrize("together", [1, 3])
def test_the_nth_call_to_the_disk_fails(tmp_path: Path, for_ever: bool, torn: int, together: int) -> None:
    fails, completed = 0, False
    while not completed:
        path = tmp_path / f"{fails}.jsonl"
        failing = FailingDisk(fails, for_ever, torn)
        journal = Journal.create(path, FakeClock(), failing.disk())
        acknowledged: list[ev.Entry] = []
        refused = 0
        for number in range(4):
            try:
                if together > 1:
                    acknowledged += journal.append_together([note(number)] * together)
                else:
                    acknowledged.append(journal.append(note(number)))
            except JournalUnwritable:
                refused += together
                with pytest.raises(JournalUnwritable):
                    journal.append(note(99))
                try:
                    journal.reopen()
                except JournalUnwritable:
                    assert for_ever or fails == failing.calls - 1
        journal.close()
        again = Journal.open(path, FakeClock())
        position = again.position()
        again.close()
        found = list(read(path))
        # One that was written but could not be synced may be there after a crash; an acknowledged one must be.
        assert found[: len(acknowledged)] == acknowledged
        assert len(found) <= len(acknowledged) + refused
        assert position == (verify(path).count, verify(path).head)
        completed = not refused
        fails += 1
    assert fails > 8


def test_every_event_is_synced_after_it_is_written(tmp_path: Path) -> None:
    calls: list[str] = []

    def write(fd: int, data: bytes) -> int:
        calls.append("write")
        return os.write(fd, data)

    journal = Journal.create(tmp_path / "journal.jsonl", FakeClock(), Disk(write, lambda fd: calls.append("sync")))
    append_all(journal, 2)
    assert calls == ["write", "sync", "write", "sync"]
    assert [entry.event for entry in journal.append_together([note(2), note(3)])] == [note(2), note(3)]
    assert calls[4:] == ["write", "sync"], "what follows each other waits for the disk once"
    journal.close()


def test_opening_writes_every_line_again_that_may_have_been_written_in_one_piece(tmp_path: Path) -> None:
    path, written = tmp_path / "journal.jsonl", list[bytes]()
    journal = Journal.create(path, FakeClock())
    append_all(journal, 3)
    journal.append(ev.MonitorSampled(monitor="load", value=1.0))
    journal.append_together([note(number) for number in range(PIECE)])
    journal.close()

    def write(fd: int, data: bytes) -> int:
        written.append(bytes(data))
        return os.write(fd, data)

    before = path.read_bytes()
    Journal.open(path, FakeClock(), Disk(write=write)).close()
    assert b"".join(before.splitlines(keepends=True)[3:]) in written, "a sync that failed may not have kept it"
    assert path.read_bytes() == before


def test_after_a_full_disk_the_same_event_can_be_appended_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    failing = FailingDisk(fails=2, torn=7)
    journal = Journal.create(path, FakeClock(), failing.disk())
    with pytest.raises(JournalUnwritable, match="No space left") as caught:
        append_all(journal, 3)
    assert "free space" in caught.value.hint
    journal.reopen()
    journal.append(note(7))
    journal.close()
    assert [entry.event for entry in read(path)][-1] == note(7)
    assert not list(tmp_path.glob("*.torn-*"))


def test_a_journal_replaced_under_the_writer_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    failing = FailingDisk(fails=8)
    journal = Journal.create(path, FakeClock(), failing.disk())
    journal.append(note(0))
    with pytest.raises(JournalUnwritable):
        append_all(journal, 3)
    path.write_bytes(b"")
    with pytest.raises(JournalDamaged, match="0 of the"):
        journal.reopen()
    journal.close()


def test_nothing_is_appended_to_a_closed_journal(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl", FakeClock())
    journal.close()
    journal.close()
    with pytest.raises(JournalUnwritable):
        journal.append(note(1))
    with pytest.raises(JournalUnwritable):
        journal.reopen()


@quick
@given(data=st.data())
def test_random_damage_is_recovered_or_told(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "journal.jsonl"
    whole = bytearray(journal_bytes(path))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole)))
        length = data.draw(st.integers(0, 40))
        whole[start : start + length] = data.draw(st.binary(max_size=40))
    path.write_bytes(whole)
    try:
        entries = list(read(path))
        Journal.open(path, FakeClock()).close()
    except JournalDamaged:
        return
    assert list(read(path)) == entries


@quick
@given(raw=st.binary(max_size=300))
def test_a_file_of_anything_is_recovered_or_told(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(raw)
    with suppress(JournalDamaged):
        assert list(read(path)) == []


@quick
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_no_change_of_a_byte_before_the_last_line_goes_unseen(tmp_path: Path, place: int, byte: int) -> None:
    path = tmp_path / "journal.jsonl"
    whole = bytearray(journal_bytes(path))
    sealed = whole[:-1].rindex(b"\n")
    place %= sealed
    if whole[place] == byte:
        return
    whole[place] = byte
    path.write_bytes(whole)
    with pytest.raises(JournalDamaged):
        verify(path)


@pytest.mark.parametrize("damage", [b"\n", b" \n", b"{}\n", b"{} {}\n", b"[1]\n", b"\r\n"])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_what_lines_are_decoded_together_with_makes_none_of_them_more_or_less(
    tmp_path: Path, damage: bytes, place: int
) -> None:
    path = tmp_path / "journal.jsonl"
    lines = journal_bytes(path).splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:place], damage, *lines[place:]]))
    with pytest.raises(JournalDamaged, match=f"line {place + 1}: "):
        verify(path)


def test_two_lines_in_one_are_damage_also_where_a_blank_line_makes_up_for_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = journal_bytes(path).splitlines()
    for blank in (b"", b" ", b"\r"):
        path.write_bytes(b"\n".join([lines[0], lines[1] + b" " + lines[2], blank, lines[3], b""]))
        with pytest.raises(JournalDamaged, match="line 2: it is not JSON"):
            verify(path)


def test_one_value_in_two_lines_is_damage_also_where_a_line_with_two_makes_up_for_it(tmp_path: Path) -> None:
    """Each has the number and the hash that its place among the lines asks for, as a forger would have it."""
    path = tmp_path / "journal.jsonl"
    first = next(chain.walk(_written(path))).entry
    begun, _, rest = chain.encode(first, chain.START).partition(b'"event":{')
    lines = [begun + b'"event":', b"{" + rest]
    lines.append(
        b" ".join(
            chain.encode(replace(first, seq=number + 1), chain.digest(raw)) for number, raw in enumerate(tuple(lines))
        )
    )
    path.write_bytes(b"\n".join([*lines, b""]))
    with pytest.raises(JournalDamaged, match="line 1: it is not JSON"):
        verify(path)


def _written(path: Path) -> Path:
    path.write_bytes(journal_bytes(path))
    return path


def test_a_journal_of_many_blocks_is_read_to_its_last_whole_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    whole = journal_bytes(path, 40)
    for block in (1, len(whole) // 7, len(whole)):
        monkeypatch.setattr(chain, "BLOCK", block)
        for more in (b"", whole.splitlines(keepends=True)[0][:-1]):
            path.write_bytes(whole + more)
            assert [entry.event for entry in read(path)] == [note(number) for number in range(40)]
