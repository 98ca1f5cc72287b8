"""A byte of a session's folder is changed, thousands of times: `verify` names the file each time."""

import hashlib
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.recorded import TEXT
from tui.errors import RunbookError, SessionError
from tui.headless.tables import verify_report
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome
from tui.session.output.masks import SEAL, SPAN, read_mask
from tui.session.output.output import OutputReader, OutputWriter, write_mask

LONG = os.environ.get("RUNBOOK_HOSTILE") == "long"
pytestmark = pytest.mark.timeout(3600 if LONG else 120)
FLIPS = 5_000 if LONG else 250
SPANS = [(7, 14), (22, 29), (37, 44)]
SCENARIO = '{"title": "Calm"}'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def session(root: Path, attempts: int = 6, timing: bool = True, end: bool = True) -> SessionDirectory:
    """A whole drill: each attempt printed something on both streams, with a secret in it."""
    clock = FakeClock()
    directory, journal = Store(root).create("deploy", TEXT, clock, SCENARIO)
    journal.append(
        ev.SessionStarted(
            session=directory.id,
            flow="deploy",
            method="docker",
            operator="ana",
            title="Shop",
            runbook_hash=sha256(TEXT),
            scenario_hash=sha256(SCENARIO),
        )
    )
    journal.append(ev.StepOpened(step="look", operator="ana"))
    for number in range(1, attempts + 1):
        journal.append(ev.AttemptStarted(attempt=number, step="look", action=0, host="web", command="uptime"))
        writer = OutputWriter(directory.attempts, number, clock)
        for piece in range(3):
            writer.write(("out", "err")[piece % 2], f"load {piece} hunter2\n".encode())
            clock.advance(1)
        writer.close()
        write_mask(directory.attempts, number, SPANS)
        journal.append(
            ev.AttemptFinished(
                attempt=number,
                outcome=Outcome.exited(0),
                seconds=3.0,
                size=writer.size,
                sha256=writer.sha256,
                timing=writer.timing_sha256 if timing else "",
            )
        )
    journal.append(
        ev.SessionFinished(result="completed", operator="ana") if end else ev.NoteAdded(text="x", operator="a")
    )
    journal.close()
    return directory


def files(directory: SessionDirectory) -> list[Path]:
    return sorted(one for one in directory.path.rglob("*") if one.is_file() and one.stat().st_size)


def test_every_changed_byte_is_found_and_its_file_named(tmp_path: Path) -> None:
    directory = session(tmp_path)
    assert verify_report(directory).splitlines()[0].endswith("6 outputs: whole")
    assert len(verify_report(directory).splitlines()) == 1, "nothing is left unproved"
    chance, found = random.Random(15), Counter[str]()
    everything = files(directory)
    assert {one.suffix for one in everything} >= {".toml", ".json", ".jsonl", ".receipt", ".out", ".idx", ".mask"}
    for turn in range(FLIPS):
        path = everything[turn % len(everything)]
        data = bytearray(path.read_bytes())
        whole = bytes(data)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        with pytest.raises(RunbookError) as damaged:
            verify_report(directory)
        assert str(path) in damaged.value.message
        found[path.suffix] += 1
        path.write_bytes(whole)
    verify_report(directory)
    if LONG:
        sys.stdout.write(f"\n{FLIPS} flips, {found.total()} named: {dict(found)}\n")


def test_every_byte_of_the_last_line_counts(tmp_path: Path) -> None:
    directory = session(tmp_path, 1)
    whole = directory.journal.read_bytes()
    begin = whole[:-1].rindex(b"\n") + 1
    for at in range(begin, len(whole), 1 if LONG else 5):
        directory.journal.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(SessionError, match="journal.jsonl"):
            verify_report(directory)


def test_all_that_is_damaged_is_named_at_once(tmp_path: Path) -> None:
    directory = session(tmp_path)
    for name in ("runbook.toml", "scenario.json", "attempts/0001.out", "attempts/0002.idx", "attempts/0003.mask"):
        path = directory.path / name
        path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    with pytest.raises(SessionError) as damaged:
        verify_report(directory)
    for name in ("runbook.toml", "scenario.json", "attempts/0001.out", "attempts/0002.idx", "attempts/0003.mask"):
        assert str(directory.path / name) in damaged.value.message


def test_a_damaged_mask_shows_no_secret(tmp_path: Path) -> None:
    directory = session(tmp_path, 1)
    mask = directory.attempts / "0001.mask"
    whole = mask.read_bytes()
    for at in range(len(whole)):
        mask.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        assert read_mask(directory.attempts, 1) is None
        assert b"hunter2" not in b"".join(OutputReader(directory.attempts, 1).read_lines(0, 9))


def test_a_session_of_an_older_version_is_read_and_what_it_cannot_prove_is_said(tmp_path: Path) -> None:
    directory = session(tmp_path, 2, timing=False)
    directory.journal.with_name("journal.jsonl.receipt").unlink()
    for mask in directory.attempts.glob("*.mask"):
        mask.write_bytes(mask.read_bytes()[:-SEAL])
        assert len(mask.read_bytes()) == len(SPANS) * SPAN.size
    assert read_mask(directory.attempts, 1) == SPANS
    assert b"hunter2" not in b"".join(OutputReader(directory.attempts, 1).read_lines(0, 9))
    said = verify_report(directory)
    assert "2 outputs: whole" in said
    assert "of the journal is proved by nothing here (no receipt was left beside it)" in said
    assert "of the times of the output of 2 attempts" in said
    assert "where secrets are in the output of 2 attempts" in said


def test_a_journal_that_its_receipt_contradicts_gets_no_new_one(tmp_path: Path) -> None:
    directory = session(tmp_path, 1, end=False)
    whole = directory.journal.read_bytes()
    directory.journal.write_bytes(whole[: whole[:-1].rindex(b"\n") + 1])
    journal = Journal.open(directory.journal, FakeClock())
    journal.append(ev.NoteAdded(text="another", operator="ana"))
    journal.close()
    with pytest.raises(SessionError, match="it is not the line that its receipt speaks of"):
        verify_report(directory)


def test_a_receipt_follows_the_journal(tmp_path: Path) -> None:
    directory = session(tmp_path, 1, end=False)
    journal = Journal.open(directory.journal, FakeClock())
    journal.append(ev.NoteAdded(text="one more", operator="ana"))
    assert "its receipt ends at line 5" in verify_report(directory)
    journal.append(ev.SessionFinished(result="completed", operator="ana"))
    assert "proved by nothing" not in verify_report(directory)
    journal.close()
    assert "proved by nothing" not in verify_report(directory)
