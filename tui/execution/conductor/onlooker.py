"""Shows a session that another process writes: the same state, as it grows, and no way to act on it."""

import threading
from collections.abc import Iterator
from pathlib import Path

from tui import threads
from tui.errors import NotNow, RunbookError, SessionError
from tui.execution.live_session import LiveSession
from tui.execution.outputs import Outputs
from tui.execution.secrecy.redaction import Redactor
from tui.execution.viewer import Viewer
from tui.runbook.model import Runbook
from tui.session.archive.store import SessionDirectory
from tui.session.clock import Clock
from tui.session.events import Entry
from tui.session.journal.chain import BEGINNING, JournalPlace, ProvedLine, walk
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
        self._seen = BEGINNING
        self._file: tuple[int, int] = (0, 0)
        self._size = -1

    @property
    def position(self) -> tuple[int, str]:
        """How many lines have been seen, and the hash of the last."""
        return self._seen.count, self._seen.head

    def news(self) -> Iterator[ProvedLine]:
        """The lines that came since the last look.

        Raises:
            SessionError: the journal cannot be read, or is damaged.
        """
        there = self.path.stat()
        file = there.st_dev, there.st_ino
        if there.st_size == self._size and file == self._file:
            return
        other = file != self._file or there.st_size < self._seen.end  # then what was seen is proved again, to its end
        for line in walk(self.path, BEGINNING if other else self._seen):
            if line.entry.seq == self._seen.count - 1 and line.head != self._seen.head:
                raise _replaced(self.path)
            if line.entry.seq >= self._seen.count:
                self._seen = JournalPlace(line.entry.seq + 1, line.head, line.end)
                yield line
        self._file, self._size = file, there.st_size

    def pending(self) -> tuple[Entry, ...]:
        """The samples after the last of those lines, which are in no line yet."""
        return left_pending(pending_path(self.path), *self.position)


def _replaced(path: Path) -> SessionError:
    return SessionError(f"{path} is another journal than before", "leave the session, and open it again")


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


def onlooker_of(directory: SessionDirectory, redactor: Redactor, clock: Clock, holder: str) -> Onlooker:
    """Who looks on at a session that another process writes.

    Raises:
        SessionError: it cannot be read, or is damaged.
    """
    runbook, _ = directory.load()
    return Onlooker(runbook, directory.journal, Outputs(directory.attempts, redactor), clock, holder)
