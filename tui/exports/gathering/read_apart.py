"""Reads a long journal in pieces on all processors: copies of this process prove and pack them, it folds them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from tui.child_process import ChildProcess, can_fork, processors
from tui.errors import SessionError
from tui.exports.gathering.events_text import EventsText, TextBeside
from tui.session.events import Entry
from tui.session.folding.packed_samples import Columns, PackedSamples, columns
from tui.session.folding.sample_runs import Happened, SampleRun, runs_of
from tui.session.journal.chain import BEGINNING, JournalPlace, blocks
from tui.session.journal.pieces import cut, said_before

PIECE = 2 << 20
"""Bytes of a piece: little enough for memory, and enough for who folds one meanwhile."""

LEAST = 4
"""Pieces of a journal from which on the copies are worth their time."""

MOST = 4
"""Copies at most: this process, which folds what they read, is the slowest with more."""

LENGTH = 8
"""Bytes that say how long the piece is that follows them in a pipe."""


class JournalPiece(Struct, frozen=True, array_like=True):
    """What a piece of a journal says, and the places before and after it.

    `events` has, as JSON lines, what is not a sample, and of samples in a row the last; `runs` has for each
    of those the samples that it ends, by their monitors, and None for what is not a sample. Of its `text`, if that was
    asked for, the size is known here.
    """

    before: JournalPlace
    after: JournalPlace
    events: bytes
    runs: list[dict[str, Columns] | None]
    text: int = 0

    def parts(self) -> Iterator[Entry | SampleRun]:
        """The same as `runs_of` gives it."""
        for entry, run in zip(_entries.decode_lines(self.events), self.runs, strict=True):
            if run is None:
                yield entry
            else:
                yield SampleRun({monitor: PackedSamples(found) for monitor, found in run.items()}, entry)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(JournalPiece)
_lines = msgspec.json.Encoder()
_entries = msgspec.json.Decoder(Entry)


def read_apart(path: Path, text: EventsText | None = None) -> Iterator[JournalPiece]:
    """The pieces of a journal from its beginning on, each proved, and proved to follow the one before.

    There are none where the journal is short, or where this process has threads or no second processor. They end before
    a piece that cannot be read so: who reads on after the last one finds what is wrong with it, and says it.
    """
    try:
        ends = cut(path, PIECE) if can_fork() else []
    except OSError:
        return
    if len(ends) < LEAST:
        return
    spans = list(zip((0, *ends), ends, strict=False))
    count = min(processors(), MOST)
    with ExitStack() as stack:
        try:
            texts = [text.beside() if text is not None else None for _ in range(count)]
            copies = list[ChildProcess]()
            for number, beside in enumerate(texts):
                copies.append(ChildProcess(partial(_hand_over, path, spans[number::count], beside)))
                stack.callback(copies[-1].end)
        except OSError:
            return
        place = BEGINNING
        for number in range(len(spans)):
            piece = _received(copies[number % count].pipe)
            if piece is None or piece.before != place:
                return
            if text is not None and (beside := texts[number % count]) is not None:
                text.take(beside, piece.text)
            yield piece
            place = piece.after


def _hand_over(path: Path, spans: Sequence[tuple[int, int]], text: TextBeside | None, pipe: BinaryIO) -> None:
    """Read pieces of a journal, and write them into a pipe; nothing more after one that is damaged."""
    for begin, end in spans:
        try:
            data = _encoder.encode(_piece(path, begin, end, text))
        except (SessionError, OSError, ValueError):
            return
        pipe.write(len(data).to_bytes(LENGTH, "big"))
        pipe.write(data)
        pipe.flush()


def _received(pipe: BinaryIO) -> JournalPiece | None:
    length = pipe.read(LENGTH)
    data = pipe.read(int.from_bytes(length, "big")) if length else b""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError:
        return None  # it ended before it was whole


def _piece(path: Path, begin: int, end: int, text: TextBeside | None) -> JournalPiece:
    before = after = said_before(path, begin)
    size = 0

    def happened() -> Iterator[Sequence[Happened]]:
        nonlocal after, size
        for block in blocks(path, before, end):
            after = JournalPlace(block.count, block.head, block.end)
            if text is None:
                yield block.happened
            else:
                written = block.entries
                size += text.add(written)
                yield written

    events, runs = list[Entry](), list[dict[str, Columns] | None]()
    for part in runs_of(happened()):
        events.append(part.last_entry if isinstance(part, SampleRun) else part)
        runs.append(_packed(part.by_monitor) if isinstance(part, SampleRun) else None)
    return JournalPiece(before, after, _lines.encode_lines(events), runs, size)


def _packed(by_monitor: Mapping[str, Sequence[Happened]]) -> dict[str, Columns]:
    return {monitor: columns(found) for monitor, found in by_monitor.items()}
