"""Keeps what a command prints, byte for byte, and shows any part of it however much there is.

An attempt has three files: `NNNN.out`, the bytes as they came, both streams interleaved; `NNNN.idx`, when they came
and from which stream (tui/session/output/timing.py); `NNNN.mask`, where secrets are (tui/session/output/masks.py).
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from heapq import merge
from pathlib import Path

from tui.session.clock import Clock
from tui.session.output.line_index import BLOCK, KEPT, LineIndex
from tui.session.output.masks import (
    HIDDEN,
    Masker,
    MaskState,
    OutputUnwritable,
    Span,
    hide,
    mask_found,
    mask_path,
    merged,
    touching,
    write_mask,
)
from tui.session.output.redrawn_rows import RedrawnRows
from tui.session.output.seal import Sealer
from tui.session.output.timing import STREAMS, Burst, Timing, TimingWriter, cut, verify_timing
from tui.text.drawn import Drawn, as_shown, drawn, redraws, without_colours
from tui.text.sanitise import sanitise
from tui.text.search import bytes_pattern

__all__ = ["OutputReader", "OutputUnwritable", "OutputWriter", "verify_output", "write_mask"]

BATCH = 16 * BLOCK
WITHHELD = b"[not shown: secrets have not been looked for in this output yet]"


def output_path(directory: Path, attempt: int) -> Path:
    """The file of the attempt's output."""
    return directory / f"{attempt:04d}.out"


class OutputWriter:
    """Writes one attempt's output; one thread writes while others read."""

    def __init__(
        self,
        directory: Path,
        attempt: int,
        clock: Clock,
        secret: bool = False,
        write: Callable[[int, bytes | memoryview], int] = os.write,
        since: float | None = None,
    ) -> None:
        """Make the files, or continue those of an attempt that was left.

        Args:
            secret: the output has a secret that nobody knows yet; nothing of it is shown before it has a mask.
            since: how many seconds ago the attempt began that is continued; None for a new one.

        Raises:
            OutputUnwritable: they cannot be made.
        """
        self.path = output_path(directory, attempt)
        self.size = 0
        self.sha256 = ""
        self.timing_sha256 = ""
        self.came = dict.fromkeys(STREAMS, 0)
        self.secret = secret
        self.closed = False
        self.sealer = Sealer(self.path)
        self._clock = clock
        self._began = clock.monotonic() - (since or 0.0)
        self._os_write = write
        new = os.O_EXCL if since is None else 0
        try:
            if since is not None:
                self._go_on()
            self._fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | new, 0o600)
            self.timing = TimingWriter(self.path.with_suffix(".idx"), write, None if since is None else self.size)
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, stream: str, data: bytes | memoryview) -> None:
        """Keep bytes that came.

        Raises:
            OutputUnwritable: they could not be kept, or not all of them.
        """
        written = 0
        try:
            while written < len(data):
                written += self._os_write(self._fd, data[written:] if written else data)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            if written:
                self.timing.add(int((self._clock.monotonic() - self._began) * 1000), stream, written)
                self.size += written
                self.sealer.add(data if written == len(data) else data[:written])

    def close(self) -> None:
        """Make the output durable as far as it can be, and know its SHA-256; closing twice is harmless."""
        if self.closed:
            return
        with suppress(OSError):
            self.timing.close()
        with suppress(OSError):  # without a hash, verifying says so
            self.sha256 = self.sealer.close()
        self.timing_sha256 = verify_timing(self.path.parent, int(self.path.stem))
        self.closed = True
        try:
            with suppress(OSError):
                os.fsync(self._fd)
        finally:
            os.close(self._fd)

    def _go_on(self) -> None:
        """Take note of what there is already."""
        self.came = cut(self.path, self.path.with_suffix(".idx"))
        mask_path(self.path.parent, int(self.path.stem)).unlink(missing_ok=True)
        if self.path.exists():
            with self.path.open("rb") as file:
                while data := file.read(BATCH):
                    self.size += len(data)
                    self.sealer.add(data)

    def _unwritable(self, error: OSError) -> OutputUnwritable:
        return OutputUnwritable(f"cannot write {self.path}: {error.strerror}", "free space in the session's folder")


class OutputReader:
    """One attempt's output with its secrets hidden, also while it is being written.

    Without a writer the attempt is over, and its mask says what to hide; where there is none, nobody has looked for
    secrets yet and the text is withheld. Not safe for several threads: each takes a reader of its own.
    """

    _fd = -1

    def __init__(
        self,
        directory: Path,
        attempt: int,
        writer: OutputWriter | None = None,
        masker: Masker | None = None,
        index: LineIndex | None = None,
    ) -> None:
        self._directory = directory
        self._attempt = attempt
        self._writer = writer
        self._masker = masker
        self._index = index or LineIndex()
        if writer is not None:
            self._index = writer.sealer.index
            writer.sealer.keep_index()
        self._timing = Timing(output_path(directory, attempt).with_suffix(".idx"))
        self._rows = RedrawnRows()
        self._mask: list[Span] | None = None
        self._looked = True

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; reading opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def size(self) -> int:
        """How many bytes came so far; of a running attempt's, those that are in the index."""
        if self._writer is not None:
            return self._writer.size if self._writer.closed else self._writer.sealer.indexed
        return os.fstat(self._fd).st_size if self._open() else 0

    @property
    def follows(self) -> bool:
        """Whether it reads what is being written; else the attempt is over or was left."""
        return self._writer is not None and not self._writer.closed

    @property
    def withheld(self) -> bool:
        """Whether the text is kept back because nobody has looked for secrets in it."""
        if self._mask is None:
            state, self._mask = mask_found(self._directory, self._attempt)
            self._looked = state in (MaskState.SOUND, MaskState.MISSING)
        live = self._writer is not None and self._masker is not None and not self._writer.secret
        return self._mask is None and not live and self.size > 0

    def lines_total(self) -> int:
        """How many lines there are, an unfinished last one among them."""
        if self.withheld:
            return 1
        size = self._ready()
        return self._rows.total(self._index.total(size, self._fetch))

    def read_lines(self, first: int, count: int) -> list[bytes]:
        """Up to `count` lines from line `first` (0 is the first), secrets hidden, not yet safe for a terminal.

        A line of more than 64 KiB comes in pieces, each a line of its own; of one that is written over and over, as a
        progress bar's, the end comes.
        """
        if self.withheld:
            return [WITHHELD][first : first + count]
        size = self._ready()
        return self._read(self._spans(first, count, size) if count > 0 else [], size)

    def _read(self, spans: list[Span], size: int) -> list[bytes]:
        lines = [line for part in parts_of(spans) for line in self._read_part(part, size)]
        return [
            self._safe_as_drawn(line, stop == size) if redraws(line) else line
            for line, (_, stop) in zip(lines, spans, strict=True)
        ]

    def _spans(self, first: int, count: int, size: int) -> list[Span]:
        """Where the bytes of lines are: one behind the other, but for rows that were drawn over."""
        return self._rows.spans(max(0, first), count, self._index, size, self._fetch)

    def _read_part(self, spans: list[Span], size: int) -> list[bytes]:
        """Lines that lie one behind the other, secrets hidden."""
        begin, end = spans[0][0], spans[-1][1]
        hidden = self._hidden(begin, end, size)
        data = self._fetch(begin, end - begin)
        return [hide(data[start - begin : stop - begin], start, hidden) for start, stop in spans]

    def _safe_as_drawn(self, line: bytes, last: bool) -> bytes:
        """A line that is drawn over itself, unless that makes a secret out of its parts.

        Where nobody has looked for that, it is what the last carriage return left of it, and nothing is drawn over.
        """
        if not self._looked:
            return sanitise(line).encode()
        if self._masker is None or not self._masker.longest:
            return line
        live = self._writer is not None and last
        return HIDDEN if self._masker.spans(drawn(line).text.encode(), live) else line

    def shown_lines(self, first: int, count: int) -> list[Drawn]:
        """The same lines as a terminal shows them, safe for one."""
        return [drawn(line) for line in self.read_lines(first, count)]

    def stream_at(self, offset: int) -> str:
        """Which stream the byte at `offset` came from: out or err."""
        if self._writer is not None:
            begin, stream = self._writer.timing.pending
            if offset >= begin:
                return stream
        return self._timing.stream_at(offset)

    def streams_of(self, first: int, count: int) -> list[str]:
        """Which stream each of the lines that `read_lines` gives began on: out or err."""
        if self.withheld or count <= 0:
            return []
        spans = self._spans(first, count, self._ready())
        return [self.stream_at(begin) for begin, _ in spans]

    def first_error_line(self) -> int:
        """The first line that has something of the error stream in it; -1 where there is none."""
        if self.withheld:
            return -1
        begin = next((burst.start for burst in self.bursts() if burst.stream != STREAMS[0]), -1)
        if begin < 0 and self._writer is not None:
            pending, stream = self._writer.timing.pending
            begin = pending if stream != STREAMS[0] and pending < self._ready() else -1
        return self._index.line_at(begin, self._fetch) if begin >= 0 else -1

    def times_of(self, first: int, count: int) -> list[float]:
        """How many seconds after the attempt began each of the lines came that `read_lines` gives."""
        if self.withheld or count <= 0:
            return []
        spans = self._spans(first, count, self._ready())
        return [self._timing.came_at(begin) for begin, _ in spans]

    def bursts(self) -> Iterator[Burst]:
        """When which bytes came, as far as it is on disk."""
        return self._timing.bursts()

    def search(
        self,
        pattern: str | re.Pattern[bytes],
        start: int = 0,
        direction: int = 1,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[int]:
        """The lines that match as they are shown, from line `start` on (or up to it and back where `direction` is -1).

        Args:
            pattern: a text, found in either case where it has no capital letter; or a compiled pattern.
            stopped: asked now and then; the search ends when it says True.
        """
        if self.withheld:
            return
        compiled = bytes_pattern(pattern) if isinstance(pattern, str) else pattern
        size = self._ready()
        rows = (line for line in self._rows.redrawn(start, direction) if self._row_matches(compiled, line))
        plain = (self._rows.shown(raw) for raw in self._search_raw(compiled, size, start, direction, stopped))
        lines = merge(rows, (line for line in plain if line >= 0), reverse=direction < 0)
        yield from (line for line in lines if (line - start) * direction >= 0)

    def _row_matches(self, pattern: re.Pattern[bytes], line: int) -> bool:
        return any(pattern.search(as_shown(text)) for text in self.read_lines(line, 1))

    def _search_raw(
        self, compiled: re.Pattern[bytes], size: int, start: int, direction: int, stopped: Callable[[], bool]
    ) -> Iterator[int]:
        """The raw lines that match, from about line `start` on."""
        anywhere = re.compile(compiled.pattern, compiled.flags | re.MULTILINE)
        start = self._rows.raw(start)
        first = self._index.offset_of(start, size, self._fetch) // BATCH
        batches = range(first, -(-size // BATCH)) if direction > 0 else range(min(first, (size - 1) // BATCH), -1, -1)
        for batch in batches:
            if stopped():
                return
            # A line that begins in the batch may end up to two blocks behind it.
            data = self._fetch(batch * BATCH, min(size - batch * BATCH, BATCH + 2 * BLOCK))
            plainly = without_colours(data)
            if plainly is None or anywhere.search(plainly):
                yield from self._search_lines(compiled, batch, size, start, direction)

    def _search_lines(
        self, pattern: re.Pattern[bytes], batch: int, size: int, start: int, direction: int
    ) -> Iterator[int]:
        """The matching lines that begin in the batch."""
        low = self._index.line_at(batch * BATCH, self._fetch)
        if low and self._index.offset_of(low, size, self._fetch) < batch * BATCH:
            low += 1
        end = min(size, (batch + 1) * BATCH)
        high = self._index.line_at(end, self._fetch)
        if self._index.offset_of(high, size, self._fetch) < end:
            high += 1
        lines = self._read(self._index.spans(low, max(0, high - low), size, self._fetch), size)
        found = [low + place for place, line in enumerate(lines) if pattern.search(as_shown(line))]
        if direction > 0:
            yield from (line for line in found if line >= start)
        else:
            yield from (line for line in reversed(found) if line <= start)

    def _hidden(self, begin: int, end: int, size: int) -> list[Span]:
        """Every span to hide that may touch these bytes."""
        spans = self._mask or []
        if self._masker is None or not self._masker.longest:
            return spans
        start = max(0, begin - self._masker.longest)
        stop = min(size, end + self._masker.longest)
        live = self._writer is not None and stop == size
        found = self._masker.spans(self._fetch(start, stop - start), live)
        return merged([*touching(spans, begin, end), *((start + low, start + high) for low, high in found)])

    def _ready(self) -> int:
        """The size; makes sure that every whole block is in the index."""
        size = self.size
        if self._writer is not None and self._writer.closed and self._index.blocks < size // BLOCK:
            self._writer, self._index = None, LineIndex()  # nobody watched while it came
        if self._writer is None:
            for block in range(self._index.blocks, size // BLOCK):
                self._index.add(self._fetch(block * BLOCK, BLOCK))
        if self._looked:  # else a row might show what nobody has looked for in it
            self._rows.follow(self._index, size, self._fetch)
        return size

    def _fetch(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset) if length > 0 and self._open() else b""

    def _open(self) -> bool:
        if self._fd < 0:
            with suppress(FileNotFoundError):
                self._fd = os.open(output_path(self._directory, self._attempt), os.O_RDONLY)
        return self._fd >= 0


def verify_output(directory: Path, attempt: int) -> str:
    """The SHA-256 of the attempt's output as it is on disk; empty where there is none."""
    try:
        with output_path(directory, attempt).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def parts_of(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Lines in parts that are read at once; of one that is written over and over the last bytes alone."""
    part: list[Span] = []
    for begin, end in spans:
        start = max(begin, end - KEPT)
        if part and not 0 <= start - part[-1][1] <= 1:
            yield part
            part = []
        part.append((start, end))
    yield from [part] if part else []
