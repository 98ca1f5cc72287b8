"""Keeps in which sessions and outputs a text may be, so that a search reads those alone.

A SQLite file beside the sessions, with a full-text table (FTS5) of trigrams: three characters after each other, in
either case. It says where a text cannot be; what is found is read from the sessions' own files. Only sessions that are
over are in it, and none is believed whose files have changed. See https://www.sqlite.org/fts5.html#the_trigram_tokenizer
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.session.archive.indexes.cache_file import CacheFile

FILE = "search.sqlite"
LARGEST = 16 * 1024 * 1024
"""Bytes of an output that is put into the index; a longer one is looked through at each search."""
SAID = 0
"""The number that a session's commands and notes have among its outputs; attempts count from 1."""
TOO_MANY = 3
"""How many times as many rows as are in use are written before the file is made again."""
_ASCII = re.compile(r"[ -~]{3,}")
TABLES = """
CREATE TABLE IF NOT EXISTS searched (session TEXT PRIMARY KEY, stamp BLOB, large INTEGER, said BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, number INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS parts_by_session ON parts (session);
CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5 (text, content = '', detail = 'none', tokenize = 'trigram');
"""
Numbers = frozenset[int]


class SaidThen(Struct, frozen=True, kw_only=True):
    """One command, or what a person wrote, with all that a search says of it.

    `at` is UTC. Of a command `attempt` is its number, `outcome` what lists call it, `word` what narrows a search down;
    `large` is one whose output is not in the index. Of what a person wrote `attempt` is 0.
    """

    at: datetime
    text: str
    step: str = ""
    attempt: int = 0
    outcome: str = ""
    word: str = ""
    host: str = ""
    large: bool = False


class SearchedSession(Struct, frozen=True):
    """What was said in one session, until `last` (UTC)."""

    last: datetime | None
    said: Sequence[SaidThen]


class SearchIndex:
    """The index of one store. Nothing here raises: what is not known is searched in the sessions themselves."""

    def __init__(self, root: Path) -> None:
        self._file = CacheFile(root / FILE, TABLES)

    def known(self) -> Mapping[str, tuple[bytes, bool]]:
        """The sessions that are in it, each with the stamp of its files, and whether an output was too long for it."""
        rows = self._file.rows("SELECT session, stamp, large FROM searched")
        return {session: (bytes(stamp), bool(large)) for session, stamp, large in rows}

    def said(self, session: str) -> SearchedSession | None:
        """What was said in a session; None where that is not known."""
        rows = self._file.rows("SELECT said FROM searched WHERE session = ?", session)
        try:
            return msgspec.json.decode(zlib.decompress(rows[0][0]), type=SearchedSession) if rows else None
        except (zlib.error, msgspec.MsgspecError, TypeError):
            return None

    def may_have(self, text: str) -> Mapping[str, Numbers] | None:
        """Which outputs of which sessions may have a text, `SAID` among them; None where any of them may."""
        wanted = trigrams(text)
        if not wanted:
            return None
        match = " AND ".join('"{}"'.format(one.replace('"', '""')) for one in wanted)
        query = "SELECT session, number FROM parts JOIN found ON found.rowid = id WHERE found MATCH ?"
        rows = self._file.rows(query, match)
        found: dict[str, set[int]] = {}
        for session, number in rows:
            found.setdefault(session, set()).add(number)
        return {session: frozenset(numbers) for session, numbers in found.items()}

    def put(self, session: str, stamp: bytes, one: SearchedSession, outputs: Iterable[tuple[int, str]]) -> None:
        """Put a session into the index.

        Args:
            outputs: the number of each attempt that printed something, and what is seen of it.
        """
        texts = [(SAID, "\n".join(said.text for said in one.said)), *outputs]
        packed = zlib.compress(msgspec.json.encode(one), 1)
        large = any(said.large for said in one.said)
        part = "SELECT id, ? FROM parts WHERE session = ? AND number = ?"
        self._file.write(
            ("DELETE FROM parts WHERE session = ?", [(session,)]),
            ("INSERT INTO parts (session, number) VALUES (?, ?)", [(session, number) for number, _ in texts]),
            (f"INSERT INTO found (rowid, text) {part}", [(plain(text), session, number) for number, text in texts]),
            ("INSERT OR REPLACE INTO searched VALUES (?, ?, ?, ?)", [(session, stamp, large, packed)]),
        )

    def tidy(self, names: Sequence[str]) -> None:
        """Forget all sessions but `names`; where most of the file is of no use any more, it is made again later."""
        there = set(names)
        gone = [(session,) for session in self.known() if session not in there]
        if gone:
            parts, searched = "DELETE FROM parts WHERE session = ?", "DELETE FROM searched WHERE session = ?"
            self._file.write((parts, gone), (searched, gone))
        used = self._file.rows("SELECT count(*) FROM parts")
        if used and self._last() > TOO_MANY * (int(used[0][0]) + 100):
            self._file.forget()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _last(self) -> int:
        rows = self._file.rows("SELECT seq FROM sqlite_sequence WHERE name = 'parts'")
        return int(rows[0][0]) if rows else 0


def trigrams(text: str) -> list[str]:
    """Three characters after each other of which each place with this text has all.

    Of ASCII alone: what is the other case of a letter is not a matter of opinion there.
    """
    found = (run[at : at + 3] for run in _ASCII.findall(text) for at in range(len(run) - 2))
    return list(dict.fromkeys(one.lower() for one in found))


def plain(text: str) -> str:
    """A text as SQLite takes it: without NUL and halves of characters."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8", "replace")
