"""Finds the rows that a program draws again and again by moving the cursor up, as `docker pull` and `compose` do.

What was drawn over is not a line any more: a row is what was written into it last, as one piece. Only rows near the end
can be drawn over, and only in the beginning of a long output; what moves further is printed as it comes.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from msgspec import Struct

from tui.session.output.line_index import BLOCK, KEPT, Fetch, LineIndex
from tui.session.output.masks import Span
from tui.text.drawn import redraws

WINDOW = 100
"""Rows above the last one that can be drawn over, as on a screen of that height."""
SCANNED = 8 << 20
"""Bytes of an output that are looked through, at most."""
MOVES = 200_000
"""Moves of an output that are followed, at most; what comes after them is printed as it comes."""

NEAR = 4096
"""What comes between two redraws is looked at in the file where it is shorter than this."""

_UP = re.compile(rb"(?:\x1b\[|\xc2\x9b)[0-9]{0,9}[AF]")
_UP_WITHOUT_C1 = re.compile(rb"\x1b\[[0-9]{0,9}[AF]")
"""The same where no C1 character is: with one way to begin it is found five times as quickly."""
_FIRST = b"\x1b", b"\xc2"
"""What each begins with. That there is none of it, as in most logs, is known in a tenth of the time."""
ROW_MOVE = re.compile(rb"\n|(?:\x1b\[|\xc2\x9b)([0-9]{0,9})([ABEFJ])")
"""What leaves a row, or erases those below it."""
_UNFINISHED = re.compile(rb"(?:\x1b|\x1b\[[0-9]{0,9}|\xc2|\xc2\x9b[0-9]{0,9})\Z")
_LONGEST_UNFINISHED = 11
_NOTHING = re.compile(rb"(?:\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x20]|\x1b[0-Z\\^-~])*\Z")
_ERASED = re.compile(rb"\x1b\[[0-2]?K")


class Region(Struct):
    """Rows that were drawn over: the first one's number, the raw line it began with, and the first one after it all.

    `spans` has where each row's bytes begin and end.
    """

    first: int
    raw: int
    after: int
    spans: "array[int]"

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.spans) // 2

    @property
    def end(self) -> int:
        """The number of the line after it."""
        return self.first + self.rows

    def span(self, line: int) -> Span:
        """Where the bytes of a line are."""
        at = 2 * (line - self.first)
        return self.spans[at], self.spans[at + 1]


class RedrawnRows:
    """The lines of a growing output as they are shown, by the raw lines of an index; not for several threads."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._regions: list[Region] = []
        self._known = 0
        self._moves = 0
        self._row = -1
        """The row of the last region that the cursor is in; -1 where it is at the end of everything."""
        self._from = 0
        """Where what is written into that row begins."""
        self._line = 0
        """The raw line that the cursor is in, while it is in a region, which was entered at `_entered`."""
        self._entered = self._left = 0

    def follow(self, index: LineIndex, size: int, fetch: Fetch) -> None:
        """Look through what has come; after a step back in time, through all of it again."""
        if size < self._known:
            self._begin()
        until = min(size, SCANNED)
        while self._known < until and self._moves <= MOVES:
            data = fetch(self._known, min(16 * BLOCK, until - self._known))
            cut = _UNFINISHED.search(data, max(0, len(data) - _LONGEST_UNFINISHED))
            data = data[: cut.start()] if cut else data
            if not data:
                break
            self._take(data, index, fetch)
            self._known += len(data)
        if self._row >= 0:
            self._write(fetch, self._known)
            if size > until or self._moves > MOVES:
                self._leave(self._known, index, fetch)

    def _take(self, data: bytes, index: LineIndex, fetch: Fetch) -> None:
        base, at = self._known, 0
        if self._row < 0 and not any(first in data for first in _FIRST):
            return
        ups = _UP if b"\xc2\x9b" in data else _UP_WITHOUT_C1
        while at < len(data) and self._moves <= MOVES:
            if self._row < 0:
                up = ups.search(data, at)
                if up is None:
                    return
                at = up.start()
                self._enter(base + at, index, fetch)
            move = ROW_MOVE.search(data, at)
            if move is None:
                return
            self._moves += 1
            self._write(fetch, base + move.start())
            self._move(move, base + move.end(), index, fetch)
            at = move.end()

    def _enter(self, offset: int, index: LineIndex, fetch: Fetch) -> None:
        """The rows above the cursor and its own are a region's from now on, or join the last one's."""
        last = self._regions[-1] if self._regions else None
        line, plain = self._lines_to(offset, last, index, fetch)
        if plain and plain[-1][1] == offset and _NOTHING.match(fetch(*_piece(plain[-1]))):
            plain = plain[:-1]  # of the row that the cursor is in nothing can be seen
        if last is None or line - last.after > WINDOW:
            raw = max(0, line - WINDOW)
            last = Region(raw if last is None else last.end + raw - last.after, raw, raw, array("Q"))
            self._regions.append(last)
        for span in plain:
            last.spans.extend(span)
        begun = bool(plain) and plain[-1][1] == offset
        self._row = last.rows - begun
        self._from = plain[-1][0] if begun else offset
        self._line, self._entered = line, offset

    def _lines_to(self, offset: int, last: Region | None, index: LineIndex, fetch: Fetch) -> tuple[int, list[Span]]:
        """The raw line that the cursor is in, and where the bytes of those are that it can be moved up to."""
        if last is not None and offset - self._left < NEAR:
            lines = fetch(self._left, offset - self._left).split(b"\n")
            ends = accumulate((len(one) + 1 for one in lines), initial=self._left)
            spans = [(begin, end - 1) for begin, end in pairwise(ends)]
            if not lines[-1]:
                spans.pop()
            return last.after + len(lines) - 1, spans[-WINDOW - bool(lines[-1]) :]
        line = index.line_at(offset, fetch)
        since = 0 if last is None else last.after
        first = max(since, line - WINDOW)
        return line, index.spans(first, line - first + 1, offset, fetch)

    def _write(self, fetch: Fetch, end: int) -> None:
        """What was written into the row until now is the row, unless nothing can be seen of it."""
        if end <= self._from:
            return
        region, (start, length) = self._regions[-1], _piece((self._from, end))
        data = fetch(start, length)
        if _NOTHING.match(data) and not _ERASED.search(data):
            return
        self._reach(region, start)
        region.spans[2 * self._row] = start
        region.spans[2 * self._row + 1] = end

    def _reach(self, region: Region, offset: int) -> None:
        while region.rows <= self._row:
            region.spans.extend((offset, offset))

    def _move(self, move: re.Match[bytes], after: int, index: LineIndex, fetch: Fetch) -> None:
        region, what = self._regions[-1], move[2]
        count = max(1, min(int(move[1] or 1), WINDOW)) if what else 1
        if what == b"J":
            for row in range(self._row + 1, region.rows if move[1] in (b"", b"0") else 0):
                region.spans[2 * row] = region.spans[2 * row + 1] = after
            return
        if what in (b"A", b"F"):
            self._row = max(0, region.rows - WINDOW, self._row - count)
        elif what:
            self._row = min(region.rows, self._row + count)
        else:
            self._reach(region, after - 1)
            self._row += 1
            self._line += 1
        self._from = after
        if not what and self._row >= region.rows:
            self._leave(after, index, fetch)

    def _leave(self, offset: int, index: LineIndex, fetch: Fetch) -> None:
        """The cursor is at the end again: what comes is lines as always."""
        far = offset - self._entered >= BLOCK  # within it may be lines that no newline ends
        self._regions[-1].after = index.line_at(offset, fetch) if far else self._line
        self._row, self._left = -1, offset

    def total(self, raw: int) -> int:
        """How many lines are shown of a number of raw ones."""
        if not self._regions:
            return raw
        last = self._regions[-1]
        return last.end + (max(0, raw - last.after) if self._row < 0 else 0)

    def raw(self, line: int) -> int:
        """The raw line that a shown one is, or that its region begins with."""
        region = self._before(line)
        if region is None:
            return line
        return region.raw if line < region.end else region.after + line - region.end

    def shown(self, raw: int) -> int:
        """The number under which a raw line is shown; -1 where it is a part of a region."""
        place = bisect_right(self._regions, raw, key=lambda region: region.raw)
        if not place:
            return raw
        region = self._regions[place - 1]
        inside = raw < region.after or (self._row >= 0 and place == len(self._regions))
        return -1 if inside else region.end + raw - region.after

    def redrawn(self, start: int, direction: int) -> Iterator[int]:
        """The lines that were drawn over, from `start` on, or back from it where `direction` is -1."""
        for region in self._regions[::direction]:
            lines = range(region.first, region.end)
            yield from (line for line in lines[::direction] if (line - start) * direction >= 0)

    def spans(self, first: int, count: int, index: LineIndex, size: int, fetch: Fetch) -> list[Span]:
        """Where the bytes of each of `count` lines from `first` are; those of a region do not follow each other."""
        if not self._regions:
            return index.spans(first, count, size, fetch)
        return list(self._spans(first, first + count, index, size, fetch))

    def _spans(self, line: int, end: int, index: LineIndex, size: int, fetch: Fetch) -> Iterator[Span]:
        while line < end:
            region = self._before(line)
            if region is not None and line < region.end:
                yield from (region.span(one) for one in range(line, min(end, region.end)))
                line = min(end, region.end)
                continue
            if region is self._regions[-1] and self._row >= 0:
                return
            following = next((one for one in self._regions if one.first > line), None)
            until = min(end, following.first) if following else end
            found = index.spans(self.raw(line), until - line, size, fetch)
            yield from found
            if len(found) < until - line:
                return
            line = until

    def _before(self, line: int) -> Region | None:
        place = bisect_right(self._regions, line, key=lambda region: region.first)
        return self._regions[place - 1] if place else None


def written_rows(data: bytes) -> Iterator[Span]:
    """What may be shown as a row of the beginning of an output, and writes over itself."""
    if _UP.search(data) is None:
        return
    begin = 0
    for move in (*ROW_MOVE.finditer(data), None):
        end = move.start() if move else len(data)
        start, length = _piece((begin, end))
        if redraws(data[start : start + length]):
            yield start, end
        begin = move.end() if move else end


def _piece(span: Span) -> tuple[int, int]:
    """Where to read a row, and how much: of a long one the end."""
    start = max(span[0], span[1] - KEPT)
    return start, span[1] - start
