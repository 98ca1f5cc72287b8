"""The output of attempts as far as it had come at a moment of the replay, however much it was."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from tui.replay.keyframes import KeyFrames
from tui.session.output.line_index import BLOCK, LineIndex
from tui.session.output.output import OutputReader, output_path
from tui.session.output.timing import Timing

EVERYTHING = float("inf")
LARGE = 8 << 20
"""Output of more bytes is not counted by the thread that shows it, but beside it."""

PIECE = 16 * BLOCK


class OutputLines:
    """Where the lines of large outputs are, counted once on a thread and kept with the key frames."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._indexes: dict[int, LineIndex] = {}
        self._whole: set[int] = set()
        self._lock = threading.Lock()

    def of(self, attempt: int) -> tuple[LineIndex, float]:
        """The lines of an attempt's output, and how many bytes of it can be shown by now."""
        with self._lock:
            if attempt in self._whole or size_of(self._directory, attempt) < LARGE:
                return self._indexes.setdefault(attempt, LineIndex()), EVERYTHING
            index = self._indexes.setdefault(attempt, LineIndex())
            return index, index.blocks * BLOCK

    def count(self, attempts: Iterable[int], frames: KeyFrames, stopped: Callable[[], bool]) -> None:
        """Count the lines of every large output; blocks."""
        for attempt in attempts:
            size = size_of(self._directory, attempt)
            if size < LARGE or attempt in self._whole:
                continue
            kept = frames.lines(attempt, size)
            if kept is not None and len(kept) == size // BLOCK * 8:
                with self._lock:
                    self._indexes[attempt] = LineIndex(kept)
            elif self._read(attempt, size, stopped):
                frames.keep_lines(attempt, size, self._indexes[attempt].keep())
            else:
                return
            self._whole.add(attempt)

    def _read(self, attempt: int, size: int, stopped: Callable[[], bool]) -> bool:
        with self._lock:
            index = self._indexes[attempt] = LineIndex()
        left = size // BLOCK * BLOCK
        with output_path(self._directory, attempt).open("rb", buffering=0) as file:
            while left and not stopped():
                data = file.read(min(PIECE, left))
                if not data:
                    break
                index.add(data)
                left -= len(data)
        return not left


class OutputThen(OutputReader):
    """An attempt's output, of which only what had come by now is there."""

    def __init__(self, directory: Path, attempt: int, lines: OutputLines, seconds: Callable[[], float]) -> None:
        """Args: seconds: how long ago the attempt began, or EVERYTHING where it is over."""
        super().__init__(directory, attempt, index=lines.of(attempt)[0])
        self._lines = lines
        self._seconds = seconds

    @property
    def size(self) -> int:
        """How many bytes had come, as far as their lines have been counted."""
        index, counted = self._lines.of(self._attempt)
        self._index = index
        seconds = self._seconds()
        came = super().size if seconds == EVERYTHING else min(super().size, self._timing.size_at(seconds))
        return int(min(came, counted))


def size_of(directory: Path, attempt: int) -> int:
    """The size of an attempt's output, in bytes."""
    try:
        return output_path(directory, attempt).stat().st_size
    except OSError:
        return 0


def timing_of(directory: Path, attempt: int) -> Timing:
    """When an attempt's bytes came."""
    return Timing(output_path(directory, attempt).with_suffix(".idx"))
