"""Keeps what lists show of sessions in a SQLite file beside them, so that a journal is read once on a machine.

It is a cache: deleted, damaged or made by another version of this program it is made again, and what is in it is never
taken for a session whose files are not those that it was read from.
"""

import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from tui.session.archive.indexes.cache_file import CacheFile

FILE = "index.sqlite"
TOGETHER = 64
"""What is written at once: each writing has a cost of its own."""
TAIL = 160
"""Bytes at the end of a journal that are compared: the hash of its last line, which stands for all before it."""
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


def stamp_of(*paths: Path, journal: Path | None = None) -> bytes:
    """What is the same as long as these files are, and the journal's last line; empty where that cannot be known.

    Of each file its place on the disk, its length, and when it and what is known of it changed (stat(2)).
    """
    found: list[object] = []
    try:
        for path in (journal, *paths) if journal is not None else paths:
            one = os.stat(path)
            found.append((one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns))
        if journal is not None:
            found.append(_tail(journal))
    except OSError:
        return b""
    return hashlib.blake2b(repr(found).encode(), digest_size=16).digest()


def _tail(path: Path) -> bytes:
    """The end of a file, without what Python puts around one: that takes as long as all the rest of a stamp."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.pread(descriptor, TAIL, max(0, os.fstat(descriptor).st_size - TAIL))
    finally:
        os.close(descriptor)
