"""Counts a search's matches in an output beside the screen, so that it can say which one of how many it shows."""

import threading
from array import array
from bisect import bisect_left

from tui.session.output.output import OutputReader

MOST = 100_000
"""Matches that are counted; with more than that a person searches for something narrower."""
REST = 0.002
"""Seconds that the counting leaves to other threads after each megabyte."""


class Matches:
    """The lines that match a text, as far as they are known; one thread counts while another reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.whole = False
        self._lines = array("Q")
        self._next = 0
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the search soon."""
        self._stop.set()

    def find(self, reader: OutputReader, start: int, direction: int) -> int:
        """The next match from line `start` on; from the other end where there is none on the way, -1 without any."""
        last = max(0, reader.lines_total() - 1)
        other = 0 if direction > 0 else last
        for begin in (start, other) if 0 <= start <= last else (other,):
            found = next(reader.search(self.text, begin, direction, self._stop.is_set), -1)
            if found >= 0:
                return found
        return -1

    def count(self, reader: OutputReader, ended: bool) -> None:
        """Count from where it was left off to the end of what there is; `ended` says that no more will come."""
        if len(self._lines) == MOST:
            return
        total = reader.lines_total()
        for line in reader.search(self.text, self._next, stopped=lambda: self._stop.wait(REST)):
            if len(self._lines) == MOST:
                return
            if not self._lines or line > self._lines[-1]:
                self._lines.append(line)
            if self._stop.is_set():
                return
        if not self._stop.is_set():
            self._next = max(0, total - 1)  # the last line may not have been whole
            self.whole = ended

    def words(self, line: int) -> str:
        """Which match the one in this line is, of how many; a + says that there may be more."""
        known = len(self._lines)
        total = f"{known}{'' if self.whole else '+'}"
        place = bisect_left(self._lines, line, 0, known)
        if place < known and self._lines[place] == line:
            return f"match {place + 1} of {total}"
        return f"match in line {line + 1}, {total} counted"
