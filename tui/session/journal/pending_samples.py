"""Keeps, beside a journal, the samples that are not in a line of it yet; an acknowledged one is on the disk."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tui.errors import JournalDamaged
from tui.session.events import Entry, MonitorSampled
from tui.session.journal.chain import digest, encode, entries_of
from tui.session.journal.durable import Disk, let_go, sync_directory
from tui.session.journal.sampled_line import MOST, SampledLine, joined, timed

GATHERED = 180.0
"""Seconds of samples that are gathered into one line at most."""


class PendingSamples:
    """The samples after a journal's last line, of its writer; what another event follows is put into a line first.

    The file has them as the lines that they would be, the first with the hash of the journal's last line: as soon as
    the journal is written further, it follows from nothing, and says nothing.
    """

    def __init__(self, journal: Path, disk: Disk) -> None:
        self._path = pending_path(journal)
        self._disk = disk
        self._fd = -1
        self._entries: list[Entry] = []
        self._size = 0
        self._head = ""
        self._known, self._as_left = False, True

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The samples, oldest first."""
        return tuple(self._entries)

    def full(self, mono: float) -> bool:
        """Whether they are to be put into a line before one comes that was taken at this time."""
        first = self._entries[0].mono if self._entries else mono
        return len(self._entries) >= MOST or mono - first >= GATHERED

    def timed(self, at: datetime, mono: float) -> tuple[datetime, float] | None:
        """When a sample counts as taken; None where it cannot be in one line with these."""
        return timed(at, mono, self._entries)

    def add(self, count: int, head: str, at: datetime, mono: float, event: MonitorSampled) -> Entry:
        """Keep one more; it is on the disk when this returns.

        Args:
            count: how many lines the journal has.
            head: the hash of its last line.

        Raises:
            OSError: it is not kept.
        """
        before = self._head if self._entries else head
        line = encode(Entry(count + len(self._entries), at, mono, event), before)
        if self._fd < 0:
            self._fd = self._opened()
        start = self._size if self._entries else 0
        if not self._entries or self._as_left:  # what is there is in a line by now, or was never acknowledged
            self._disk.truncate(self._fd, start)
            os.lseek(self._fd, start, os.SEEK_SET)
        self._known = self._as_left = True
        self._disk.write_all(self._fd, line + b"\n")
        self._disk.sync(self._fd)
        self._size, self._head, self._as_left = start + len(line) + 1, digest(line), False
        entry = Entry(count, at, mono, event)
        self._entries.append(entry)
        return entry

    def take_up(self, count: int, head: str) -> None:
        """Have what a writer left that did not get as far as a line."""
        self._entries, self._known = list(left_pending(self._path, count, head)), True

    def line(self) -> SampledLine:
        """The line that has them all."""
        return joined(self._entries)

    def settled(self) -> None:
        """Forget them: they are in a line."""
        self._entries = []

    def close(self) -> None:
        """Let go of the file; one of which is known that it has nothing more to say is removed."""
        if self._fd >= 0:
            let_go(self._fd)
            self._fd = -1
        if self._known and not self._entries:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _opened(self) -> int:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            sync_directory(self._path.parent)
        except OSError:
            let_go(descriptor)
            raise
        return descriptor


def pending_path(journal: Path) -> Path:
    """The file with a journal's pending samples."""
    return journal.with_name(journal.name + ".samples")


def left_pending(path: Path, count: int, head: str) -> tuple[Entry, ...]:
    """The samples of a file that follow from the journal's last line; what does not is left out.

    Args:
        count: how many lines the journal has.
        head: the hash of its last line.
    """
    found: list[Entry] = []
    with suppress(OSError, JournalDamaged), path.open("rb") as file:
        for number, raw in enumerate(file, count + 1):
            if not raw.endswith(b"\n"):
                break
            (entry, *others) = entries_of(path, number, raw[:-1], head)
            if others or not isinstance(entry.event, MonitorSampled):
                break
            found.append(Entry(count, entry.at, entry.mono, entry.event))
            head = digest(raw[:-1])
    return tuple(found)
