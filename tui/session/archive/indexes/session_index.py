"""Keeps what lists show of sessions in a SQLite file beside them, so that a journal is read once on a machine.

It is a cache: deleted, damaged or made by another version of this program it is made again, and what is in it is never
taken for a session whose files are not those that it was read from.
"""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from struct import Struct as Packed

from tui.session.archive.indexes.cache_file import CacheFile
from tui.session.archive.store import JOURNAL

FILE = "index.sqlite"
TOGETHER = 64
"""What is written or read at once: each time has a cost of its own."""
TAIL = 160
"""Bytes at the end of a journal that are compared: the hash of its last line, which stands for all before it."""
_FILE = Packed("=QQqqq")
TABLES = """
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL, session TEXT NOT NULL, stamp BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, session)
) WITHOUT ROWID;
"""


class SessionIndex:
    """Values by kind and session, each with the stamp of the files it was made of; threads may use it at the same time.

    Nothing here raises: what cannot be kept is worked out again.
    """

    def __init__(self, root: Path) -> None:
        self._file = CacheFile(root / FILE, TABLES)
        self._lock = threading.Lock()
        self._waiting: list[tuple[object, ...]] = []

    def get(self, kind: str, session: str, stamp: bytes) -> bytes | None:
        """What was kept of a session whose files have this stamp."""
        with self._lock:
            found = self._file.rows("SELECT stamp, value FROM kept WHERE kind = ? AND session = ?", kind, session)
        return bytes(found[0][1]) if found and bytes(found[0][0]) == stamp else None

    def kept_of(self, kind: str, sessions: Sequence[str]) -> Mapping[str, tuple[bytes, bytes]]:
        """What was kept of these sessions, which follow each other by name: of each its stamp then, and the value."""
        between = "SELECT session, stamp, value FROM kept WHERE kind = ? AND session BETWEEN ? AND ?"
        with self._lock:
            rows = self._file.rows(between, kind, min(sessions), max(sessions))
        return {session: (bytes(stamp), bytes(value)) for session, stamp, value in rows}

    def put(self, kind: str, session: str, stamp: bytes, value: bytes) -> None:
        """Keep a value; it is written with others, or by `flush`."""
        with self._lock:
            self._waiting.append((kind, session, stamp, value))
            if len(self._waiting) >= TOGETHER:
                self._write()

    def flush(self, names: Iterable[str] | None = None) -> None:
        """Write what waits for it; forget all sessions but `names`, where they are given."""
        with self._lock:
            if self._waiting:
                self._write()
            if names is not None:
                there = set(names)
                known = self._file.rows("SELECT DISTINCT session FROM kept")
                gone = [(name,) for (name,) in known if name not in there]
                if gone:
                    self._file.write(("DELETE FROM kept WHERE session = ?", gone))

    def close(self) -> None:
        """Write what waits for it, and let go of the file."""
        self.flush()
        with self._lock:
            self._file.close()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._file.write(("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", waiting))


def stamp_of(folder: Path, *names: str) -> bytes:
    """What is the same as long as a session's journal and these files are; empty where one cannot be read.

    Of each file its place on the disk, its length, and when it and what is known of it changed (stat(2)); of the
    journal its last line as well.
    """
    try:
        return b"".join((*(_told(os.stat(f"{folder}/{name}")) for name in names), *_end_of(f"{folder}/{JOURNAL}")))
    except OSError:
        return b""


def _end_of(journal: str) -> tuple[bytes, bytes]:
    """What is known of a journal's file, and its end; what Python puts around an open file takes as long again."""
    descriptor = os.open(journal, os.O_RDONLY)
    try:
        one = os.fstat(descriptor)
        return _told(one), os.pread(descriptor, TAIL, max(0, one.st_size - TAIL))
    finally:
        os.close(descriptor)


def _told(one: os.stat_result) -> bytes:
    return _FILE.pack(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
