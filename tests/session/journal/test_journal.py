import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tui.errors import JournalDamaged, SessionError
from tui.session import events as ev
from tui.session.journal import chain
from tui.session.journal.chain import START
from tui.session.journal.journal import Journal, read, verify

EVENTS = [
    ev.NoteAdded(text="Größe geprüft\n\x1b[31m", operator="ana"),
    ev.StepOpened(step="backup", operator="ana"),
    ev.StepSigned(step="backup", operator="ana", note="sizes match", count=2, head="ab"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def write(path: Path, clock: FakeClock | None = None) -> list[ev.Entry]:
    journal = Journal.create(path, clock or FakeClock())
    entries = [journal.append(event) for event in EVENTS]
    journal.close()
    return entries


def test_what_is_appended_is_read_back(path: Path) -> None:
    clock = FakeClock()
    journal = Journal.create(path, clock)
    clock.advance(1.5)
    entry = journal.append(EVENTS[0])
    assert (entry.seq, entry.at, entry.mono) == (0, clock.now(), 1.5)
    assert list(read(path)) == [entry]
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()


def test_position_and_verification_agree(path: Path) -> None:
    journal = Journal.create(path, FakeClock())
    assert journal.position() == (0, START)
    assert verify(path).count == 0
    for event in EVENTS:
        journal.append(event)
        verified = verify(path)
        assert journal.position() == (verified.count, verified.head)
    journal.close()


def test_a_reopened_journal_continues_with_the_chain(path: Path) -> None:
    write(path)
    journal = Journal.open(path, FakeClock())
    assert journal.append(EVENTS[0]).seq == 3
    journal.close()
    assert [entry.event for entry in read(path)] == [*EVENTS, EVENTS[0]]


def test_a_line_that_was_never_finished_is_kept_beside_the_journal(path: Path) -> None:
    entries = write(path)
    whole = path.read_bytes()
    for number in (1, 2):
        path.write_bytes(whole + b'{"v":1,"se')
        assert list(read(path)) == entries
        assert verify(path).torn == 10
        Journal.open(path, FakeClock()).close()
        assert path.read_bytes() == whole
        assert path.with_name(f"journal.jsonl.torn-{number}").read_bytes() == b'{"v":1,"se'


@pytest.mark.parametrize(
    ("damage", "line", "reason"),
    [
        (lambda lines: [lines[0], lines[2]], 2, "numbered 2, not 1"),
        (lambda lines: [lines[1], lines[0], lines[2]], 1, "numbered 1, not 0"),
        (lambda lines: [lines[0].replace(b"ana", b"eve"), *lines[1:]], 1, "line 2 does not follow from it"),
        (lambda lines: [lines[0], b"\0" * 40 + b"\n", lines[2]], 2, "not JSON"),
        (lambda lines: [lines[0], lines[1].replace(b'"v":1', b'"v":3'), lines[2]], 2, "another version"),
        (lambda lines: [b'{"v":7,"events":[]}\n'], 1, "another version of runbook (format 7"),
        (lambda lines: [lines[0].replace(b"noteadded", b"nosuchevent")], 1, "nosuchevent"),
        (lambda lines: [lines[0].replace(START.encode(), b"1" * 64)], 1, "not the beginning"),
        (lambda lines: [lines[0].replace(b'00Z"', b'00"')], 1, "timezone"),
        (lambda lines: [b"[" * 100_000 + b"\n"], 1, "not JSON"),
        (lambda lines: [b"\xff\xfe\n"], 1, "not JSON"),
    ],
)
def test_damage_is_told_with_its_line_and_why(
    path: Path, damage: Callable[[list[bytes]], list[bytes]], line: int, reason: str
) -> None:
    write(path)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(JournalDamaged, match=f"line {line}: ") as caught:
        verify(path)
    assert reason in caught.value.message
    with pytest.raises(JournalDamaged):
        Journal.open(path, FakeClock())


def test_it_is_read_alike_however_many_bytes_are_read_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = write(path)
    whole = path.read_bytes()
    end = whole.index(b"\n")
    for size in (1, 2, end - 1, end, end + 1, end + 2, len(whole) - 1, len(whole), len(whole) + 1):
        monkeypatch.setattr(chain, "LEAST", size)
        monkeypatch.setattr(chain, "BLOCK", size)
        path.write_bytes(whole)
        assert list(read(path)) == entries
        assert verify(path).count == len(entries)
        path.write_bytes(whole + b'{"v":1,"se')
        assert list(read(path)) == entries
        path.write_bytes(whole.replace(b"ana", b"eve", 1))
        with pytest.raises(JournalDamaged, match="line 1: "):
            verify(path)
        path.write_bytes(whole[: end + 1] + b"\n" + whole[end + 1 :])
        with pytest.raises(JournalDamaged, match="line 2: .*not JSON"):
            verify(path)


def test_a_second_writer_is_told_who_has_it(path: Path) -> None:
    journal = Journal.create(path, FakeClock())
    with pytest.raises(SessionError, match=rf"open elsewhere: .*process {os.getpid()} on .*, since 2026-11-24 02:00"):
        Journal.open(path, FakeClock())
    journal.close()
    Journal.open(path, FakeClock()).close()


def test_a_dead_writer_leaves_no_lock(path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tui.session.clock import SystemClock\n"
        "from tui.session.journal.journal import Journal\n"
        "from tui.session.events import NoteAdded\n"
        "journal = Journal.create(Path(sys.argv[1]), SystemClock())\n"
        "journal.append(NoteAdded(text='last words', operator='ana'))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[3], check=False)
    assert ended.returncode == -9
    journal = Journal.open(path, FakeClock())
    assert journal.position()[0] == 1
    journal.close()


def test_a_journal_is_not_begun_twice_nor_opened_where_there_is_none(path: Path) -> None:
    with pytest.raises(SessionError, match="no journal"):
        Journal.open(path, FakeClock())
    write(path)
    with pytest.raises(SessionError, match="already"):
        Journal.create(path, FakeClock())


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="cannot lock"):
        Journal.create(tmp_path / "nowhere" / "journal.jsonl", FakeClock())
    with pytest.raises(SessionError, match="cannot read"):
        list(read(tmp_path / "journal.jsonl"))
