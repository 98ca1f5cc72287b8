"""Finds in a command's output what expectations and captures speak of: documents, numbers, status lines."""

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from tui.runbook.model import Action, Expect, Number
from tui.runbook.patterns.bounded import finditer
from tui.session.output.timing import STREAMS, Timing
from tui.text.sanitise import plain

PART = 1 << 20
"""Of output larger than two of these, the first and the last are looked at."""

SMALL = 64 << 10
"""An output of more bytes is read while no other one is: it keeps the screen from its turn."""

MISSING = object()
"""What a path leads to where there is nothing."""

OPTIONAL = "?"
"""At the end of a path: what stands there must be as expected, and nothing need stand there."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_STATUS = re.compile(r"^(?:< )?(HTTP/\d(?:\.\d)?) (\d{3})\b", re.MULTILINE)
_CANDIDATES = 2000
_UNREAD = {"exit", "on_stderr", "seconds", "choice", "warn", "text", "source"}
"""Fields of an expectation for which nothing of an output has to be read."""
_decoder = json.JSONDecoder()
_one_at_a_time = threading.Lock()


_NOTHING = Expect()
_READ = tuple(name for name in Expect.__struct_fields__ if name not in _UNREAD)


class Output(Struct, frozen=True):
    """What a command printed, as text: both streams as they came, and each alone, in whole lines.

    It is what the host wrote, secrets included: for judging and capturing, not for showing.
    """

    text: str = ""
    out: str = ""
    err: str = ""

    def judged(self, on_stderr: bool) -> str:
        """The stream that an expectation looks at: a line of one is not cut by the other there."""
        return self.err if on_stderr else self.out

    @classmethod
    def wanted(cls, action: Action, drill: bool, directory: Path, attempt: int) -> "Output":
        """What an action's attempt printed, as `read` gives it; nothing where nothing is compared with it or captured.

        Args:
            drill: in which an output says of itself whether it is made up.
        """
        judged = any(getattr(action.expect, name) != getattr(_NOTHING, name) for name in _READ)
        unread = action.run is not None and not (drill or judged or action.capture)
        return cls() if unread else cls.read(directory, attempt)

    @classmethod
    def read(cls, directory: Path, attempt: int) -> "Output":
        """The attempt's output, which is over; of more than 2 MiB the first and the last 1 MiB."""
        path = directory / f"{attempt:04d}.out"
        with suppress(OSError):
            if path.stat().st_size > SMALL:
                with _one_at_a_time:
                    return cls._read(path)
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> "Output":
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                parts = [(0, size)] if size <= 2 * PART else [(0, PART), (size - PART, size)]
                pieces = [os.pread(file.fileno(), end - start, start) for start, end in parts]
        except OSError:
            return cls()
        timing = Timing(path.with_suffix(".idx"))
        gap = f"\n[{size - 2 * PART} bytes left out]\n".encode()
        streams: dict[str, str] = {}
        for stream in STREAMS:
            ends = [b"".join(_only(stream, piece, at, timing)) for piece, (at, _) in zip(pieces, parts, strict=True)]
            streams[stream] = plain(b"\n".join(_whole(ends)))
        return cls(plain(gap.join(pieces)), streams["out"], streams["err"])


def _only(stream: str, piece: bytes, offset: int, timing: Timing) -> Iterator[bytes]:
    known = 0
    for burst in timing.bursts():
        known = burst.end
        if burst.stream == stream and burst.end > offset and burst.start < offset + len(piece):
            yield piece[max(0, burst.start - offset) : burst.end - offset]
    if stream == STREAMS[0]:
        yield piece[max(0, known - offset) :]


def _whole(ends: list[bytes]) -> list[bytes]:
    """Both ends of a stream without the lines that the gap between them cuts, as far as they have whole lines."""
    if len(ends) < 2:
        return ends
    first, last = ends
    return [first[: first.rfind(b"\n") + 1] or first, last[last.find(b"\n") + 1 :] or last]


def documents(text: str) -> Iterator[object]:
    """The JSON objects and lists in the text, outermost ones, whatever stands around them."""
    at = 0
    for _ in range(_CANDIDATES):
        place = re.compile(r"[{\[]").search(text, at)
        if place is None:
            return
        try:
            value, at = _decoder.raw_decode(text, place.start())
        except (ValueError, RecursionError):
            at = place.end()
        else:
            yield value


def document_with(text: str, paths: Iterable[str]) -> object:
    """The first document that has all of the paths, else the first object, else the first; MISSING without any."""
    wanted = tuple(path for path in paths if not path.endswith(OPTIONAL))
    first, first_object = MISSING, MISSING
    for value in documents(text):
        if all(follow(value, path) is not MISSING for path in wanted):
            return value
        first = value if first is MISSING else first
        first_object = value if first_object is MISSING and isinstance(value, dict) else first_object
    return first if first_object is MISSING else first_object


def follow(value: object, path: str) -> object:
    """What stands at a dotted path such as `checks.0.name` or `checks[0].name`; MISSING where nothing does.

    Of several paths with `|` between them, the first that is there.
    """
    keys = re.sub(r"\[(-?\d+)\]", r".\1", path).strip(".")
    found = _follow(value, keys.split(".") if keys else [])
    if found is MISSING and "|" in path:
        each = (follow(value, one) for one in path.split("|"))
        return next((one for one in each if one is not MISSING), MISSING)
    return found


def _follow(value: object, keys: list[str]) -> object:
    if not keys:
        return value
    if isinstance(value, list):
        known = re.fullmatch(r"-?\d+", keys[0]) and -len(value) <= int(keys[0]) < len(value)
        return _follow(value[int(keys[0])], keys[1:]) if known else MISSING
    if isinstance(value, dict):
        for length in range(1, len(keys) + 1):
            key = ".".join(keys[:length])
            if key in value and (found := _follow(value[key], keys[length:])) is not MISSING:
                return found
    return MISSING


def status_line(text: str) -> tuple[str, int] | None:
    """Protocol and status of the last response in the text, None where there is none."""
    found = _STATUS.findall(text)
    return (found[-1][0], int(found[-1][1])) if found else None


def value_of(number: Number, text: str) -> float | str | None:
    """The number meant; the text found in its place where that is not a number; None where nothing was found.

    Raises:
        TooSlow: its pattern hit its bound.
    """
    found = finditer(number.pattern, text) if number.pattern else None
    texts = [hit.counts for hit in found] if found is not None else _NUMBER.findall(text)
    if number.of == "count":
        return float(len(texts))
    values: list[float] = []
    for one in texts:
        value = as_number(one)
        if value is None:
            return one
        values.append(value)
    return _pick(number.of, values) if values else None


def as_number(text: str) -> float | None:
    """The number a text is, thousands separated or not; None where it is none."""
    cleaned = text.strip()
    return float(cleaned.replace(",", "")) if _NUMBER.fullmatch(cleaned) else None


def _pick(of: str, values: list[float]) -> float:
    match of:
        case "last":
            return values[-1]
        case "smallest":
            return min(values)
        case "largest":
            return max(values)
        case "sum":
            return sum(values)
        case "average":
            return sum(values) / len(values)
        case _:
            return values[0]
