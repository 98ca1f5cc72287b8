"""Reads a journal with what is kept beside it: samples that are not in a line yet."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tui.session.events import Entry
from tui.session.journal.chain import BEGINNING, JournalPlace, ProvedBlock, blocks
from tui.session.journal.pending_samples import left_pending, pending_path


def read(path: Path) -> Iterator[Entry]:
    """Every event of a journal, proved as it is read; a line still being written is left out, pending samples are not.

    Raises:
        JournalDamaged: a line is not what was written.
        SessionError: the file cannot be read.
    """
    return chain.from_iterable(block.entries for block in read_blocks(path))


def read_blocks(path: Path, place: JournalPlace = BEGINNING) -> Iterator[ProvedBlock]:
    """The same events from a place on, many at a time; raises as `read` does."""
    count, head, end = place.count, place.head, place.end
    for block in blocks(path, place):
        count, head, end = block.count, block.head, block.end
        yield block
    yield ProvedBlock(left_pending(pending_path(path), count, head), count, head, end)
