"""Gives an attempt's output as it may leave this machine, piece by piece, also while it is being printed.

What is given has been looked through for secrets, and every byte of one is an asterisk. While a command runs, what may
be the beginning of a secret waits; so does a line that is drawn over itself, and, where there are secrets, all that
follows a move of the cursor. Once it has ended its mask says what is hidden; should that hide more than was hidden
before, the output is given again from its beginning.
"""

import os
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tui.session.output.masks import Masker, Span, merged, read_mask, starred, touching
from tui.session.output.output import OutputWriter, output_path
from tui.text.drawn import drawn, redraws

PIECE = 256 << 10
"""Bytes of a piece, at most."""
LIVE_MOST = 1 << 20
"""Bytes of a running command's output that are looked through at a time: it leaves the screen its share."""
TAIL = 4096
_BREAKS = (re.compile(rb"[\r\n]+[ \t]*"), re.compile(rb"[ \t\r\n]+"))
"""What may stand between the parts of a secret that is wrapped: line ends with what indents the next, or any blanks."""
_MOVES_UP = re.compile(rb"(?:\x1b\[|\xc2\x9b)[0-9;]{0,9}[AEFHJdf]")
"""Leaves the line that it stands in: what follows is written into another one."""


class RunningOutputs(Protocol):
    """Where attempts' output is, which is being written, and who knows the secrets."""

    directory: Path
    live: dict[int, OutputWriter]

    @property
    def redactor(self) -> Masker:
        """What knows the secrets."""


class MaskedOutput:
    """One attempt's output, given from `at` on; of one thread."""

    def __init__(self, outputs: RunningOutputs, attempt: int, at: int = 0) -> None:
        self._outputs = outputs
        self.attempt = attempt
        self.at = at
        self.whole = False
        """Whether all of it was given."""
        self._known_live = at == 0
        self._hidden: list[Span] = []
        self._settled = 0

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """What can be given now, each piece with where it begins; a piece at 0 begins again."""
        writer = self._outputs.live.get(self.attempt)
        if writer is not None and not writer.closed:
            if not writer.secret:
                yield from self._while_it_runs(writer.size)
            return
        spans = read_mask(self._outputs.directory, self.attempt)
        if spans is None or self.attempt in self._outputs.live:
            return  # nobody has looked for secrets in it yet
        if (
            self._known_live
            and self.at
            and not _within([one for one in spans if one[0] < self.at], self._hidden, self.at)
        ):
            self.at = 0
        path = output_path(self._outputs.directory, self.attempt)
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(self.at)
                while self.at < size and (data := file.read(PIECE)):
                    begin, self.at = self.at, self.at + len(data)
                    yield begin, starred(data, begin, spans)[0]
        except FileNotFoundError:
            return
        self.whole = True

    def _while_it_runs(self, size: int) -> Iterator[tuple[int, bytes]]:
        masker = self._outputs.redactor
        if not masker.longest:
            end = size
        else:
            end, self._settled = self._settled, size  # what came since the last look may be half a secret
        end = min(end, self.at + LIVE_MOST)
        if end <= self.at:
            return
        start = max(0, self.at - masker.longest)
        data = self._read(start, min(size, end + masker.longest) - start)
        end, spans = _may_go(data, self.at - start, end - start, masker)
        found = merged([*self._hidden, *((begin + start, stop + start) for begin, stop in spans)])
        self._hidden = found
        while self.at < start + end:
            begin = self.at
            self.at = min(begin + PIECE, start + end)
            yield begin, starred(data[begin - start : self.at - start], begin, found)[0]

    def _read(self, offset: int, length: int) -> bytes:
        with output_path(self._outputs.directory, self.attempt).open("rb") as file:
            file.seek(offset)
            return file.read(length)


def _may_go(data: bytes, begin: int, end: int, masker: Masker) -> tuple[int, list[Span]]:
    """Up to where data may be given, from `begin` on, and what of it is hidden."""
    if not masker.longest:
        return end, []
    found = merged(masker.spans(data, unfinished=True))
    end = min([end, *(start for start, stop in found if stop >= len(data))])
    spans = [span for span in found if span[1] < len(data)]  # the others may be no more than a beginning
    end = min(end, _squeezed(data, masker))
    end = data.rfind(b"\n", 0, max(0, end)) + 1
    at = begin
    while at < end:  # a line that is drawn over itself may show a secret that it does not print in a row
        stop = data.find(b"\n", at, end) + 1
        line = data[at:stop]
        if _MOVES_UP.search(line):
            return at, spans
        if redraws(line) and masker.spans(drawn(line).text.encode("utf-8", "surrogatepass")):
            spans = merged([*spans, (at, stop)])
        at = stop
    return max(begin, end), spans


def _squeezed(data: bytes, masker: Masker) -> int:
    """Where a secret may have begun at the end of data that is wrapped into lines; the length where none has."""
    first = max(0, len(data) - TAIL)
    begun = len(data)
    for breaks in _BREAKS:
        places = array("L")
        at = first
        for found in breaks.finditer(data, first):
            places.extend(range(at, found.start()))
            at = found.end()
        places.extend(range(at, len(data)))
        tight = bytes(data[place] for place in places)
        starts = [start for start, stop in masker.spans(tight, unfinished=True) if start < stop >= len(tight)]
        begun = min([begun, *(places[start] for start in starts)])
    return begun


def _within(spans: list[Span], hidden: list[Span], until: int) -> bool:
    """Whether all that is to be hidden before a place was hidden."""
    return all(
        any(start <= begin and min(end, until) <= stop for start, stop in touching(hidden, begin, min(end, until)))
        for begin, end in spans
    )
