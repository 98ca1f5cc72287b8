"""Keeps a session's state and its journal one: what is recorded is on disk before it is anybody's state."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from tui.errors import JournalUnwritable, RunbookError
from tui.execution.commands import shown_whole, values_of
from tui.execution.guard import guarded
from tui.runbook.model import Action, Runbook
from tui.session import events as ev
from tui.session.fold import apply
from tui.session.journal import Journal
from tui.session.state import SessionState, initial
from tui.transports.base import Link

Listener = Callable[[ev.Entry, SessionState], None]
"""Told of every event, on the thread that caused it, after it is on disk; must be quick and must not raise."""

UNWRITABLE_PAUSE = 1.0


class Recording:
    """One session being recorded; safe to use from any thread."""

    def __init__(
        self, runbook: Runbook, journal: Journal, redact: Callable[[str], str], state: SessionState | None = None
    ) -> None:
        self.runbook = runbook
        self.state = state or initial(runbook)
        self.trouble: RunbookError | None = None
        self._journal = journal
        self._redact = redact
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._closing = threading.Event()

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` of every event from now on."""
        self._listeners.append(listener)

    def now(self) -> datetime:
        """The time."""
        return self._journal.clock.now()

    def values(self) -> Mapping[str, str]:
        """Every value a template may name."""
        return values_of(self.runbook, self.state.facts, self._journal.clock.now())

    def command(self, action: Action) -> str:
        """The command as it will run, for the eye; unknown values stay visible as {{ name }}."""
        return shown_whole(action, self.values())

    def receipt(self) -> str:
        """COUNT:HEAD of the journal now; kept elsewhere, it shows whether the end is cut off later."""
        count, head = self._journal.position()
        return f"{count}:{head}"

    def record(self, event: ev.AnyEvent) -> None:
        """Make an event durable, fold it in, and tell everybody.

        Raises:
            JournalUnwritable: it is not durable; what it announces must not happen.
        """
        with self._lock:
            if self._journal.broken:
                self._journal.reopen()
            entry = self._journal.append(guarded(event, self._redact))
            self.trouble = None
            self.state = apply(self.state, entry)
            for listener in self._listeners:
                listener(entry, self.state)

    def record_happened(self, event: ev.AnyEvent) -> None:
        """Record what has happened already: while the journal cannot be written, wait until it can.

        Raises:
            JournalUnwritable: the session was closed meanwhile; on resuming, the outcome is unknown.
        """
        while True:
            try:
                return self.record(event)
            except JournalUnwritable as error:
                self.trouble = error
                if self._closing.wait(UNWRITABLE_PAUSE):
                    raise

    def link_changed(self, host: str, link: Link, detail: str) -> None:
        """Record that a connection was lost or is back; how it first came up is in the host's own event."""
        known = self.state.links.get(host, Link.UP.value)
        if self.state.started is None or self.state.finished or link is Link.CONNECTING or link.value == known:
            return
        try:
            self.record(ev.LinkChanged(host=host, link=link.value, detail=detail))
        except JournalUnwritable as error:
            self.trouble = error
