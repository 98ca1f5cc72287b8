"""Hides the places of secrets in output, so that what is read from an attempt never has them."""

import hashlib
import os
import struct
from bisect import bisect_right
from enum import Enum
from pathlib import Path
from typing import Protocol

from tui.errors import SessionError

SPAN = struct.Struct("<QQ")
"""A span to hide in `NNNN.mask`: its start and its end in the output file (uint64 each), sorted, apart."""

SEAL = 8
"""Bytes at the end of `NNNN.mask`: the beginning of the SHA-256 of the spans and `LOOKED`.

Those of older versions are of the spans alone, or are not there.
"""

LOOKED = b"drawn rows"
"""Says that secrets were also looked for in lines and rows as they are shown, after what they write over themselves."""
EARLIER = (b"", b"drawn")
"""What older versions said."""

HIDDEN = "•••".encode()
STAR, NEWLINE = ord("*"), ord("\n")

Span = tuple[int, int]


class OutputUnwritable(SessionError):
    """Output could not be kept; the command that printed it continues to run."""


class MaskState(Enum):
    """What can be said of an attempt's mask."""

    SOUND = "sound"
    UNDRAWN = "undrawn"
    """Sound, of an older version, which did not look for secrets that a line shows only by being drawn over."""
    UNSEALED = "unsealed"
    DAMAGED = "damaged"
    MISSING = "missing"


class Masker(Protocol):
    """What knows the secrets."""

    @property
    def longest(self) -> int:
        """The length in bytes of the longest thing to hide."""

    def spans(self, data: bytes, unfinished: bool = False) -> list[Span]:
        """Where secrets are; with `unfinished` the beginning of one at the very end counts as well."""


def mask_path(directory: Path, attempt: int) -> Path:
    """The file of the attempt's hidden spans."""
    return directory / f"{attempt:04d}.mask"


def write_mask(directory: Path, attempt: int, spans: list[Span]) -> None:
    """Keep the spans to hide, whole or not at all.

    Raises:
        OutputUnwritable: they cannot be written; then readers without the secrets show none of the output.
    """
    path = mask_path(directory, attempt)
    beside = path.with_suffix(".mask-new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_sealed(b"".join(SPAN.pack(*span) for span in spans)))
            file.flush()
            if spans:  # of a mask that hides nothing a power cut takes nothing: without it the output is withheld
                os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise OutputUnwritable(f"cannot write {path}: {error.strerror}", "free space there") from error


def read_mask(directory: Path, attempt: int) -> list[Span] | None:
    """The spans to hide; None where nobody has looked for them, or the file is not what was written."""
    return mask_found(directory, attempt)[1]


def mask_found(directory: Path, attempt: int) -> tuple[MaskState, list[Span] | None]:
    """What can be said of an attempt's mask, and its spans; see `read_mask`."""
    state, data = _read(directory, attempt)
    return state, None if state in (MaskState.MISSING, MaskState.DAMAGED) else list(SPAN.iter_unpack(data))


def mask_state(directory: Path, attempt: int) -> MaskState:
    """Whether an attempt's mask is what was written."""
    return _read(directory, attempt)[0]


def _read(directory: Path, attempt: int) -> tuple[MaskState, bytes]:
    try:
        data = mask_path(directory, attempt).read_bytes()
    except FileNotFoundError:
        return MaskState.MISSING, b""
    except OSError:
        return MaskState.DAMAGED, b""
    spans = data[: len(data) // SPAN.size * SPAN.size]
    if len(data) == len(spans):
        return MaskState.UNSEALED, spans
    if data == _sealed(spans):
        return MaskState.SOUND, spans
    older = any(data == _sealed(spans, looked) for looked in EARLIER)
    return (MaskState.UNDRAWN if older else MaskState.DAMAGED), spans


def _sealed(spans: bytes, looked: bytes = LOOKED) -> bytes:
    return spans + hashlib.sha256(spans + looked).digest()[:SEAL]


def merged(spans: list[Span]) -> list[Span]:
    """The same places, sorted, without overlaps."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def touching(spans: list[Span], begin: int, end: int) -> list[Span]:
    """Those that have bytes between two places."""
    return [span for span in spans if span[1] > begin and span[0] < end]


def hide(data: bytes, offset: int, spans: list[Span]) -> bytes:
    """`data`, which begins at `offset` of the file, with every one of the merged spans (of the file) replaced."""
    at = max(0, bisect_right(spans, (offset, 0)) - 1)
    pieces: list[bytes] = []
    shown = 0
    for start, end in spans[at:] if data else ():
        if start >= offset + len(data):
            break
        if end > offset + shown:
            pieces += (data[shown : max(shown, start - offset)], HIDDEN)
            shown = end - offset
    return b"".join((*pieces, data[shown:])) if pieces else data


def starred(data: bytes, offset: int, spans: list[Span]) -> tuple[bytes, int]:
    """`data`, which begins at `offset` of the file, with an asterisk for each byte of the merged spans (of the file).

    Line ends stay, and so do places and times: it is how output leaves the machine on which its secrets are known.
    Returns also how many bytes were hidden.
    """
    hidden, shown = 0, bytearray(data)
    at = max(0, bisect_right(spans, (offset, 0)) - 1)
    for start, end in spans[at:] if data else ():
        if start >= offset + len(data):
            break
        low, high = max(0, start - offset), min(len(data), end - offset)
        for place in range(low, high):
            if shown[place] != NEWLINE:
                shown[place] = STAR
        hidden += max(0, high - low)
    return bytes(shown), hidden
