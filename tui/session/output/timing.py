"""Records which output stream each byte came from and when, nine bytes a burst, for replay and for the margin."""

import hashlib
import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from msgspec import Struct

RECORD = struct.Struct("<IBI")
"""A burst in `NNNN.idx`, little-endian: milliseconds since the attempt began, stream (0 out, 1 err), bytes."""

STREAMS = ("out", "err")
MERGE = 10
"""Bursts of one stream less than this many milliseconds apart are one."""

_LARGEST = 2**32 - 1


class Burst(Struct, frozen=True):
    """Bytes that came together: `start` to `end` in the output file, `seconds` after the attempt began."""

    seconds: float
    stream: str
    start: int
    end: int


class TimingWriter:
    """Writes the bursts of one attempt; the last one is on disk when the next begins, or at `close`."""

    def __init__(self, path: Path, write: Callable[[int, bytes], int] = os.write, start: int | None = None) -> None:
        """Make the file, or continue one whose bursts end at byte `start`.

        Raises:
            OSError: it cannot be made, or is there already.
        """
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_EXCL if start is None else 0), 0o600)
        self._write = write
        self._began = self._last = self._stream = 0
        self._end = start or 0
        self._length = 0
        self._waiting = b""
        self.pending = (self._end, STREAMS[0])
        """Where the burst begins that is not on disk yet, and its stream; another thread may read it."""

    def add(self, milliseconds: int, stream: str, length: int) -> None:
        """Take note of bytes that came."""
        number = STREAMS.index(stream)
        apart = number != self._stream or milliseconds - self._last >= MERGE or self._length + length > _LARGEST
        if self._length and apart:
            self._flush()
        if not self._length:
            self._began, self._stream = min(milliseconds, _LARGEST), number
            self.pending = (self._end, STREAMS[number])
        self._length += length
        self._end += length
        self._last = milliseconds

    def close(self) -> None:
        """Write the last burst and make all of them durable."""
        try:
            if self._length:
                self._flush()
            if self._waiting:
                self._write(self._fd, self._waiting)
            os.fsync(self._fd)
        finally:
            os.close(self._fd)

    def _flush(self) -> None:
        """Write what waits; what a full disk does not take waits for the next time."""
        self._waiting += RECORD.pack(self._began, self._stream, self._length)
        self._length = 0
        with suppress(OSError):
            self._waiting = self._waiting[self._write(self._fd, self._waiting) :]


def cut(output: Path, index: Path) -> dict[str, int]:
    """Cut both files of an attempt that was left to what is known of both; returns the bytes of each stream.

    Bytes of which it is not known which stream they came from are fetched again.

    Raises:
        OSError: a file cannot be read or cut.
    """
    came = dict.fromkeys(STREAMS, 0)
    size = output.stat().st_size if output.exists() else 0
    records = index.read_bytes() if index.exists() else b""
    known = 0
    for _, stream, length in RECORD.iter_unpack(records[: len(records) // RECORD.size * RECORD.size]):
        if sum(came.values()) + length > size:
            break
        came[STREAMS[stream & 1]] += length
        known += RECORD.size
    for path, length in ((output, sum(came.values())), (index, known)):
        if path.exists():
            os.truncate(path, length)
    return came


def timing_path(directory: Path, attempt: int) -> Path:
    """The file of the attempt's bursts."""
    return directory / f"{attempt:04d}.idx"


def verify_timing(directory: Path, attempt: int) -> str:
    """The SHA-256 of the attempt's bursts as they are on disk; empty where there are none, or they cannot be read."""
    try:
        with timing_path(directory, attempt).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


class Timing:
    """The bursts of one attempt, as far as they are on disk; what came later counts as the last known stream's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = array("Q")
        self._came = array("L")
        self._streams = bytearray()
        self._end = 0

    def bursts(self) -> Iterator[Burst]:
        """Every burst on disk, in order."""
        self._load()
        ends = chain(self._starts[1:], (self._end,)) if self._starts else ()
        for start, end, came, stream in zip(self._starts, ends, self._came, self._streams, strict=True):
            yield Burst(came / 1000, STREAMS[stream], start, end)

    def stream_at(self, offset: int) -> str:
        """Which stream the byte at `offset` came from."""
        at = self._burst_at(offset)
        return STREAMS[self._streams[at]] if at >= 0 else STREAMS[0]

    def came_at(self, offset: int) -> float:
        """How many seconds after the attempt began the byte at `offset` came."""
        at = self._burst_at(offset)
        return self._came[at] / 1000 if at >= 0 else 0.0

    def size_at(self, seconds: float) -> int:
        """How many bytes had come a number of seconds after the attempt began."""
        self._load()
        at = bisect_right(self._came, int(seconds * 1000))
        return self._starts[at] if at < len(self._starts) else self._end

    def next_after(self, seconds: float) -> float | None:
        """When the next bytes came after a number of seconds; None where none did."""
        at = bisect_right(self._came, int(seconds * 1000))
        return self._came[at] / 1000 if at < len(self._came) else None

    def _burst_at(self, offset: int) -> int:
        if offset >= self._end:
            self._load()
        return bisect_right(self._starts, offset) - 1

    def _load(self) -> None:
        try:
            with self._path.open("rb") as file:
                file.seek(len(self._starts) * RECORD.size)
                data = file.read()
        except OSError:
            return
        last = self._came[-1] if self._came else 0
        for milliseconds, stream, length in RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size]):
            last = max(last, milliseconds)
            self._starts.append(self._end)
            self._came.append(last)
            self._streams.append(stream & 1)
            self._end += length
