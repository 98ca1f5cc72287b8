"""A SQLite file of what was worked out and can be worked out again, made again where it is not right."""

import hashlib
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

FORMAT = 1
PATIENCE = 2.0
"""Seconds that another program's writing is waited for; after that nothing is kept."""
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
Rows = list[tuple[Any, ...]]


class CacheFile:
    """One such file of the code that runs now (mode 0600); nothing here raises. Threads that share one need a lock.

    What another version of the program made is not believed: the file is made again.
    """

    def __init__(self, path: Path, tables: str) -> None:
        self._path = path
        self._tables = f"CREATE TABLE IF NOT EXISTS made_by (code TEXT NOT NULL);\n{tables}"
        self._connection: sqlite3.Connection | None = None
        self._tries = 2

    def rows(self, statement: str, *values: object) -> Rows:
        """What a statement finds; nothing where the file cannot be used."""
        while (connection := self._opened()) is not None:
            try:
                return connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                if not self._again(error):
                    break
        return []

    def write(self, *statements: tuple[str, Iterable[tuple[object, ...]]]) -> bool:
        """Run each statement for each of its rows, all of them or none; whether that succeeded."""
        given = [(statement, list(rows)) for statement, rows in statements]
        while (connection := self._opened()) is not None:
            try:
                with connection:
                    for statement, rows in given:
                        connection.executemany(statement, rows)
            except sqlite3.Error as error:
                if not self._again(error):
                    break
            else:
                return True
        return False

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def forget(self) -> None:
        """Let go of the file and remove it."""
        self.close()
        with suppress(OSError):
            self._path.unlink()

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
                if not self._prepared(connection):
                    self.forget()
                    continue
                self._tries = 1  # another one, where it turns out to be damaged
            except sqlite3.Error as error:
                if not self._again(error):
                    return None
        return self._connection

    def _prepared(self, connection: sqlite3.Connection) -> bool:
        """Make sure of the tables; False where another version made them."""
        connection.execute("PRAGMA synchronous = OFF")  # after a power cut it may be damaged, and is made again
        there = connection.execute("SELECT name FROM sqlite_master WHERE name = 'made_by'").fetchall()
        if there:
            return connection.execute("SELECT code FROM made_by").fetchall() == [(code(),)]
        connection.executescript(f"BEGIN IMMEDIATE;\n{self._tables}\nCOMMIT;")
        with connection:
            connection.execute("DELETE FROM made_by")
            connection.execute("INSERT INTO made_by VALUES (?)", (code(),))
        return True

    def _again(self, error: sqlite3.Error) -> bool:
        """Whether another try may succeed: what is damaged is removed; somebody else's writing is not."""
        self.close()
        if error.sqlite_errorcode & 0xFF in NOT_DAMAGED or not self._tries:
            self._tries = 0
            return False
        with suppress(OSError):
            self._path.unlink()
        return True


@lru_cache(maxsize=8)
def code(*more: str) -> str:
    """What tells the code that the values are made by from any other: its files' times and sizes, and the Python.

    Args:
        more: the packages, beside MADE_BY, whose code they are made by too.
    """
    top = Path(__file__).parents[3]
    found = sorted(chain.from_iterable(_files(str(top / name)) for name in (*MADE_BY, *more)))
    return f"{FORMAT}/{sys.version}/{hashlib.blake2b(repr(found).encode(), digest_size=16).hexdigest()}"


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".toml")):
                one = entry.stat()
                yield entry.path, one.st_mtime_ns, one.st_size
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _files(entry.path)
