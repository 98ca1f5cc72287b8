"""The events of a session as its JSON document has them, written as they are read: a long session has a million."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryFile
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

BEGIN = NEXT[1:]
"""What is before the first."""


class TextBeside:
    """A part of a text that another process writes, into a file without a name that both have."""

    def __init__(self, folder: Path | None) -> None:
        """Make the file, before there is the other process.

        Args:
            folder: where it lies; the system's own place where none is given.
        """
        self._file = TemporaryFile(dir=str(folder) if folder else None, buffering=0)  # noqa: SIM115 (as long as the text itself)
        self._taken = 0

    def add(self, entries: Sequence[Entry]) -> int:
        """Write more events, in the other process; returns how many bytes they are."""
        left = memoryview(text_of(entries))
        size = len(left)
        while left:
            left = left[self._file.write(left) :]
        return size

    def take(self, size: int) -> int:
        """Where that begins which was written next, of this size."""
        begin, self._taken = self._taken, self._taken + size
        return begin

    def read(self, size: int, begin: int) -> bytes:
        """Some of it; the place of who writes into it stays where it is."""
        return os.pread(self._file.fileno(), size, begin)


class EventsText:
    """The text of events that is not written yet, since what comes before it is known at the end alone."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begin a text.

        Args:
            folder: where it lies, without a name, if it is long; the system's own place where none is given.
        """
        self._folder = folder
        self._file = SpooledTemporaryFile(IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115 (as long as the text itself)
        self._beside = list[tuple[TextBeside, int, int]]()
        self._size = 0

    def beside(self) -> TextBeside:
        """A part that another process writes: what `take` says of it comes before all that is added here.

        Raises:
            OSError: there is no room for it.
        """
        return TextBeside(self._folder)

    def take(self, beside: TextBeside, size: int) -> None:
        """Take what was written beside this process next, of a number of bytes."""
        if size:
            self._beside.append((beside, beside.take(size), size))
            self._size += size

    def add(self, entries: Sequence[Entry]) -> None:
        """Take more events.

        Raises:
            OSError: there is no space for them.
        """
        if entries:
            self._size += self._file.write(text_of(entries))

    def write_to(self, file: IO[bytes]) -> None:
        """Write all of it to a file; it can be written again."""
        file.write(BEGIN)
        left = self._size - len(NEXT)
        for piece in self._pieces():
            file.write(piece[:left])
            left = max(0, left - len(piece))

    def _pieces(self) -> Iterator[bytes]:
        for beside, begin, size in self._beside:
            for at in range(begin, begin + size, COPIED):
                yield beside.read(min(COPIED, begin + size - at), at)
        self._file.seek(0)
        while piece := self._file.read(COPIED):
            yield piece


def written(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The same text in pieces, where nothing is to be waited for."""
    left, before = iter(entries), BEGIN
    while some := list(islice(left, TOGETHER)):
        yield before
        before = text_of(some)
    yield before.removesuffix(NEXT)


def text_of(entries: Sequence[Entry]) -> bytes:
    """Events, each with what is between it and the next one."""
    return json_lines(entries).replace(b"\n", NEXT)
