"""A session as far as it is known in this process: its state now, and who is told of every event."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from tui.errors import RunbookError
from tui.execution.commands import values_of
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.clock import Clock
from tui.session.folding.fold import apply
from tui.session.state import SessionState

Listener = Callable[[ev.Entry, SessionState], None]
"""Told of every event, on the thread that caused it, after it is on disk; must be quick and must not raise."""


class LiveSession:
    """The state of one session as it changes; a thread that changes it holds `lock`.

    `trouble` is what keeps it from being carried on or followed; None where nothing does.
    """

    def __init__(self, state: SessionState, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self.trouble: RunbookError | None = None
        self.lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._ahead: tuple[ev.Entry, ...] = ()
        self._after_line = state

    @property
    def runbook(self) -> Runbook:
        """The session's runbook, with what is known by now in its titles."""
        return self.state.runbook

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` of every event from now on."""
        self._listeners.append(listener)

    def fold_in(self, entry: ev.Entry) -> None:
        """Fold in an event that is on disk, and tell everybody."""
        with self.lock:
            self.state = apply(self.state, entry)
            for listener in self._listeners:
                listener(entry, self.state)

    def fold_in_ahead(self, samples: tuple[ev.Entry, ...]) -> None:
        """Fold in what was measured after the journal's last line and is in no line yet: all of it, each time."""
        with self.lock:
            known = len(self._ahead)
            if not known:
                self._after_line = self.state
            if samples[:known] == self._ahead:
                for entry in samples[known:]:
                    self.fold_in(entry)
                self._ahead = samples

    def fold_in_line(self, entries: tuple[ev.Entry, ...]) -> None:
        """Fold in a line of the journal, but for those of its samples that were folded in ahead of it."""
        with self.lock:
            ahead, self._ahead = self._ahead, ()
            if entries[: len(ahead)] != ahead:  # they never came to be in a line: another writer continued
                self.state, ahead = self._after_line, ()
            for entry in entries[len(ahead) :]:
                self.fold_in(entry)

    def now(self) -> datetime:
        """The time."""
        return self.clock.now()

    def values(self) -> Mapping[str, str]:
        """Every value a template may name."""
        return values_of(self.runbook, self.state.facts, self.now())
