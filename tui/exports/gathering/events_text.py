"""The events of a session as its JSON document has them, written as they are read: a long session has a million."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from tui.session.events import Entry
from tui.text.json_text import json_lines

TOGETHER = 1000
"""Events that are written at a time."""

IN_MEMORY = 1 << 20
"""Bytes above which a text is kept in a file."""

COPIED = 1 << 16
"""Bytes that are copied at a time: few enough that the processor has them still when they are written."""

END = b"\n  ]\n}"
"""What follows the events of a document."""

NEXT = b",\n    "
"""What is between two events, each of which has a line of its own."""


class EventsText:
    """The text of events that is not written yet, since what comes before it is known at the end alone."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begin a text.

        Args:
            folder: where it lies, without a name, if it is long; the system's own place where none is given.
        """
        self._file = SpooledTemporaryFile(IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115 (as long as the text itself)
        self._size = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Take more events.

        Raises:
            OSError: there is no space for them.
        """
        for piece in _pieces(entries, not self._size):
            self._size += self._file.write(piece)

    def write_to(self, file: IO[bytes]) -> None:
        """Write all of it to a file; it can be written again."""
        self._file.seek(0)
        left = self._size - len(NEXT)
        while left > 0:
            left -= file.write(self._file.read(min(COPIED, left)))


def written(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The same text in pieces, where nothing is to be waited for."""
    left, before = iter(entries), b""
    while some := list(islice(left, TOGETHER)):
        for piece in _pieces(some, not before):
            yield before
            before = piece
    yield before.removesuffix(NEXT)


def _pieces(entries: Sequence[Entry], first: bool) -> Iterator[bytes]:
    """Events with what is before the first and after each of them."""
    if entries and first:
        yield NEXT[1:]
    if entries:
        yield json_lines(entries).replace(b"\n", NEXT)
