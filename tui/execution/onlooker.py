"""Shows a session that another process writes: the same state, as it grows, and no way to act on it."""

from collections.abc import Iterator
from pathlib import Path

from tui import threads
from tui.errors import NotNow, RunbookError
from tui.execution.conductor import Conductor
from tui.execution.executor import Executor
from tui.execution.secrets import Secrets
from tui.runbook.model import Runbook
from tui.session.chain import START, Proved, walk
from tui.session.clock import Clock
from tui.session.events import AnyEvent, Entry
from tui.session.fold import apply
from tui.session.journal import Journal, writer_of

GONE = "the program that wrote it has ended: leave it (q), then open it again to continue"
LOOK = 0.5
"""Seconds between two looks at the journal."""


class WatchedJournal(Journal):
    """A journal that somebody else writes."""

    def __init__(self, path: Path, clock: Clock, holder: str) -> None:
        self.path, self.clock, self.broken = path, clock, ""
        self.holder = holder
        self._seen = (0, START)
        self._size = -1

    def append(self, event: AnyEvent) -> Entry:
        """Refuse, and say who has it."""
        raise self.refusal()

    def refusal(self) -> NotNow:
        """Why nothing can be done here."""
        if not self.holder:
            return NotNow("this session is read-only here", "nobody has it open now: leave it, and open it again")
        return NotNow("this session is read-only here", f"it is open elsewhere: {self.holder}")

    def look(self) -> str:
        """Who writes it now, in words for the foot of the screen."""
        self.holder = writer_of(self.path)
        return f"open elsewhere: {self.holder}" if self.holder else GONE

    def position(self) -> tuple[int, str]:
        """How many lines have been seen, and the hash of the last."""
        return self._seen

    def reopen(self) -> None:
        """There is nothing to take up."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def news(self) -> Iterator[Proved]:
        """The lines that came since the last look.

        Raises:
            SessionError: the journal cannot be read, or is damaged.
        """
        size = self.path.stat().st_size
        if size == self._size:
            return
        for line in walk(self.path):
            if line.entry.seq >= self._seen[0]:
                self._seen = (line.entry.seq + 1, line.head)
                yield line
        self._size = size


class Onlooker(Conductor):
    """A conductor that only follows; everything that would act says who has the session."""

    def __init__(
        self, runbook: Runbook, journal: WatchedJournal, executor: Executor, secrets: Secrets, holder: str
    ) -> None:
        super().__init__(runbook, journal, executor, secrets)
        self.read_only = f"open elsewhere: {holder}"
        self._watched = journal
        self.look_on()
        threads.start("onlooker", self._follow)

    def look_on(self) -> None:
        """Fold in what came since the last look.

        Raises:
            RunbookError: the journal cannot be read, or is damaged.
        """
        for line in self._watched.news():
            with self._lock:
                self.state = apply(self.state, line.entry)
                for listener in self._listeners:
                    listener(line.entry, self.state)

    def deliver(self, name: str, step_id: str, text: str, how: str, went_out: str = "") -> None:
        """Refuse before anything is sent."""
        self.sent(name, text, how, step_id)

    def cancel(self) -> None:
        """Refuse: what runs is not ours."""
        raise self._watched.refusal()

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        self._pool.shutdown(wait=False)

    def _follow(self) -> None:
        while not self._closing.wait(LOOK):
            try:
                self.read_only = self._watched.look()
                self.look_on()
                self.trouble = None
            except (RunbookError, OSError, LookupError) as error:
                self.trouble = RunbookError(f"cannot follow {self._watched.path}: {error}")
