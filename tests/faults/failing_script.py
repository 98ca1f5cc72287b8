"""What a process does whose disk fails at some call: it continues as the program would, and tells what it was promised.

Runs in a child of tests/support/harness/forks.py. A sync that failed is taken at its worst: what was written since the
last one that succeeded will never reach the disk unless it is written again, however many syncs succeed later.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.journal_script import MEASURED, UNFINISHED, events, sealed
from tests.support.harness.forks import tell
from tests.support.harness.interpose import SYNCS, WRITES, Act, failing, gate
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.stored import stored
from tui.errors import JournalUnwritable, SessionError
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import Journal, read, verify

TRIES = 3


class Failer:
    """Fails call `at` (from 0) and, with `for_ever`, every one that comes later."""

    def __init__(self, at: int, when: str, number: int, for_ever: bool) -> None:
        self.at, self.when, self.number, self.for_ever = at, when, number, for_ever
        self.calls: list[str] = []

    def __call__(self, name: str, when: str) -> Act | None:
        if when == "before":
            self.calls.append(name)
        now = len(self.calls) - 1
        hit = now >= self.at if self.for_ever else now == self.at
        return failing(self.number) if hit and when == self.when else None


class Platter:
    """What of the journal a power cut would leave."""

    def __init__(self) -> None:
        self.path = ""
        self.data = b""
        self.size = 0
        self._unsynced: list[tuple[int, int]] = []

    def __call__(self, name: str, args: Sequence[Any], done: bool) -> None:
        path = os.readlink(f"/proc/self/fd/{args[0]}")
        if not path.endswith("/journal.jsonl"):
            return
        self.path = path
        if name in WRITES:
            end = os.lseek(args[0], 0, os.SEEK_CUR)
            self._unsynced.append((end - len(args[1]), end))
        elif name in SYNCS:
            self._sync(done)

    def _sync(self, done: bool) -> None:
        now = Path(self.path).read_bytes()
        if done:
            self.data = self.data[: len(now)].ljust(len(now), b"\0")
            for start, end in self._unsynced:
                self.data = self.data[:start] + now[start:end] + self.data[min(end, len(now)) :]
        self._unsynced.clear()

    def lacks(self) -> int:
        """How many whole lines of the file are not there as they are in the file."""
        file = Path(self.path).read_bytes() if self.path else b""
        offset, lacking = 0, 0
        for line in file.splitlines(keepends=True):
            lacking += line.endswith(b"\n") and self.data[offset : offset + len(line)] != line
            offset += len(line)
        return lacking


def struggle(
    root: str,
    count: int,
    at: int = -1,
    when: str = "",
    number: int = 0,
    for_ever: bool = False,
    gives_up: bool = False,
) -> None:
    """Live a session's life on this disk; every refusal has to be one that can be told to an operator.

    Who `gives_up` ends the program at the first event that is refused, and resumes the session.
    """
    failer, platter = Failer(at, when, number, for_ever), Platter()
    gate.meet, gate.seen = failer, platter
    store = Store(Path(root))
    begun = tried(lambda: store.create("deploy", MEASURED, FakeClock()))
    if begun is not None:
        directory, journal = begun
        script = [*islice(events(count), count), ev.SessionFinished(result="completed", operator="ana")]
        append_all(journal, platter, script[: count // 2], gives_up)
        journal.close()
        leave_unfinished(directory)
        again = tried(lambda: Journal.open(directory.journal, FakeClock()))
        if again is not None:
            tell(lacks=unguarded(platter.lacks), after="opening")
            append_all(again, platter, script[count // 2 :])
            again.close()
        tried(lambda: verify(directory.journal))
        tried(lambda: list(read(directory.journal)))
    tried(lambda: list(stored(store)))
    gate.meet = None
    tell(calls=failer.calls)


def append_all(journal: Journal, platter: Platter, script: Sequence[ev.AnyEvent], gives_up: bool = False) -> None:
    """Append each event, as often as the program would try."""

    def append(event: ev.AnyEvent) -> ev.Entry:
        if journal.broken:
            journal.reopen()
        event = sealed(journal, event)
        tell(tried=msgspec.json.encode(event).decode())
        return journal.append(event)

    for event in script:
        entry = tried(partial(append, event), JournalUnwritable, 1 if gives_up else TRIES)
        if entry is None and gives_up:
            return
        if entry is not None:
            tell(promised=msgspec.json.encode(entry).decode())
            tell(lacks=unguarded(platter.lacks), after=f"event {entry.seq}")


def tried(what: Callable[[], Any], refusal: type[SessionError] = SessionError, times: int = TRIES) -> Any:
    """What comes of it within some tries; None where it is refused each time, in the way that its caller waits for."""
    for _ in range(times):
        try:
            return what()
        except refusal as error:
            tell(refused=error.message, hint=error.hint)
    return None


def leave_unfinished(directory: SessionDirectory) -> None:
    """End the journal as a process does that dies while it writes."""

    def write() -> None:
        with directory.journal.open("ab") as file:
            file.write(UNFINISHED)

    unguarded(write)


def unguarded(what: Callable[[], Any]) -> Any:
    """Do it on a disk that does not fail."""
    meet, gate.meet = gate.meet, None
    try:
        return what()
    finally:
        gate.meet = meet
