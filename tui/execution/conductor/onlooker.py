"""Shows a session that another process writes: the same state, as it grows, and no way to act on it."""

import threading
from collections.abc import Iterator
from pathlib import Path

from tui import threads
from tui.errors import NotNow, RunbookError
from tui.execution.live_session import LiveSession
from tui.execution.outputs import Outputs
from tui.execution.viewer import Viewer
from tui.runbook.model import Runbook
from tui.session.clock import Clock
from tui.session.events import Entry
from tui.session.journal.chain import START, ProvedLine, walk
from tui.session.journal.journal import writer_of
from tui.session.journal.pending_samples import left_pending, pending_path
from tui.session.state import initial

GONE = "the program that wrote it has ended: leave it (q), then open it again to continue"
LOOK = 0.5
"""Seconds between two looks at the journal."""


class FollowedJournal:
    """A journal that somebody else writes: what came since the last look, and who writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = (0, START)
        """How many lines have been seen, and the hash of the last."""
        self._size = -1

    def news(self) -> Iterator[ProvedLine]:
        """The lines that came since the last look.

        Raises:
            SessionError: the journal cannot be read, or is damaged.
        """
        size = self.path.stat().st_size
        if size == self._size:
            return
        for line in walk(self.path):
            if line.entry.seq >= self.position[0]:
                self.position = (line.entry.seq + 1, line.head)
                yield line
        self._size = size

    def pending(self) -> tuple[Entry, ...]:
        """The samples after the last of those lines, which are in no line yet."""
        return left_pending(pending_path(self.path), *self.position)


class Onlooker(Viewer):
    """Follows a session that somebody else has open."""

    def __init__(self, runbook: Runbook, journal: Path, outputs: Outputs, clock: Clock, holder: str) -> None:
        super().__init__(LiveSession(initial(runbook), clock), outputs)
        self._closing = threading.Event()
        self.read_only = f"open elsewhere: {holder}"
        self._holder = holder
        self._journal = FollowedJournal(journal)
        self.look_on()
        threads.start("onlooker", self._follow)

    def refusal(self) -> NotNow:
        """Who has it."""
        words = "this session is read-only here"
        if not self._holder:
            return NotNow(words, "nobody has it open now: leave it, and open it again")
        return NotNow(words, f"it is open elsewhere: {self._holder}")

    def receipt(self) -> str:
        """COUNT:HEAD of what has been seen of the journal."""
        count, head = self._journal.position
        return f"{count}:{head}"

    def look_on(self) -> None:
        """Fold in what came since the last look.

        Raises:
            RunbookError: the journal cannot be read, or is damaged.
        """
        for line in self._journal.news():
            self._live.fold_in_line(line.entries)
        self._live.fold_in_ahead(self._journal.pending())

    def close(self) -> None:
        """Look no longer."""
        self._closing.set()

    def _follow(self) -> None:
        while not self._closing.wait(LOOK):
            try:
                self._holder = writer_of(self._journal.path)
                self.read_only = f"open elsewhere: {self._holder}" if self._holder else GONE
                self.look_on()
                self._live.trouble = None
            except (RunbookError, OSError, LookupError) as error:
                self._live.trouble = RunbookError(f"cannot follow {self._journal.path}: {error}")
