"""Fails every call that keeps a session, each once and from it on always: refused in words, and nothing lost."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import msgspec
import pytest

from tests.support.harness.forks import Forks, Told
from tests.support.hostile.faults import Faults
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import SystemClock
from tui.session.journal.journal import Journal, read

EVENTS = 6
WAYS = (("before", errno.ENOSPC), ("before", errno.EIO), ("before", errno.EROFS), ("after", errno.EIO))
WAYS_OF_WRITES = (("middle", errno.ENOSPC), ("short", errno.ENOSPC))
"""After a half: the disk is full; and a disk that takes a half of what it is given, which is not a failure at all."""

decode = msgspec.json.Decoder(ev.Entry).decode
decode_event: msgspec.json.Decoder[ev.AnyEvent] = msgspec.json.Decoder(ev.AnyEvent)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks("tests.faults.failing_script") as opened:
        yield opened


def failures(calls: Sequence[str]) -> list[dict[str, object]]:
    """Every call, each way it may fail: once, once and the operator gives up and resumes, and always."""
    made: list[dict[str, object]] = []
    for (at, name), course in product(enumerate(calls), ({}, {"gives_up": True}, {"for_ever": True})):
        for when, number in (*WAYS, *(WAYS_OF_WRITES if name in ("write", "pwrite") else ())):
            made.append({"at": at, "when": when, "number": number, **course})
    return made


def check(told: Sequence[Told], root: Path) -> int:
    """Hold what is on the disk against what was promised; returns how many events were."""
    promised = [decode(line["promised"]) for line in told if "promised" in line]
    tried = [decode_event.decode(line["tried"]) for line in told if "tried" in line]
    assert all(line["refused"] and line["hint"] for line in told if "refused" in line)
    assert [line for line in told if line.get("lacks")] == []
    sessions = [list(read(root / name / "journal.jsonl")) for name in Store(root).names()]
    assert sum(bool(entries) for entries in sessions) <= 1
    found = [entry for entries in sessions for entry in entries]
    assert [entry for entry in found if entry in promised] == promised
    assert all(entry.event in tried for entry in found)
    strange = [entry for entry in found if entry not in promised]
    assert len(strange) <= sum("refused" in line for line in told)
    for name in Store(root).names():
        Journal.open(SessionDirectory(root / name).journal, SystemClock()).close()
    return len(promised)


def test_every_call_fails_once_and_always(forks: Forks, folder: Path, faults: Faults) -> None:
    told, status = forks.run("struggle", root=str(folder / "whole"), count=EVENTS)
    assert status == 0, told[-1]
    calls: list[str] = told[-1]["calls"]
    assert not any("refused" in line for line in told)
    assert check(told, folder / "whole") == EVENTS + 1
    chosen = faults.spread(failures(calls), 100)
    promised, refusals = 0, 0
    for number, failure in enumerate(chosen):
        root = folder / str(number)
        told, status = forks.run("struggle", root=str(root), count=EVENTS, **failure)
        assert status == 0, (calls[int(str(failure["at"]))], failure, told[-1])
        promised += check(told, root)
        refusals += sum("refused" in line for line in told)
        if failure["when"] == "short":
            assert not any("refused" in line for line in told)
        shutil.rmtree(root, ignore_errors=True)
    faults.count(
        len(chosen),
        f"failures, once and for ever, of each of {len(calls)} calls",
        f"0 of {promised:,} promised events lost, 0 tracebacks in {refusals:,} refusals, no failed sync taken for done",
    )
