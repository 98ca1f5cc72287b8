"""Keeps what lists show of sessions in a SQLite file beside them, so that a journal is read once on a machine.

It is a cache: deleted, damaged or made by another version of this program it is made again, and what is in it is never
taken for a session whose files are not those that it was read from.
"""

import hashlib
import os
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

FILE = "index.sqlite"
FORMAT = 1
PATIENCE = 2.0
"""Seconds that another program's writing is waited for; after that nothing is kept."""
TOGETHER = 64
"""What is written at once: each writing has a cost of its own."""
TAIL = 160
"""Bytes at the end of a journal that are compared: the hash of its last line, which stands for all before it."""
NOT_DAMAGED = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_IOERR,
    )
)
"""Errors that making the file again does not end."""
MADE_BY = ("session", "runbook", "drill", "text")
"""The packages whose code the values are made by."""
_TABLES = """
CREATE TABLE IF NOT EXISTS made_by (code TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS kept (
    kind TEXT NOT NULL, session TEXT NOT NULL, stamp BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, session)
) WITHOUT ROWID;
"""


class SessionIndex:
    """Values by kind and session, each with the stamp of the files it was made of; threads may use it at the same time.

    Nothing here raises: what cannot be kept is worked out again.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / FILE
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._tries = 2
        self._waiting: list[tuple[str, str, bytes, bytes]] = []

    def get(self, kind: str, session: str, stamp: bytes) -> bytes | None:
        """What was kept of a session whose files have this stamp."""
        with self._lock:
            found = self._run("SELECT stamp, value FROM kept WHERE kind = ? AND session = ?", (kind, session))
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
                gone = [(name,) for (name,) in self._run("SELECT DISTINCT session FROM kept") if name not in there]
                if gone:
                    self._run_many("DELETE FROM kept WHERE session = ?", gone)

    def close(self) -> None:
        """Write what waits for it, and let go of the file."""
        self.flush()
        with self._lock:
            self._let_go()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._run_many("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", waiting)

    def _run(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        while (connection := self._opened()) is not None:
            try:
                return connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                if not self._again(error):
                    break
        return []

    def _run_many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        rows = list(rows)
        while (connection := self._opened()) is not None:
            try:
                with connection:
                    connection.executemany(statement, rows)
                return
            except sqlite3.Error as error:
                if not self._again(error):
                    return

    def _opened(self) -> sqlite3.Connection | None:
        """The file, made again where it is not what this program makes; None where that does not succeed."""
        while self._connection is None and self._tries:
            self._tries -= 1
            try:
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
                connection = sqlite3.connect(self._path, timeout=PATIENCE, check_same_thread=False)
            except (OSError, sqlite3.Error):
                return None
            self._connection = connection
            try:
                self._prepare(connection)
                self._tries = 1  # another one, where it turns out to be damaged
            except sqlite3.Error as error:
                if not self._again(error):
                    return None
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # after a power cut it may be damaged, and is made again
        connection.executescript(_TABLES)
        made_by = connection.execute("SELECT code FROM made_by").fetchall()
        if made_by != [(code(),)]:
            with connection:
                connection.execute("DELETE FROM kept")
                connection.execute("DELETE FROM made_by")
                connection.execute("INSERT INTO made_by VALUES (?)", (code(),))

    def _again(self, error: sqlite3.Error) -> bool:
        """Whether another try may succeed: what is damaged is removed; somebody else's writing is not."""
        self._let_go()
        if error.sqlite_errorcode & 0xFF in NOT_DAMAGED or not self._tries:
            self._tries = 0
            return False
        with suppress(OSError):
            self._path.unlink()
        return True

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def stamp_of(*paths: Path, journal: Path | None = None) -> bytes:
    """What is the same as long as these files are, and the journal's last line; empty where that cannot be known.

    Of each file its place on the disk, its length, and when it and what is known of it changed (stat(2)).
    """
    found: list[object] = []
    try:
        for path in (journal, *paths) if journal is not None else paths:
            one = path.stat()
            found.append((one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns))
        if journal is not None:
            with journal.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                found.append(file.read(TAIL))
    except OSError:
        return b""
    return hashlib.blake2b(repr(found).encode(), digest_size=16).digest()


@lru_cache(maxsize=1)
def code() -> str:
    """What tells the code that the values are made by from any other: its files' times and sizes, and the Python."""
    top = Path(__file__).parents[2]
    found = sorted(chain.from_iterable(_files(str(top / name)) for name in MADE_BY))
    return f"{FORMAT}/{sys.version}/{hashlib.blake2b(repr(found).encode(), digest_size=16).hexdigest()}"


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".toml")):
                one = entry.stat()
                yield entry.path, one.st_mtime_ns, one.st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _files(entry.path)
