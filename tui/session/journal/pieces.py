"""Cuts a long journal into pieces that can be read apart; that each follows the one before is proved afterwards."""

from pathlib import Path

import msgspec
from msgspec import Struct

from tui.session.journal.chain import JournalPlace


class _Begins(Struct, frozen=True):
    """What the first line of a piece says of those before it."""

    seq: int
    prev: str


_decoder = msgspec.json.Decoder(_Begins)


def cut(path: Path, size: int) -> list[int]:
    """The offsets at which the pieces of a journal end; what follows the last of them is less than a piece.

    Args:
        size: bytes of a piece, to which the rest of its last line is added.

    Raises:
        OSError: the file cannot be read.
    """
    ends = list[int]()
    with path.open("rb") as file:
        end = file.seek(0, 2)
        while (ends[-1] if ends else 0) + size < end:
            file.seek((ends[-1] if ends else 0) + size - 1)
            if not file.readline().endswith(b"\n"):
                break
            ends.append(file.tell())
    return ends


def said_before(path: Path, offset: int) -> JournalPlace:
    """The place before a line, as that line has it: nothing is proved before the line before it was read.

    Raises:
        OSError: the file cannot be read.
        ValueError: what stands there is not a line of a journal.
    """
    with path.open("rb") as file:
        file.seek(offset)
        line = _decoder.decode(file.readline())
    return JournalPlace(line.seq, line.prev, offset)
