"""Kills a real process before, in and after every call with which it keeps a session: nothing promised is lost."""

import random
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from tests.faults.journal_script import MEASURED, UNFINISHED, events
from tests.faults.killed import KILLED, check, chosen, in_flight, promised
from tests.support.harness.forks import Forks, Told
from tests.support.hostile.faults import Faults
from tests.support.sessions.stored import stored
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal, read, verify
from tui.session.journal.pending_samples import pending_path
from tui.session.journal.receipt import receipt_path

EVENTS = 100


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks("tests.faults.journal_script") as opened:
        yield opened


def resume(directory: SessionDirectory, found: list[ev.Entry]) -> None:
    """Continue with the journal, at once and where it ended."""
    journal = Journal.open(directory.journal, SystemClock())
    assert journal.position() == (verify(directory.journal).count, verify(directory.journal).head)
    entry = journal.append(ev.SessionResumed(operator="ana"))
    journal.close()
    assert list(read(directory.journal)) == [*found, entry]
    assert verify(directory.journal).torn == 0


def cut_power(directory: SessionDirectory, told: Sequence[Told], luck: random.Random) -> None:
    """Leave of each file what was synced, and of what came later a part, or zeros in its place."""
    kept = {Path(line["synced"]).name: line["size"] for line in told if "synced" in line}
    pending = pending_path(directory.journal)
    for path in (directory.runbook, directory.journal, *([pending] if pending.exists() else [])):
        data, size = path.read_bytes(), kept.get(path.name, 0)
        rest = data[size:][: luck.randint(0, max(0, len(data) - size))]
        path.write_bytes(data[:size] + (rest if luck.random() < 0.5 else bytes(len(rest))))


def afterwards(directory: SessionDirectory, told: Sequence[Told], luck: random.Random) -> None:
    """What a session is good for after its process was killed, and after the power was cut at that moment."""
    if promised(told):
        durable = {Path(line["synced"]) for line in told if "synced" in line}
        assert {directory.path.parent, directory.path, directory.runbook, directory.journal} <= durable
        copy = SessionDirectory(directory.path.with_name("power-cut"))
        shutil.copytree(directory.path, copy.path)
        cut_power(copy, told, luck)
        resume(copy, check(copy, told))
        shutil.rmtree(copy.path)
    resume(directory, check(directory, told))


def test_a_killed_process_loses_nothing_that_it_promised(forks: Forks, folder: Path, faults: Faults) -> None:
    told, _ = forks.run("life", root=str(folder / "whole"), count=EVENTS)
    places: list[str] = told[-1]["places"]
    kills, luck = chosen(places, faults, 80), random.Random(2026)
    events = 0
    for place in kills:
        root = folder / str(place)
        told, status = forks.run("life", root=str(root), count=EVENTS, place=place)
        assert status == KILLED, told[-1]
        names = Store(root).names()
        assert len(names) == 1 or not promised(told)
        assert all(one.finished or promised(told) or in_flight(told) for one in stored(Store(root)))
        for name in names:
            afterwards(SessionDirectory(root / name), told, luck)
        events += len(promised(told))
        shutil.rmtree(root, ignore_errors=True)
    assert len(kills) >= faults.choose(60, 500)
    kinds = len({places[place] for place in kills})
    faults.count(
        len(kills),
        f"kills of a writer, at {kinds} kinds of places",
        f"0 of {events:,} promised events lost, nor by a power cut then; resumed state as the model's",
    )


def test_a_killed_recovery_loses_nothing_either(forks: Forks, folder: Path, faults: Faults) -> None:
    directory, journal = Store(folder).create("deploy", MEASURED, SystemClock())
    before = [journal.append(event) for event in islice(events(20), 20)]
    journal.close()
    journal, sealed = Journal.open(directory.journal, SystemClock()), receipt_path(directory.journal).read_bytes()
    for value in range(3):  # what the one before measured last is in no line yet
        before.append(journal.append(ev.MonitorSampled(monitor="load", value=value)))
    whole = directory.journal.read_bytes()
    measured = pending_path(directory.journal).read_bytes()
    journal._lock.release()
    place, places = -1, [""]
    while place < len(places):
        directory.journal.write_bytes(whole + UNFINISHED)
        receipt_path(directory.journal).write_bytes(sealed)
        pending_path(directory.journal).write_bytes(measured)
        told, status = forks.run("recovery", path=str(directory.journal), place=place)
        told = [{"promised": msgspec.json.encode(entry).decode()} for entry in before] + told
        if place < 0:
            places = told[-1]["places"]
        assert status == (KILLED if 0 <= place < len(places) else 0)
        resume(directory, check(directory, told))
        kept = [path.read_bytes() for path in directory.path.glob("*.torn-*")]
        assert UNFINISHED in kept
        assert directory.journal.read_bytes().startswith(whole)
        for path in directory.path.glob("*.torn-*"):
            path.unlink()
        place += 1
    faults.count(len(places), "kills of a recovery", "0 promised events lost; the unfinished line kept")
