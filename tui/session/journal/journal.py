"""Keeps the events of a session so that none is lost, changed or forgotten: what is appended is on the disk."""

import errno
import os
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from tui.errors import JournalDamaged, JournalUnwritable, SessionError
from tui.session.clock import Clock
from tui.session.events import AnyEvent, Entry, MonitorSampled, SessionFinished
from tui.session.journal.chain import START, blocks, digest, encode, encode_samples, unreadable, walk
from tui.session.journal.durable import Disk, let_go, sync_directory, write_new
from tui.session.journal.pending_samples import PendingSamples
from tui.session.journal.reading import read
from tui.session.journal.receipt import KeptReceipt, keep_receipt, kept_receipt
from tui.session.journal.sampled_line import fits
from tui.session.journal.writer_lock import WriterLock, holder_of

__all__ = ["Disk", "Journal", "Verified", "exists", "read", "verify", "writer_of"]

PIECE = 8
"""Events that are written in one piece at most: as many lines, and one of samples, are written again on opening."""

HINT = "free space in the session's folder, then try again; nothing was done"


class Verified(Struct, frozen=True):
    """A whole journal: how many lines, the hash of the last, and the bytes of a line that was never finished."""

    count: int
    head: str
    torn: int = 0


class Journal:
    """The journal of one session, open for writing by this process alone. Safe to use from several threads.

    What monitors measure is kept beside it, and put into one line after three minutes, or as soon as anything else is
    appended.

    After an append that failed, nothing more is appended until `reopen` has made sure what is on the disk.
    """

    def __init__(self, path: Path, clock: Clock, lock: WriterLock, fd: int, disk: Disk) -> None:
        """Use `create` or `open`."""
        self.path = path
        self.clock = clock
        self.broken = ""
        self._lock = lock
        self._fd = fd
        self._disk = disk
        self._mutex = threading.Lock()
        self._opened = clock.monotonic()
        self._count, self._head, self._end = 0, START, 0
        self._contradicted = False
        self._samples = PendingSamples(path, disk)

    @classmethod
    def create(cls, path: Path, clock: Clock, disk: Disk = Disk()) -> "Journal":  # noqa: B008 (immutable)
        """Begin a journal.

        Raises:
            SessionError: it cannot be written, or there is one already.
        """
        lock = WriterLock(_lock_path(path), clock)
        try:
            write_new(path, b"")
            sync_directory(path.parent)
            fd = os.open(path, os.O_WRONLY | os.O_APPEND)
        except FileExistsError as error:
            lock.release()
            raise SessionError(
                f"there is a journal at {path} already", "resume it, or begin another session"
            ) from error
        except OSError as error:
            lock.release()
            raise JournalUnwritable(f"cannot begin {path}: {error.strerror}", HINT) from error
        return cls(path, clock, lock, fd, disk)

    @classmethod
    def open(cls, path: Path, clock: Clock, disk: Disk = Disk()) -> "Journal":  # noqa: B008 (immutable)
        """Continue a journal: a line that was never finished is cut off and kept beside it.

        Raises:
            JournalDamaged: a line is not what was written.
            SessionError: it cannot be read or written, or another process writes it.
        """
        if not exists(path):
            raise SessionError(f"there is no journal at {path}", "`runbook sessions` lists the sessions")
        lock = WriterLock(_lock_path(path), clock)
        try:
            journal = cls(path, clock, lock, os.open(path, os.O_WRONLY | os.O_APPEND), disk)
        except OSError as error:
            lock.release()
            raise JournalUnwritable(f"cannot write {path}: {error.strerror}", HINT) from error
        try:
            receipt, starts = journal._receipt(), deque((0,), PIECE + 1)
            for line in walk(path):
                starts.append(journal._end)
                if receipt and line.entry.seq + 1 == receipt.count:
                    journal._contradicted = line.head != receipt.head
                journal._count, journal._head, journal._end = line.entry.seq + 1, line.head, line.end
            journal._contradicted |= bool(receipt and journal._count < receipt.count)
            journal._cut(keep=True)
            journal._renew(starts[0])  # the last lines may have been written in one piece
            journal._samples.take_up(journal._count, journal._head)
            journal.settle()
        except SessionError:
            journal.close()
            raise
        return journal

    def append(self, event: AnyEvent) -> Entry:
        """Make an event durable; it is on the disk when this returns.

        Raises:
            JournalUnwritable: it is not; what it announces must not happen.
        """
        with self._mutex:
            self._usable()
            if isinstance(event, MonitorSampled) and fits(event):
                return self._sampled(*self._time(), event)
            return self._appended((event,))[0]

    def append_together(self, events: Sequence[AnyEvent]) -> tuple[Entry, ...]:
        """Make up to PIECE events durable in one piece, with one wait for the disk; see `append`.

        After a power cut before this returns the first of them may be there without the others, as if each had been
        appended by itself.
        """
        assert len(events) <= PIECE, "more would not all be written again after a crash"
        with self._mutex:
            self._usable()
            return self._appended(events)

    def _appended(self, events: Sequence[AnyEvent]) -> tuple[Entry, ...]:
        """Write the pending samples and these events in one piece."""
        lines: list[bytes] = []
        entries: list[Entry] = []
        count, head = self._count, self._head
        if pending := self._samples.entries:
            lines.append(encode_samples(pending[-1], self._samples.line(), head))
            count, head = count + 1, digest(lines[-1])
        for event in events:
            entries.append(Entry(count, *self._time(), event))
            lines.append(encode(entries[-1], head))
            count, head = count + 1, digest(lines[-1])
        self._write(lines, head)
        if any(isinstance(event, SessionFinished) for event in events):
            self._seal()
        return tuple(entries)

    def _time(self) -> tuple[datetime, float]:
        """The time, and the seconds since this process opened the journal."""
        return self.clock.now(), round(self.clock.monotonic() - self._opened, 6)

    @property
    def pending(self) -> bool:
        """Whether there are samples that are not in a line yet."""
        return bool(self._samples.entries)

    @property
    def samples(self) -> tuple[Entry, ...]:
        """Those samples."""
        return self._samples.entries

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self._count

    @property
    def written(self) -> tuple[int, str]:
        """How many lines there are, and the hash of the last, whatever is pending."""
        return self._count, self._head

    def settle(self) -> None:
        """Put the pending samples into a line.

        Raises:
            JournalUnwritable: they are still beside it only.
        """
        with self._mutex:
            self._settle()

    def _settle(self) -> None:
        if pending := self._samples.entries:
            self._usable()
            line = encode_samples(pending[-1], self._samples.line(), self._head)
            self._write([line], digest(line))

    def _sampled(self, at: datetime, mono: float, event: MonitorSampled) -> Entry:
        """Keep a sample beside the journal, with the number that its line will have."""
        times = None if self._samples.full(mono) else self._samples.timed(at, mono)
        if times is None:
            self._settle()
            times = self._samples.timed(at, mono)
        assert times is not None, "nothing is pending that it might not go together with"
        try:
            return self._samples.add(self._count, self._head, *times, event)
        except OSError as error:
            raise self._failed(error) from error

    def _usable(self) -> None:
        if self.broken:
            raise JournalUnwritable(f"the journal cannot be written: {self.broken}", HINT)

    def _write(self, lines: list[bytes], head: str) -> None:
        """Write the next lines in one piece, the pending samples among them; `head` is the hash of the last."""
        try:
            self._disk.write_all(self._fd, b"".join(line + b"\n" for line in lines))
            self._disk.sync(self._fd)
            if not os.fstat(self._fd).st_nlink:
                raise OSError(errno.ENOENT, "it was removed while the session was open")
        except OSError as error:
            raise self._failed(error) from error
        self._count, self._head = self._count + len(lines), head
        self._end += sum(len(line) + 1 for line in lines)
        self._samples.settled()

    def _failed(self, error: OSError) -> JournalUnwritable:
        self.broken = error.strerror or str(error)
        return JournalUnwritable(f"cannot write {self.path}: {self.broken}", HINT)

    def position(self) -> tuple[int, str]:
        """How many lines there are, and the hash of the last; the pending samples are in one of them.

        Raises:
            JournalUnwritable: they cannot be put into one.
        """
        with self._mutex:
            self._settle()
            return self._count, self._head

    def reopen(self) -> None:
        """Take up writing after a failure: check every acknowledged line on the disk and cut off what came after.

        Raises:
            JournalDamaged: an acknowledged line is not there any more.
            JournalUnwritable: the file still cannot be written.
        """
        with self._mutex:
            if self.broken == "closed":
                raise JournalUnwritable("the journal is closed", "resume the session")
            count, head = self._reread()
            if (count, head) != (self._count, self._head):
                raise JournalDamaged(
                    f"{self.path} has {count} of the {self._count} lines that were written", "restore it from a copy"
                )
            self._cut(keep=False)
            self.broken = ""

    def close(self) -> None:
        """Let another process write; closing twice is harmless."""
        with self._mutex:
            if self.broken != "closed":
                with suppress(JournalUnwritable):  # they stay beside it, for the next writer
                    self._settle()
                self._seal()
                self.broken = "closed"
                self._samples.close()
                let_go(self._fd)
                self._lock.release()

    def _receipt(self) -> KeptReceipt | None:
        """What was left beside the journal; one that is damaged stays, for `verify` to name."""
        try:
            return kept_receipt(self.path)
        except SessionError:
            self._contradicted = True
            return None

    def _seal(self) -> None:
        """Leave a receipt of the last line, unless one is there that the journal contradicts."""
        if self._count and not self._contradicted:
            with suppress(OSError):  # without it `verify` says that nothing proves the last line
                keep_receipt(self.path, self._count, self._head)

    def _reread(self) -> tuple[int, str]:
        """How many of the acknowledged lines are on the disk, and the hash of the last."""
        count, head = 0, START
        try:
            for line in walk(self.path):
                if line.end > self._end:
                    break
                count, head = line.entry.seq + 1, line.head
        except JournalDamaged:
            raise
        except SessionError as error:
            raise JournalUnwritable(error.message, HINT) from error
        return count, head

    def _renew(self, start: int) -> None:
        """Write the last lines, from `start` on, again and sync them, so that nobody acts on what may vanish.

        The process that wrote them may have been killed before the sync, or the sync failed. After a failure the system
        takes the bytes for written, and the next sync succeeds without them: only writing them again brings them to the
        disk.
        """
        if not self._end:
            return
        try:
            fd = os.open(self.path, os.O_RDWR)
            try:
                line = os.pread(fd, self._end - start, start)
                os.lseek(fd, start, os.SEEK_SET)
                self._disk.write_all(fd, line)
                self._disk.sync(fd)
            finally:
                let_go(fd)
        except OSError as error:
            raise JournalUnwritable(f"cannot write {self.path}: {error.strerror}", HINT) from error

    def _cut(self, keep: bool) -> None:
        """Cut off what follows the last acknowledged line; `keep` it in a file beside the journal."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._end)
                rest = file.read()
            if not rest:
                return
            if keep:
                _keep(self.path, rest, self._disk)
            self._disk.truncate(self._fd, self._end)
            self._disk.sync(self._fd)
        except OSError as error:
            raise JournalUnwritable(f"cannot fix {self.path}: {error.strerror}", HINT) from error


def verify(path: Path) -> Verified:
    """Prove a whole journal.

    Raises:
        JournalDamaged: a line is not what was written.
        SessionError: the file cannot be read.
    """
    count, head, end = 0, START, 0
    for block in blocks(path):
        count, head, end = block.count, block.head, block.end
    try:
        return Verified(count, head, path.stat().st_size - end)
    except OSError as error:
        raise unreadable(path, error) from error


def exists(path: Path) -> bool:
    """Whether there is a journal.

    Raises:
        SessionError: the disk does not say.
    """
    try:
        return path.exists()
    except OSError as error:
        raise unreadable(path, error) from error


def writer_of(path: Path) -> str:
    """Who writes this journal now, in words; empty where nobody does."""
    return holder_of(_lock_path(path))


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _keep(path: Path, rest: bytes, disk: Disk) -> None:
    """Write the cut-off bytes to the first free `journal.jsonl.torn-<n>`."""
    number = 1
    while (beside := path.with_name(f"{path.name}.torn-{number}")).exists():
        number += 1
    write_new(beside, rest, disk)
    sync_directory(path.parent)
