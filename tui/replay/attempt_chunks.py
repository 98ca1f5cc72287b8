"""Keeps the attempts of many moments of a session once: what has ended is the same in all that follow."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from tui.session.state import Attempt

SIZE = 64
"""Attempts in one chunk."""
NAME = 12
"""Bytes of a chunk's name, the beginning of the SHA-256 of what it has."""
HELD = 256
"""Chunks that are held in memory at most."""

SCHEMA = "CREATE TABLE chunks (name BLOB PRIMARY KEY, data BLOB);"
ChunkRow = tuple[bytes, bytes]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Attempt])


class ChunkWriter:
    """Makes chunks, each once: one that has the very attempts of the moment before has its name already."""

    def __init__(self) -> None:
        self._made: list[tuple[tuple[Attempt, ...], bytes]] = []

    def names(self, attempts: Mapping[int, Attempt], rows: list[ChunkRow]) -> bytes:
        """The names of the chunks that have these attempts, one after the other; new ones are put into `rows`."""
        chunks = list(_chunks(attempts))
        for place, chunk in enumerate(chunks):
            known = self._made[place] if place < len(self._made) else ((), b"")
            if len(known[0]) == len(chunk) and all(map(_same, known[0], chunk)):
                continue
            data = zlib.compress(_encoder.encode(chunk), 1)
            name = hashlib.sha256(data).digest()[:NAME]
            rows.append((name, data))
            self._made[place : place + 1] = [(chunk, name)]
        del self._made[len(chunks) :]
        return b"".join(name for _, name in self._made)


class ChunkReader:
    """Gives attempts back; chunks that were read last are held, for most moments have them too."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._held: dict[bytes, list[Attempt]] = {}

    def attempts(self, names: bytes) -> dict[int, Attempt]:
        """The attempts in the chunks with these names, by number.

        Raises:
            LookupError: one of them is not there.
        """
        found: dict[int, Attempt] = {}
        for place in range(0, len(names), NAME):
            found.update((attempt.number, attempt) for attempt in self._chunk(names[place : place + NAME]))
        return found

    def _chunk(self, name: bytes) -> list[Attempt]:
        held = self._held.pop(name, None)
        if held is None:
            row = self._db.execute("SELECT data FROM chunks WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise LookupError(f"no chunk {name.hex()}")
            held = _decoder.decode(zlib.decompress(row[0]))
        self._held[name] = held
        if len(self._held) > HELD:
            del self._held[next(iter(self._held))]
        return held


def _chunks(attempts: Mapping[int, Attempt]) -> Iterator[tuple[Attempt, ...]]:
    left = iter(attempts.values())
    while chunk := tuple(islice(left, SIZE)):
        yield chunk


def _same(one: Attempt, other: Attempt) -> bool:
    return one is other
