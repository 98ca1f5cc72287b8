"""The output of an attempt as far as it had come at a moment of the replay."""

from collections.abc import Callable
from pathlib import Path

from tui.session.output import OutputReader, output_path
from tui.session.timing import Timing

EVERYTHING = float("inf")


class OutputThen(OutputReader):
    """An attempt's output, of which only what had come by now is there."""

    def __init__(self, directory: Path, attempt: int, seconds: Callable[[], float]) -> None:
        """Args: seconds: how long ago the attempt began, or EVERYTHING where it is over."""
        super().__init__(directory, attempt)
        self._seconds = seconds

    @property
    def size(self) -> int:
        """How many bytes had come."""
        size, seconds = super().size, self._seconds()
        return size if seconds == EVERYTHING else min(size, self._timing.size_at(seconds))


def timing_of(directory: Path, attempt: int) -> Timing:
    """When an attempt's bytes came."""
    return Timing(output_path(directory, attempt).with_suffix(".idx"))
