"""Finds lines in a growing file of any size: one number per 64 KiB is kept, the rest is counted when asked for."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import BinaryIO

from tui.text.drawn import redraws

BLOCK = 65536
"""A line ends after each newline, and at the end of each block of this size (from the file's start) that has none.

A block without a newline but with a carriage return ends none: it is a line that is written over and over, as a
progress bar's. Of every other line there are up to two blocks, and where lines end depends on the bytes alone, not on
how they came.
"""
KEPT = 2 * BLOCK
"""Of a line that is written over and over the last bytes: what is drawn of it is in them."""

Fetch = Callable[[int, int], bytes]
"""Reads `length` bytes at `offset`; fewer at the end of the file."""


class LineIndex:
    """How many lines end in each whole block; one thread adds while others read."""

    def __init__(self, kept: bytes = b"") -> None:
        """Begin empty, or with what `keep` gave of the same file."""
        self._ends = array("Q")
        self._ends.frombytes(kept)
        self._partial = 0
        self._filled = 0
        self._returns = False

    def add(self, data: bytes) -> None:
        """Take note of the bytes that come next."""
        start, size = 0, len(data)
        while start < size:
            stop = min(size, start + BLOCK - self._filled)
            self._partial += data.count(b"\n", start, stop)
            if not self._partial and not self._returns:
                self._returns = data.find(b"\r", start, stop) >= 0
            self._filled += stop - start
            start = stop
            if self._filled == BLOCK:
                self._ends.append(self.before(len(self._ends)) + (self._partial or not self._returns))
                self._partial = self._filled = 0
                self._returns = False

    def keep(self) -> bytes:
        """The whole blocks, from which another process of this machine can continue."""
        return self._ends.tobytes()

    @property
    def blocks(self) -> int:
        """How many whole blocks are known."""
        return len(self._ends)

    def before(self, block: int) -> int:
        """How many lines end before the block begins."""
        return self._ends[block - 1] if block else 0

    def total(self, size: int, fetch: Fetch) -> int:
        """How many lines the first `size` bytes hold, an unfinished last one among them."""
        if not size:
            return 0
        last = (size - 1) // BLOCK * BLOCK
        data = fetch(last, size - last)
        unfinished = not data.endswith(b"\n") and not _cut(data)
        return self._before(last // BLOCK, fetch) + _ends(data) + unfinished

    def line_at(self, offset: int, fetch: Fetch) -> int:
        """The number of the line that the byte at `offset` is in."""
        block = offset // BLOCK
        return self._before(block, fetch) + fetch(block * BLOCK, offset % BLOCK).count(b"\n")

    def offset_of(self, line: int, size: int, fetch: Fetch) -> int:
        """Where the line begins; `size` where there is no such line."""
        if line <= 0:
            return 0
        block = bisect_left(self._ends, line, 0, min(self.blocks, size // BLOCK))
        left = line - self.before(block)
        while block * BLOCK < size:
            data = fetch(block * BLOCK, min(BLOCK, size - block * BLOCK))
            ends = _ends(data)
            if left <= ends:
                return block * BLOCK + _after(data, left)
            left -= ends
            block += 1
        return size

    def spans(self, first: int, count: int, size: int, fetch: Fetch) -> list[tuple[int, int]]:
        """Where each of `count` lines from `first` begins and ends, its newline left out."""
        found: list[tuple[int, int]] = []
        begin = self.offset_of(first, size, fetch)
        base = begin // BLOCK * BLOCK - BLOCK
        while (base := self._next_end(base // BLOCK + 1) * BLOCK) < size:
            data = fetch(base, min(BLOCK, size - base))
            if _cut(data):
                found.append((begin, base + BLOCK))
                begin = base + BLOCK
            at = max(begin - base, 0)
            while len(found) < count and (newline := data.find(b"\n", at)) >= 0:
                found.append((begin, base + newline))
                at = newline + 1
                begin = base + at
            if len(found) >= count:
                return found[:count]
        return [*found, (begin, size)] if begin < size else found

    def _next_end(self, block: int) -> int:
        """The first block from this one on in which a line ends, or that is not known."""
        return bisect_right(self._ends, self.before(block), block) if block < self.blocks else block

    def _before(self, block: int, fetch: Fetch) -> int:
        """How many lines end before the block begins, counting what has not been added yet."""
        known = min(block, self.blocks)
        return self.before(known) + sum(_ends(fetch(one * BLOCK, BLOCK)) for one in range(known, block))


def redrawn_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Where each line begins that writes over itself, and its bytes without the newline; reads the file to its end."""
    offset, begun = 0, b""
    while data := file.read(BLOCK):
        cut = _cut(data)
        if cut or redraws(begun + data):
            *lines, last = [begun + data, b""] if cut else (begun + data).split(b"\n")
        else:
            last = data[data.rfind(b"\n") + 1 :] if b"\n" in data else begun + data
            lines, offset = [], offset + len(begun) + len(data) - len(last)
        for line in lines:
            if redraws(line):
                left = max(0, len(line) - KEPT)
                yield offset + left, line[left:]
            offset += len(line) + (not cut)
        begun = last[-KEPT:]
        offset += len(last) - len(begun)
    if redraws(begun):
        yield offset, begun


def _ends(data: bytes) -> int:
    """How many lines end in a block, or in the beginning of one."""
    return data.count(b"\n") or _cut(data)


def _cut(data: bytes) -> bool:
    """Whether a line ends with a block though nothing in it ends one."""
    return len(data) == BLOCK and b"\n" not in data and b"\r" not in data


def _after(data: bytes, number: int) -> int:
    """Where the line after the `number`th end begins."""
    at = 0
    for _ in range(number):
        at = data.find(b"\n", at) + 1
        if not at:
            return len(data)
    return at
