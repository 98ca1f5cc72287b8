"""A session that was recorded, at any of its moments."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from tui.errors import JournalDamaged, SessionError
from tui.execution.beginning.read_beside import Read, read_here
from tui.replay.attempt_chunks import ChunkWriter
from tui.replay.keyframes import SPACING, KeyFrames, ReplayMoment, Rows, beginning, onward
from tui.replay.output import OutputLines
from tui.runbook.model import Runbook
from tui.session.archive.store import SessionDirectory
from tui.session.journal.chain import last_entry, unreadable
from tui.session.journal.private import private_folder
from tui.session.places import as_begun
from tui.session.state import Attempt

BATCH = 20
"""Key frames that are made before they are kept."""


class Indexed(Struct, frozen=True):
    """How much of a session has key frames: up to which event and second, which share of the journal, and if all."""

    seq: int
    elapsed: float
    share: float
    whole: bool = False


class RecordedSession:
    """One session, read through its key frames; for one thread, but for `index`, which has the work of another.

    What is shown never waits for the whole journal: the beginning is there at once, and the rest as soon as its key
    frames are, which another opening finds made.
    """

    def __init__(self, directory: SessionDirectory, cache: Path, read: Read | None = None) -> None:
        """Read the beginning and the end.

        Args:
            cache: the folder for key frames; where nothing can be written there, they live as long as this program.
            read: waits for the session's runbook, where it is being read already.

        Raises:
            SessionError: there is no session, or it is damaged.
            RunbookInvalid: its runbook is.
        """
        self.directory = directory
        written, _ = read() if read is not None else read_here(directory.runbook, of_session=True)
        self.first = beginning(written, directory.journal)
        self.runbook: Runbook = as_begun(written, self.first.state.started)
        self.lines = OutputLines(directory.attempts)
        self._cache = _writable(cache)
        self._name = f"{directory.id}-{self._identity()[:12]}.db"
        self._frames = self._open()
        self._here = self.first
        self._next: ReplayMoment | None = None
        self._ahead: Iterator[ReplayMoment] = iter(())
        self._place(self.first)
        ended = last_entry(directory.journal) or self.first.entry
        self._guess = max(0.0, (ended.at - self.first.entry.at).total_seconds())
        self._size = directory.journal.stat().st_size
        self.indexed = self._upto(*self._frames.reach())

    @property
    def total(self) -> float:
        """How many seconds the session lasted; while it is not read whole, what the clocks on the wall say."""
        return self.indexed.elapsed if self.indexed.whole else max(self._guess, self.indexed.elapsed)

    @property
    def here(self) -> ReplayMoment:
        """The moment that was looked for last."""
        return self._here

    @property
    def following(self) -> float | None:
        """How many seconds into the session the event after `here` is; None after the last."""
        return self._next.elapsed if self._next is not None else None

    def at(self, elapsed: float) -> ReplayMoment:
        """The last moment that is not later than `elapsed` seconds into the session, and is sound."""
        if elapsed < self._here.elapsed:
            self._place(self._frames.before(elapsed))
        elif self._next is not None and self._next.elapsed <= elapsed:
            frame = self._frames.before(elapsed)
            if frame.entry.seq > self._next.entry.seq:
                self._place(frame)
        while self._next is not None and self._next.elapsed <= elapsed:
            self._step()
        return self._here

    def after(self, seq: int) -> ReplayMoment:
        """The moment after the event of this number, or the last."""
        if seq < self._here.entry.seq:
            self._place(self._frames.upto(seq))
        elif seq > self._here.entry.seq + SPACING:
            frame = self._frames.upto(seq)
            if frame.entry.seq > self._here.entry.seq:
                self._place(frame)
        while self._next is not None and self._next.entry.seq <= seq:
            self._step()
        return self._here

    def now(self, elapsed: float) -> datetime:
        """The time on the wall clock (UTC) `elapsed` seconds into the session, which is where `here` is."""
        return self._here.entry.at + timedelta(seconds=max(0.0, elapsed - self._here.elapsed))

    @property
    def frames(self) -> KeyFrames:
        """The key frames and markers made so far, for this thread."""
        return self._frames

    def attempts(self) -> list[tuple[Attempt, float]]:
        """Every attempt that has been read, in order, with the second of the session in which it began.

        For any thread.
        """
        frames = self._open()
        try:
            return [(attempt, frames.attempt(attempt.number)) for attempt in frames.last().state.attempts.values()]
        finally:
            frames.close()

    def index(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Make the key frames that are missing; on a thread of its own, `indexed` tells how far it is.

        Raises:
            JournalDamaged: a line is not what was written; what comes before it can still be seen.
        """
        frames = self._open()
        try:
            last = frames.last()
            chunks = ChunkWriter()
            rows = Rows(chunks)
            if last is self.first:
                rows.gather(last)
            try:
                since = 0
                for moment in onward(self.directory.journal, last):
                    since += 1
                    frame = moment.ends and since >= SPACING
                    rows.gather(moment, frame)
                    if not moment.ends:
                        continue
                    last, since = moment, since % SPACING
                    if frame and stopped():
                        return
                    if len(rows.frames) >= BATCH:
                        self._keep(frames, rows, moment)
                        rows = Rows(chunks)
            finally:
                rows.gather(last, frame=True)
                self._keep(frames, rows, last)
            self.indexed = Indexed(last.entry.seq, last.elapsed, 1.0, whole=True)
            self.lines.count(last.state.attempts, frames, stopped)
        finally:
            frames.close()

    def close(self) -> None:
        """Let go of the files."""
        self._frames.close()

    def _keep(self, frames: KeyFrames, rows: Rows, last: ReplayMoment) -> None:
        frames.add(rows)
        self.indexed = self._upto(last.entry.seq, last.elapsed, last.place.end)

    def _place(self, moment: ReplayMoment) -> None:
        self._here = moment
        self._ahead = onward(self.directory.journal, moment)
        self._next = self._coming()

    def _step(self) -> None:
        assert self._next is not None
        self._here, self._next = self._next, self._coming()

    def _coming(self) -> ReplayMoment | None:
        """The moment after; none after the last that is sound, which `index` has words for."""
        try:
            return next(self._ahead, None)
        except JournalDamaged:
            return None

    def _upto(self, seq: int, elapsed: float, end: int) -> Indexed:
        """Args: end: the byte of the journal up to which it is read."""
        return Indexed(seq, elapsed, end / self._size if self._size else 1.0, end >= self._size)

    def _open(self) -> KeyFrames:
        return KeyFrames(self._cache / self._name, self.runbook, self.directory.journal, self.first, self._identity())

    def _identity(self) -> str:
        try:
            runbook = hashlib.sha256(self.directory.runbook.read_bytes()).hexdigest()
        except OSError as error:
            raise unreadable(self.directory.runbook, error) from error
        return hashlib.sha256(f"{self.first.place.head} {runbook}".encode()).hexdigest()


def _writable(cache: Path) -> Path:
    """The folder, or one that goes with the program where it cannot be written or is not ours alone."""
    try:
        private_folder(cache.absolute())
    except (OSError, SessionError):
        return Path(tempfile.mkdtemp(prefix="runbook-"))
    return cache if os.access(cache, os.W_OK) else Path(tempfile.mkdtemp(prefix="runbook-"))
