"""The lines of a journal: how one is written, and how a file of them is read and proved to be what was written."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tui.errors import JournalDamaged, SessionError
from tui.session.events import AnyEvent, Entry
from tui.session.journal.sampled_line import SampledLine, parted

VERSION, SAMPLES = 1, 2
"""The format of a line, and of one that has several samples: a program that does not know those says so."""
TAIL = 1 << 20
"""Bytes from the end in which the last line is looked for."""

LEAST, BLOCK = 1 << 14, 1 << 18
"""Bytes of a journal that are read, and proved, at a time: at first few, since who seeks a moment wants no more."""

START = "0" * 64
"""What the first line has in place of the hash of the line before."""


class JournalLine(Struct, frozen=True):
    """One line: version, number from 0, UTC time, seconds since this process opened it, hash of the line before."""

    v: int
    seq: int
    at: datetime
    mono: float
    prev: str
    event: AnyEvent | SampledLine


class _SoundLine(JournalLine, frozen=True):
    """A line of a format that this program knows, with a time that has its zone: the decoder looks, not we."""

    v: Literal[1, 2]
    at: Annotated[datetime, Meta(tz=True)]


class _Version(Struct, frozen=True):
    v: int


class JournalPlace(Struct, frozen=True):
    """A place between two lines: how many come before it, the hash of the last of them, and its offset."""

    count: int = 0
    head: str = START
    end: int = 0


class ProvedLine(Struct, frozen=True):
    """A line's entries, as a rule one, and the journal up to it: the hash of the line and the offset where it ends."""

    entries: tuple[Entry, ...]
    head: str
    end: int

    @property
    def entry(self) -> Entry:
        """The line's only entry; of several samples, which all have its number, the last."""
        return self.entries[-1]


BEGINNING = JournalPlace()

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(JournalLine, strict=True)
_sound = msgspec.json.Decoder(_SoundLine, strict=True)
_version = msgspec.json.Decoder(_Version)
_sha256 = hashlib.sha256
_BEGINS, _ENDS = b"{}"


def digest(line: bytes) -> str:
    """The hash that the next line carries: of the line's bytes without its end."""
    return hashlib.sha256(line).hexdigest()


def encode(entry: Entry, prev: str) -> bytes:
    """The bytes of a line, without its end."""
    return _encoder.encode(JournalLine(VERSION, entry.seq, entry.at, entry.mono, prev, entry.event))


def encode_samples(last: Entry, line: SampledLine, prev: str) -> bytes:
    """The bytes of a line with several samples, of which this is the last, without its end."""
    return _encoder.encode(JournalLine(SAMPLES, last.seq, last.at, last.mono, prev, line))


class ProvedBlock(Struct, frozen=True):
    """What lines that follow each other say, and the journal up to them: how many lines, the last one's hash.

    `happened` has a line itself where it has one event: for who reads it, it is the entry that it says. Of a million
    lines each entry counts.
    """

    happened: Sequence[JournalLine] | Sequence[Entry]
    count: int
    head: str
    end: int

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries of all lines."""
        written: Sequence[Any] = self.happened
        if not written or isinstance(written[0], Entry):
            return written
        return [Entry(line.seq, line.at, line.mono, line.event) for line in written]


class _RawLines(Struct, frozen=True):
    """Whole lines as they are in the file but for their ends, and the place before them, from which they go to `end`.

    They are decoded and hashed where nothing is amiss.
    """

    raws: Sequence[bytes]
    before: JournalPlace
    end: int
    lines: Sequence[JournalLine] = ()
    heads: Sequence[str] = ()


def walk(path: Path, place: JournalPlace = BEGINNING) -> Iterator[ProvedLine]:
    """Every whole line from a place on, proved against the one before; a last line without an end is left out.

    Raises:
        JournalDamaged: a line is not what was written.
        SessionError: the file cannot be read.
    """
    for piece in _pieces(path, place):
        if not piece.lines:
            yield from _one_by_one(path, piece)
            continue
        end = piece.before.end
        for number, (raw, line, head) in enumerate(
            zip(piece.raws, piece.lines, piece.heads, strict=True), piece.before.count + 1
        ):
            end += len(raw) + 1
            yield ProvedLine(_placed_entries(path, number, line), head, end)


def blocks(path: Path, place: JournalPlace = BEGINNING, until: int | None = None) -> Iterator[ProvedBlock]:
    """What every whole line from a place on says, as `walk` has it, many lines at a time.

    Args:
        until: the offset after the last line that is wanted.

    Raises:
        JournalDamaged: a line is not what was written; the entries before it were given.
        SessionError: the file cannot be read.
    """
    for piece in _pieces(path, place, until):
        if not piece.lines:
            for one in _one_by_one(path, piece):
                yield ProvedBlock(one.entries, one.entry.seq + 1, one.head, one.end)
            continue
        happened: Sequence[JournalLine] | Sequence[Entry] = piece.lines
        if SampledLine in {type(line.event) for line in piece.lines}:
            lines = enumerate(piece.lines, piece.before.count + 1)
            happened = [entry for number, line in lines for entry in _placed_entries(path, number, line)]
        yield ProvedBlock(happened, piece.before.count + len(piece.lines), piece.heads[-1], piece.end)


def _pieces(path: Path, place: JournalPlace, until: int | None = None) -> Iterator[_RawLines]:
    """The whole lines from a place on, many at a time; those without `lines` are to be proved one by one."""
    try:
        with path.open("rb") as file:
            file.seek(place.end)
            size, unfinished = LEAST, list[bytes]()
            while read := file.read(size if until is None else min(size, until - file.tell())):
                end = read.rfind(b"\n")
                if end < 0:
                    unfinished.append(read)
                    continue
                data, unfinished = b"".join((*unfinished, read[:end])), [read[end + 1 :]]
                piece = _proved(data, place)
                yield piece
                head = piece.heads[-1] if piece.heads else digest(piece.raws[-1])
                place = JournalPlace(place.count + len(piece.raws), head, piece.end)
                size = min(2 * size, BLOCK)
    except OSError as error:
        raise unreadable(path, error) from error


def _proved(data: bytes, before: JournalPlace) -> _RawLines:
    """Lines with what they say, where every one of them is what was written and follows the one before.

    Args:
        data: the lines, without the end of the last.
    """
    raws, end = data.split(b"\n"), before.end + len(data) + 1
    lines = _decoded(data, raws)
    if lines is None:
        return _RawLines(raws, before, end)
    heads = [_sha256(raw).hexdigest() for raw in raws]
    sound = [line.prev for line in lines] == [before.head, *heads[:-1]] and [line.seq for line in lines] == list(
        range(before.count, before.count + len(lines))
    )
    return _RawLines(raws, before, end, lines, heads) if sound else _RawLines(raws, before, end)


def _one_by_one(path: Path, piece: _RawLines) -> Iterator[ProvedLine]:
    """Each line proved by itself, so that the one that is damaged is named."""
    head, end = piece.before.head, piece.before.end
    for number, raw in enumerate(piece.raws, piece.before.count + 1):
        entries = entries_of(path, number, raw, head)
        head, end = digest(raw), end + len(raw) + 1
        yield ProvedLine(entries, head, end)


def _placed_entries(path: Path, number: int, line: JournalLine) -> tuple[Entry, ...]:
    """What a proved line says; see `entries_of`."""
    try:
        return _entries(line)
    except (ValueError, OverflowError) as error:
        raise _damaged(path, number, str(error)) from error


def _decoded(data: bytes, raws: Sequence[bytes]) -> Sequence[JournalLine] | None:
    """What lines say, decoded in one call; None where they are to be looked at one by one.

    Each has to begin and end as an object does: the decoder passes over blank lines, takes several values in one, and
    one in several.
    """
    try:
        if {raw[0] for raw in raws} != {_BEGINS} or {raw[-1] for raw in raws} != {_ENDS}:
            return None
        lines = _sound.decode_lines(data)
    except (IndexError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return None
    return lines if len(lines) == len(raws) else None


def last_entry(path: Path) -> Entry | None:
    """The last whole line's event, without proof; None where there is no line that can be read.

    Raises:
        SessionError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL))
            lines = [line for line in file.read().split(b"\n")[:-1] if line]
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        return _entries(_decoder.decode(lines[-1]))[-1] if lines else None
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError):
        return None


def unreadable(path: Path, error: OSError) -> SessionError:
    """What the operator is told of a file or a folder that cannot be read."""
    return SessionError(f"cannot read {path}: {error.strerror}", "check the path and its permissions")


def entries_of(path: Path, number: int, raw: bytes, head: str) -> tuple[Entry, ...]:
    """What one line says, proved to follow the line with the hash `head`; the first line has the number 1.

    As a rule one entry; of a line that has several samples each, with the number of the line.

    Raises:
        JournalDamaged: it is not what was written, or does not follow.
    """
    try:
        line = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise _damaged(path, number, _reason(raw, error)) from error
    if line.v not in (VERSION, SAMPLES):
        raise _damaged(path, number, _newer(line.v))
    if line.seq != number - 1:
        raise _damaged(path, number, f"it is numbered {line.seq}, not {number - 1}: lines are missing, added or moved")
    if line.prev != head and number == 1:
        raise _damaged(path, 1, "it is not the beginning of a journal")
    if line.prev != head:
        raise _damaged(path, number - 1, f"line {number} does not follow from it: it was changed after it was written")
    if line.at.utcoffset() is None:
        raise _damaged(path, number, "its time has no timezone")
    return _placed_entries(path, number, line)


def _entries(line: JournalLine) -> tuple[Entry, ...]:
    if isinstance(line.event, SampledLine):
        return parted(line.event, line.seq, line.at, line.mono)
    return (Entry(line.seq, line.at, line.mono, line.event),)


def _reason(raw: bytes, error: Exception) -> str:
    try:
        version = _version.decode(raw).v
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError):
        return "it is not JSON"
    return _newer(version) if version not in (VERSION, SAMPLES) else str(error)


def _newer(version: int) -> str:
    return f"it was written by another version of runbook (format {version}; this one reads {SAMPLES})"


def _damaged(path: Path, number: int, reason: str) -> JournalDamaged:
    hint = "the lines before it are sound; read it with the program that wrote it, or restore it from a copy"
    return JournalDamaged(f"{path}, line {number}: {reason}", hint)


def check_receipt(path: Path, receipt: str) -> None:
    """Make sure that the journal has the line that a receipt speaks of.

    Raises:
        JournalDamaged: it has not: its end was cut off, or it is another journal.
        SessionError: the receipt is none, or the file cannot be read.
    """
    found = re.fullmatch(r"(\d+):([0-9a-f]{16,64})", receipt.strip())
    if found is None:
        raise SessionError(f"{receipt!r} is not a receipt", "it is COUNT:HEAD, as the end of the session printed it")
    wanted, count = int(found[1]), 0
    for line in walk(path):
        count = line.entry.seq + 1
        if count == wanted and line.head.startswith(found[2]):
            return
        if count == wanted:
            raise _damaged(path, count, "it is not the line that the receipt speaks of")
    raise JournalDamaged(
        f"{path} has {count} lines, the receipt speaks of {wanted}: its end was cut off", "restore it from a copy"
    )
