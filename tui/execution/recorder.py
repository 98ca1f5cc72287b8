"""Keeps a session's state and its journal one: what is recorded is on disk before it is anybody's state."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from tui.errors import JournalUnwritable
from tui.execution.live_session import LiveSession
from tui.execution.secrecy.redacted_events import guarded
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.journal.journal import PIECE, Journal
from tui.session.state import SessionState, initial

UNWRITABLE_PAUSE = 1.0


class Recorder(LiveSession):
    """The session that this process writes: its journal and its state; safe to use from any thread."""

    def __init__(
        self, runbook: Runbook, journal: Journal, redact: Callable[[str], str], state: SessionState | None = None
    ) -> None:
        super().__init__(state or initial(runbook), journal.clock)
        self._journal = journal
        self._redact = redact
        self._closing = threading.Event()
        self._told_of_lines: list[Callable[[SessionState], None]] = []

    @property
    def closing(self) -> bool:
        """Whether the session is being closed."""
        return self._closing.is_set()

    def position(self) -> tuple[int, str]:
        """How many lines the journal has now, and the hash of the last.

        Raises:
            JournalUnwritable: what was measured last cannot be put into one.
        """
        with self.lock:
            before = self._journal.count
            place = self._journal.position()
            if place[0] != before:
                self._tell_of_lines(self.state)
            return place

    def pending(self) -> tuple[ev.Entry, ...]:
        """What was measured since the journal's last line: it is on the disk, and in no line yet."""
        return self._journal.samples

    def receipt(self) -> str:
        """COUNT:HEAD of the journal now; kept elsewhere, it shows whether the end is cut off later."""
        try:
            count, head = self.position()
        except JournalUnwritable:
            count, head = self._journal.written
        return f"{count}:{head}"

    def subscribe_to_lines(self, told: Callable[[SessionState], None]) -> None:
        """Tell of each state that is the one after the journal's last line, this one first; not while samples wait.

        Raises:
            JournalUnwritable: what was measured last cannot be put into a line.
        """
        with self.lock:
            self.position()
            self._told_of_lines.append(told)
            told(self.state)

    def _tell_of_lines(self, state: SessionState) -> None:
        for told in self._told_of_lines:
            told(state)

    def record(self, event: ev.AnyEvent) -> None:
        """Make an event durable, fold it in, and tell everybody.

        Raises:
            JournalUnwritable: it is not durable; what it announces must not happen.
        """
        with self.lock:
            self._writable()
            lines, before = self._journal.count, self.state
            entry = self._journal.append(guarded(event, self._redact))
            self.trouble = None
            self.fold_in(entry)
            if not self._journal.pending:
                self._tell_of_lines(self.state)
            elif self._journal.count != lines:
                self._tell_of_lines(before)

    def _record_together(self, events: Sequence[ev.AnyEvent]) -> None:
        """The same for events that follow each other, with one wait for the disk."""
        with self.lock:
            self._writable()
            entries = self._journal.append_together([guarded(event, self._redact) for event in events])
            self.trouble = None
            for entry in entries:
                self.fold_in(entry)
            self._tell_of_lines(self.state)

    def _writable(self) -> None:
        if self._journal.broken:
            self._journal.reopen()

    def record_happened(self, *events: ev.AnyEvent) -> None:
        """Record what has happened already: while the journal cannot be written, wait until it can.

        Several events, in their order, cost one wait for the disk.

        Raises:
            JournalUnwritable: the session was closed meanwhile; on resuming, the outcome is unknown.
        """
        left = list(events)
        while left:
            try:
                self._record_together(left[:PIECE])
                del left[:PIECE]
            except JournalUnwritable as error:
                self.trouble = error
                if self._closing.wait(UNWRITABLE_PAUSE):
                    raise

    def stop_waiting(self) -> None:
        """Wait no longer for a journal that cannot be written: the session is being closed."""
        self._closing.set()

    def close(self) -> None:
        """Let go of the journal."""
        with suppress(JournalUnwritable):
            self.position()
        self._journal.close()
