"""Keeps the state of a session at many of its moments, so that any moment is a short way from one of them.

The key frames are derived from the journal and lie in a cache: to delete them costs time, and nothing else. What other
code made of the journal, an earlier version's fold or its markers, is not believed: they are made again.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui.errors import JournalDamaged
from tui.replay.attempt_chunks import SCHEMA, ChunkReader, ChunkRow, ChunkWriter
from tui.replay.elapsed import passed
from tui.runbook.model import Runbook
from tui.session.archive.indexes.cache_file import code
from tui.session.events import AttemptStarted, Entry, MonitorSampled
from tui.session.folding.fold import apply
from tui.session.folding.packed import packed, unpacked
from tui.session.journal.chain import JournalPlace, ProvedLine, digest, walk
from tui.session.state import SessionState, initial
from tui.session.views.markers import Marker, MarkerKind, marker_of

SPACING = 200
"""Events between two key frames."""

_SCHEMA = (
    """
CREATE TABLE meta (code TEXT, identity TEXT);
CREATE TABLE frames (
    seq INTEGER PRIMARY KEY, elapsed REAL, last BLOB, head TEXT, start INTEGER, end INTEGER, state BLOB,
    attempts BLOB);
CREATE TABLE marks (seq INTEGER PRIMARY KEY, elapsed REAL, at TEXT, kind TEXT, step TEXT, words TEXT);
CREATE TABLE attempts (number INTEGER PRIMARY KEY, elapsed REAL);
CREATE TABLE lines (attempt INTEGER PRIMARY KEY, size INTEGER, ends BLOB);
CREATE INDEX marks_by_kind ON marks (kind, seq);
CREATE INDEX frames_by_elapsed ON frames (elapsed, seq);
"""
    + SCHEMA
)

_REACH = "SELECT seq, elapsed, end FROM frames ORDER BY seq DESC LIMIT 1"
_NEWEST = "SELECT * FROM frames ORDER BY seq DESC LIMIT 1"
_EARLIER = "SELECT * FROM frames WHERE elapsed <= ? ORDER BY elapsed DESC, seq DESC LIMIT 1"
_UPTO = "SELECT * FROM frames WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
_NEXT = "SELECT * FROM marks WHERE kind = ? AND seq > ? ORDER BY seq LIMIT 1"
_LAST = "SELECT * FROM marks WHERE kind = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
_COUNTS = "SELECT kind, COUNT(*) FROM marks GROUP BY kind"
_IN_PART = "SELECT * FROM marks WHERE kind = ? AND MIN(CAST(elapsed * ? AS INTEGER), ?) = ? ORDER BY seq LIMIT 1"


class ReplayMoment(Struct, frozen=True):
    """The session after one of its events.

    `elapsed` is how many seconds into the session it is, `place` the journal's place after its line, which begins at
    byte `start`; `ends` whether it is the last of that line, from which alone the journal is read on.
    """

    entry: Entry
    elapsed: float
    state: SessionState
    place: JournalPlace
    start: int = 0
    ends: bool = True


class TimedMarker(Struct, frozen=True):
    """A marker, and how many seconds into the session it is."""

    elapsed: float
    marker: Marker


def beginning(runbook: Runbook, journal: Path) -> ReplayMoment:
    """The session after its first event.

    Raises:
        JournalDamaged: it has none, or it is not what was written.
        SessionError: the journal cannot be read.
    """
    first = next(walk(journal), None)
    if first is None:
        raise JournalDamaged(f"{journal} has no event", "nothing happened in this session; there is nothing to see")
    return next(_moments(None, first, initial(runbook)))


def onward(journal: Path, moment: ReplayMoment) -> Iterator[ReplayMoment]:
    """Every moment after this one, which is the last of its line.

    Raises:
        JournalDamaged: a line is not what was written, or does not fit the session's runbook.
    """
    for line in walk(journal, moment.place):
        for after in _moments(moment, line, moment.state):
            yield after
            moment = after


def _moments(before: ReplayMoment | None, line: ProvedLine, state: SessionState) -> Iterator[ReplayMoment]:
    """The moments of a line: as a rule one, of several samples one each."""
    elapsed, start = (before.elapsed, before.place.end) if before else (0.0, 0)
    place, earlier = JournalPlace(line.entry.seq + 1, line.head, line.end), before.entry if before else None
    for entry in line.entries:
        elapsed += passed(earlier, entry) if earlier else 0.0
        try:
            state = apply(state, entry)
        except (LookupError, StopIteration) as error:
            reason = f"line {entry.seq + 1} of the journal does not fit the lines before it and the session's runbook"
            raise JournalDamaged(reason, "one of them was changed; restore the session from a copy") from error
        earlier = entry
        yield ReplayMoment(entry, elapsed, state, place, start, entry is line.entry)


class KeyFrames:
    """The key frames of one journal, in one file. Threads that work at the same time open one each."""

    def __init__(self, path: Path, runbook: Runbook, journal: Path, first: ReplayMoment, identity: str) -> None:
        """Open the file, or make it again where it is another session's, another version's, or damaged.

        Args:
            identity: what tells this session from another one.
        """
        self._identity = identity
        self._runbook = runbook
        self._journal = journal
        self._first = first
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would leave its mode to the umask
        try:
            self._db = self._opened(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._db = self._opened(path)
        self._chunks = ChunkReader(self._db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def last(self) -> ReplayMoment:
        """The moment up to which there are key frames."""
        return self._read(_NEWEST) or self._first

    def reach(self) -> tuple[int, float, int]:
        """Up to which event, second and byte of the journal there are key frames."""
        row = self._db.execute(_REACH).fetchone()
        return row or (self._first.entry.seq, self._first.elapsed, self._first.place.end)

    def before(self, elapsed: float) -> ReplayMoment:
        """The last key frame that is not later than `elapsed` seconds into the session."""
        return self._read(_EARLIER, elapsed) or self._first

    def upto(self, seq: int) -> ReplayMoment:
        """The last key frame that is not later than the event of this number."""
        return self._read(_UPTO, seq) or self._first

    def mark(self, kind: MarkerKind, seq: int, forward: bool) -> TimedMarker | None:
        """The next marker of a kind after the event of this number, or the last one before it."""
        row = self._db.execute(_NEXT if forward else _LAST, (kind.value, seq)).fetchone()
        return _mark(row) if row else None

    def step(self, step: str) -> TimedMarker | None:
        """Where a step was opened first."""
        query = "SELECT * FROM marks WHERE step = ? ORDER BY seq LIMIT 1"
        row = self._db.execute(query, (step,)).fetchone()
        return _mark(row) if row else None

    def attempt(self, number: int) -> float:
        """How many seconds into the session an attempt began."""
        row = self._db.execute("SELECT elapsed FROM attempts WHERE number = ?", (number,)).fetchone()
        return float(row[0]) if row else 0.0

    def lines(self, attempt: int, size: int) -> bytes | None:
        """What is kept of the lines of an attempt's output of this size, if anything is."""
        row = self._db.execute("SELECT ends FROM lines WHERE attempt = ? AND size = ?", (attempt, size)).fetchone()
        return bytes(row[0]) if row else None

    def keep_lines(self, attempt: int, size: int, ends: bytes) -> None:
        """Keep where the lines of an attempt's output are."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", (attempt, size, ends))

    def buckets(self, width: int, total: float) -> dict[int, set[MarkerKind]]:
        """What kinds of markers there are in each of `width` equal parts of a session of `total` seconds."""
        found: dict[int, set[MarkerKind]] = {}
        query = "SELECT DISTINCT CAST(elapsed * ? AS INTEGER), kind FROM marks"
        for part, kind in self._db.execute(query, (width / total if total else 0.0,)):
            found.setdefault(min(part, width - 1), set()).add(MarkerKind(kind))
        return found

    def counts(self) -> dict[MarkerKind, int]:
        """How many markers there are of each kind."""
        return {MarkerKind(kind): count for kind, count in self._db.execute(_COUNTS)}

    def mark_in(self, kind: MarkerKind, part: int, width: int, total: float) -> TimedMarker | None:
        """The first marker of a kind in one of the parts that `buckets` has."""
        row = self._db.execute(_IN_PART, (kind.value, width / total if total else 0.0, width - 1, part)).fetchone()
        return _mark(row) if row else None

    def add(self, rows: "Rows") -> None:
        """Keep what was gathered, all of it at once."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO attempts VALUES (?, ?)", rows.attempts)
            self._db.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?, ?)", rows.marks)
            self._db.executemany("INSERT OR IGNORE INTO chunks VALUES (?, ?)", rows.chunks)
            self._db.executemany("INSERT OR REPLACE INTO frames VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows.frames)

    def _opened(self, path: Path) -> sqlite3.Connection:
        db = sqlite3.connect(path, timeout=10.0, check_same_thread=False)
        try:
            db.execute("PRAGMA synchronous = OFF")  # what a crash takes is made again
            db.execute("PRAGMA journal_mode = WAL")  # which writes: after it is known that no disk is waited for
            db.execute("PRAGMA busy_timeout = 10000")
            if not self._ours(db):
                with db:
                    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                        db.execute(f'DROP TABLE "{table}"')
                db.executescript(_SCHEMA)
                with db:
                    db.execute("INSERT INTO meta VALUES (?, ?)", (code("replay"), self._identity))
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _ours(self, db: sqlite3.Connection) -> bool:
        """Whether the file has key frames of this journal as it is."""
        try:
            row = db.execute("SELECT code, identity FROM meta").fetchone()
            if row != (code("replay"), self._identity):
                return False
            last = db.execute("SELECT head, start, end FROM frames ORDER BY seq DESC LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            return False
        return last is None or _line_is(self._journal, *last)

    def _read(self, query: str, *values: float) -> ReplayMoment | None:
        row = self._db.execute(query, values).fetchone()
        if row is None:
            return None
        seq, elapsed, last, head, start, end, data, chunks = row
        state = replace(unpacked(self._runbook, data), attempts=self._chunks.attempts(chunks))
        return ReplayMoment(_entries.decode(last), elapsed, state, JournalPlace(seq + 1, head, end), start)


MarkRow = tuple[int, float, str, str, str, str]
FrameRow = tuple[int, float, bytes, str, int, int, bytes, bytes]

_entries = msgspec.msgpack.Decoder(Entry)
_encoder = msgspec.msgpack.Encoder()


class Rows:
    """What is gathered of the moments until it is kept: nothing of it holds the moments in memory."""

    def __init__(self, chunks: ChunkWriter) -> None:
        self._writer = chunks
        self.chunks: list[ChunkRow] = []
        self.marks: list[MarkRow] = []
        self.attempts: list[tuple[int, float]] = []
        self.frames: list[FrameRow] = []

    def gather(self, moment: ReplayMoment, frame: bool = False) -> None:
        """Take what is worth keeping of a moment, with `frame` all of it."""
        measured = isinstance(moment.entry.event, MonitorSampled)  # nearly all of a long night, and no marker
        one = None if measured else marker_of(moment.entry, moment.state)
        if one is not None:
            words = (one.at.isoformat(), one.kind.value, one.step, one.words)
            self.marks.append((one.seq, moment.elapsed, *words))
        if isinstance(moment.entry.event, AttemptStarted):
            self.attempts.append((moment.entry.event.attempt, moment.elapsed))
        if frame:
            place, last = moment.place, _encoder.encode(moment.entry)
            chunks = self._writer.names(moment.state.attempts, self.chunks)
            state = packed(replace(moment.state, attempts={}))
            self.frames.append(
                (moment.entry.seq, moment.elapsed, last, place.head, moment.start, place.end, state, chunks)
            )


def _line_is(journal: Path, head: str, start: int, end: int) -> bool:
    """Whether the line of the journal between two offsets is the one with this hash."""
    try:
        with journal.open("rb") as file:
            file.seek(start)
            return digest(file.read(end - start)[:-1]) == head
    except OSError:
        return False


def _mark(row: tuple[Any, ...]) -> TimedMarker:
    seq, elapsed, at, kind, step, words = row
    return TimedMarker(
        elapsed, msgspec.convert({"seq": seq, "at": at, "kind": kind, "step": step, "words": words}, Marker)
    )
