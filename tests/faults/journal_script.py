"""What a process does that is killed or whose disk fails: the life of a session's journal, and its recovery.

Everything here runs in a child of tests/support/harness/forks.py, which tells what it was promised as soon as it was.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tests.support.harness.forks import tell
from tests.support.harness.interpose import SYNCS, Act, die, failing, gate
from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.errors import JournalUnwritable
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.journal import Journal
from tui.session.outcome import Outcome

UNFINISHED = b'{"v":1,"seq":'
READS = ("stat", "listdir", "io.open")
"""Calls that change nothing: dying at one is dying after the call before it."""


class Killer:
    """Counts the places where the process may die, and ends it at one of them."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.places: list[str] = []
        self.full = False

    def __call__(self, name: str, when: str) -> Act | None:
        if name in READS or when == "short":
            return None
        if self.full and (name, when) == ("write", "middle"):
            self.full = False
            return failing(errno.ENOSPC)
        self.places.append(f"{name} {when}")
        return die if len(self.places) - 1 == self.place else None

    def point(self, name: str) -> None:
        """One more place, between the calls."""
        if act := self(name, "between"):
            act()


def tell_synced(name: str, args: Sequence[Any], done: bool) -> None:
    """Tell what a power cut would leave of a file: everything that it has now."""
    if name in SYNCS and done:
        tell(synced=os.readlink(f"/proc/self/fd/{args[0]}"), size=os.fstat(args[0]).st_size)


MEASURED = (
    SMALL
    + """
[monitors.load]
title = "Load"
run = "load"
number = { name = "load" }
"""
)
"""A runbook with a monitor, whose samples are kept beside the journal for a while."""


def events(count: int, measured: bool = True) -> Iterator[ev.AnyEvent]:
    """The first `count` events of a session that does one step over and over, and measures meanwhile if it is to."""
    yield ev.SessionStarted(session="s", flow="deploy", method="docker", operator="ana", title="Shop", runbook_hash="0")
    number, made = 0, 1
    while True:
        number += 1
        check = ev.Check(expected='"load" in the output', came="there", ok=True)
        samples = [ev.MonitorSampled(monitor="load", value=value) for value in (number, None)] if measured else []
        for event in (
            *samples,
            ev.StepOpened(step="backup", operator="ana", confirmed="y"),
            ev.AttemptStarted(attempt=number, step="backup", action=0, host="web", command="dump", mutates=True),
            ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.5, size=4, sha256="ab"),
            ev.AttemptChecked(attempt=number, checks=(check,)),
            ev.ValueCaptured(step="backup", name="size", value=f"{number} GiB"),
            ev.NoteAdded(text=f"Größe {number}\n\x1b[31m", operator="ana", step="backup"),
            ev.StepSigned(step="backup", operator="ana"),
            ev.StepReopened(step="backup", operator="ana", reason="once more"),
            *samples[:1],
        ):
            if made == count:
                return
            yield event
            made += 1


def sealed(journal: Journal, event: ev.AnyEvent) -> ev.AnyEvent:
    """The event, a sign-off with what it seals."""
    if not isinstance(event, ev.StepSigned):
        return event
    count, head = journal.position()
    return msgspec.structs.replace(event, count=count, head=head)


def append(journal: Journal, event: ev.AnyEvent) -> None:
    """Append, telling before it what is tried and after it what was promised."""
    event = sealed(journal, event)
    tell(tried=msgspec.json.encode(event).decode())
    tell(promised=msgspec.json.encode(journal.append(event)).decode())


def life(root: str, count: int, place: int = -1) -> None:
    """Begin a session, fill the disk half-way, leave a line unfinished, continue, and end it; or die at a place."""
    killer = Killer(place)
    gate.meet, gate.seen = killer, tell_synced
    directory, journal = Store(Path(root)).create("deploy", MEASURED, FakeClock())
    for number, event in enumerate(events(count)):
        if number == count // 2:
            killer.full = True
            try:
                append(journal, event)
            except JournalUnwritable:
                tell(refused=True)
            journal.reopen()
        if number == count * 3 // 4:
            journal.close()
            with directory.journal.open("ab") as file:
                file.write(UNFINISHED)
            journal = Journal.open(directory.journal, FakeClock())
        append(journal, event)
    append(journal, ev.SessionFinished(result="completed", operator="ana"))
    journal.close()
    gate.meet = None
    tell(places=killer.places)


def recovery(path: str, place: int = -1) -> None:
    """Open a journal whose last line is unfinished, and continue; or die at a place."""
    killer = Killer(place)
    gate.meet, gate.seen = killer, tell_synced
    journal = Journal.open(Path(path), FakeClock())
    append(journal, ev.SessionResumed(operator="ana"))
    journal.close()
    gate.meet = None
    tell(places=killer.places)
