"""Keeps a session's state and its journal one: what is recorded is on disk before it is anybody's state."""

from tui.errors import JournalUnwritable
from tui.execution.outputs import Outputs
from tui.execution.secrecy.guard import guarded
from tui.execution.viewer import Viewer
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.journal.journal import Journal
from tui.session.state import SessionState, initial
from tui.transports.base import LinkState

UNWRITABLE_PAUSE = 1.0


class Recording(Viewer):
    """One session being recorded; safe to use from any thread."""

    def __init__(self, runbook: Runbook, journal: Journal, outputs: Outputs, state: SessionState | None = None) -> None:
        super().__init__(runbook, state or initial(runbook), outputs, journal.clock)
        self._journal = journal
        self._redact = outputs.redactor.redact

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

    def link_changed(self, host: str, link: LinkState, detail: str) -> None:
        """Record that a connection was lost or is back; how it first came up is in the host's own event."""
        known = self.state.links.get(host, LinkState.UP.value)
        if self.state.started is None or self.state.finished or link is LinkState.CONNECTING or link.value == known:
            return
        try:
            self.record(ev.LinkChanged(host=host, link=link.value, detail=detail))
        except JournalUnwritable as error:
            self.trouble = error
