"""Hashes and indexes what a command prints, beside the thread that receives it.

Nothing is synced meanwhile: measured, a sync or an early write-back holds up the writer for longer than it saves.
"""

import hashlib
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tui import threads
from tui.session.output.line_index import LineIndex

INLINE = 4 << 20
"""Up to this many bytes all is done as they come; a thread that follows the file pays only for much output."""

PIECE = 256 << 10
PAUSE = 0.005
NICENESS = 10


class Sealer:
    """Follows one growing output file; one thread adds and closes while others read.

    Lines are counted as bytes come until a thread of its own takes over, and by that thread after `keep_index`:
    `indexed` is how far the index reaches, and readers show no more than that.
    """

    def __init__(self, path: Path) -> None:
        self.index = LineIndex()
        self._path = path
        self._digest = hashlib.sha256()
        self._size = self._hashed = self._indexed = 0
        self._indexing = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._buffer = memoryview(bytearray())

    def add(self, data: bytes | memoryview) -> None:
        """Take note of bytes that are in the file by now."""
        self._size += len(data)
        if self._thread is None:
            self._digest.update(data)
            self.index.add(bytes(data))
            self._hashed = self._indexed = self._size
            if self._size > INLINE:
                self._buffer = memoryview(bytearray(PIECE))
                self._thread = threads.start("sealer", self._follow)

    def keep_index(self) -> None:
        """Keep the index up to date from now on."""
        self._indexing.set()

    @property
    def indexed(self) -> int:
        """How many bytes are in the index."""
        return self._indexed

    def close(self) -> str:
        """Wait until all of it is done; returns the SHA-256 of every byte added.

        Raises:
            OSError: what was written cannot be read again.
        """
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._hashed < self._size:  # the thread met an error: if it comes again, the caller is told
            with self._path.open("rb", buffering=0) as file:
                self._take(file.fileno(), self._size)
        return self._digest.hexdigest()

    def _follow(self) -> None:
        stand_back()
        with suppress(OSError), self._path.open("rb", buffering=0) as file:  # `close` finds out what was the matter
            while not self._over.is_set():
                size = self._size
                if size - self._hashed >= PIECE or (self._indexing.is_set() and size > self._indexed):
                    self._take(file.fileno(), size)
                else:
                    self._over.wait(PAUSE)

    def _take(self, fd: int, size: int) -> None:
        """Hash up to `size`, and index where the index is kept up to date."""
        while self._hashed < size:
            data = self._read(fd, self._hashed, size)
            self._digest.update(data)
            if self._indexing.is_set() and self._indexed == self._hashed:
                self.index.add(bytes(data))
                self._indexed += len(data)
            self._hashed += len(data)
        while self._indexing.is_set() and self._indexed < size:
            data = self._read(fd, self._indexed, size)
            self.index.add(bytes(data))
            self._indexed += len(data)

    def _read(self, fd: int, start: int, end: int) -> memoryview:
        """A piece of the file, valid until the next one: a new buffer for each would cost more than the reading."""
        length = os.preadv(fd, [self._buffer[: end - start]], start)
        if not length:
            raise OSError("the output file is shorter than what was written to it")
        return self._buffer[:length]


def stand_back() -> None:
    """Give this thread only the time that nobody else wants: receiving goes first, and hashing ends no later for it.

    On Linux each thread has a niceness of its own (setpriority(2), "C library/kernel differences").
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
