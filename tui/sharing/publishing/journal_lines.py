"""Reads the exact lines of a journal that this process writes, beside the writer and without ever making it wait."""

from pathlib import Path
from typing import BinaryIO

from tui.session.journal.chain import START, digest


class JournalLines:
    """The lines of a journal in their order; of one thread.

    It is asked only for lines that are durable: a line that was written and not synced may be cut off again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self.count = 0
        """How many lines were read."""
        self.head = START
        """The hash of the last of them."""

    def read(self, until: int, most: int) -> list[bytes]:
        """Up to `most` lines, but none from number `until` on."""
        if self._file is None:
            self._file = self._path.open("rb")
        found: list[bytes] = []
        while self.count < until and len(found) < most:
            line = self._file.readline()
            if not line.endswith(b"\n"):  # it was cut off under us, and is written again
                self._file.seek(-len(line), 1)
                break
            found.append(line[:-1])
            self.count += 1
        if found:
            self.head = digest(found[-1])
        return found

    def again(self, count: int) -> None:
        """Go to the place after the first `count` lines."""
        self.close()
        self.count, self.head = 0, START
        while self.count < count and self.read(count, 1000):
            pass

    def line(self, number: int) -> bytes | None:
        """One line by its number; None where there is none."""
        with self._path.open("rb") as file:
            for at, line in enumerate(file):
                if at == number and line.endswith(b"\n"):
                    return line[:-1]
        return None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
