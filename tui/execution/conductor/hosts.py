"""Sees that a session's hosts are those that it knows: not another machine, and not restarted unnoticed."""

import threading
from collections.abc import Mapping, Sequence

from tui.errors import HostError, JournalUnwritable, RunbookError, TakenOver
from tui.execution.conductor.planner import Planner
from tui.execution.epochs.holding import Holding
from tui.execution.preflight import connected_event
from tui.execution.recorder import Recorder
from tui.session import events as ev
from tui.session.places import Moved, reached_elsewhere
from tui.transports.base import CancelToken, Detached, LinkState, Transport

AGREED = 0.1
"""Seconds between two looks whether the operator has left, while nobody agrees to another host."""


class Hosts:
    """The hosts of one session; `held` says why nothing may run on them yet, and is empty where it may."""

    def __init__(
        self, recorder: Recorder, transports: Mapping[str, Transport], planner: Planner, holding: Holding
    ) -> None:
        self._held = ""
        self._holding = holding
        self._recorder = recorder
        self._transports = transports
        self._planner = planner
        self._unagreed: tuple[ev.HostConnected, ...] = ()
        self._agreed = threading.Event()

    @property
    def held(self) -> str:
        """Why nothing may run; empty where it may."""
        lost = self._holding.lost
        return lost.message if lost is not None else self._held

    @property
    def lost(self) -> str:
        """What to do where another person has the session by now; empty where nobody has."""
        lost = self._holding.lost
        return lost.hint if lost is not None else ""

    def hold(self, why: str) -> None:
        """Let nothing run until it is known where the hosts are."""
        self._held = why

    def reached(self, events: Sequence[ev.HostConnected], elsewhere: Sequence[Moved]) -> None:
        """Record where hosts were reached, and continue; where one leads elsewhere, hold until that is agreed."""
        with self._recorder.lock:
            if elsewhere:
                self._unagreed = tuple(events)
                self._held = "; ".join(f"{one.host} is another machine or user than before" for one in elsewhere)
                return
            for event in events:
                self._recorder.record(event)
            self._held = ""
        self._agreed.set()

    def agree(self) -> None:
        """Continue where the hosts are now; it is recorded."""
        events, self._unagreed = self._unagreed, ()
        self.reached(events, ())

    def is_elsewhere(self, host: str) -> bool:
        """Whether a host is another machine or user than the one that the journal names; then nothing runs any more."""
        state = self._recorder.state
        known = state.hosts.get(host)
        if known is None or state.drill or state.finished:
            return False
        try:
            answered = connected_event(host, self._transports[host].connect())
        except RunbookError:
            return False  # whatever is asked of it says so
        with self._recorder.lock:  # meanwhile somebody may have agreed to where it is now
            found = reached_elsewhere(self._recorder.state.hosts.get(host, known), answered)
            if found is not None and not self.held:
                self._held = f"{found}; leave the session and take it up again to decide"
        return found is not None

    def await_same(self, host: str, cancel: CancelToken) -> None:
        """Wait where a host is another machine than the one a command was left on, until that is agreed.

        Raises:
            Detached: it was not; the command is where it was left.
        """
        if not self.is_elsewhere(host):
            return
        while not self._agreed.wait(AGREED):
            if cancel.cancelled or cancel.left:
                raise Detached

    def meet_again(self, *hosts: str) -> None:
        """See whether hosts were restarted since they were last reached; what that makes wrong is reopened."""
        for host in hosts:
            state = self._recorder.state
            known = state.hosts.get(host)
            if known is None or not known.boot_id or state.finished or self.is_elsewhere(host):
                continue
            try:
                facts = self._transports[host].connect()
            except RunbookError:
                continue  # it is met when it can be reached
            if facts.boot_id and facts.boot_id != known.boot_id:
                self._recorder.record_happened(connected_event(host, facts))
                with self._recorder.lock:
                    self._planner.replan()

    def link_changed(self, host: str, link: LinkState, detail: str) -> None:
        """Record that a connection was lost or is back; how it first came up is in the host's own event."""
        state = self._recorder.state
        known = state.links.get(host, LinkState.UP.value)
        if state.started is None or state.finished or link is LinkState.CONNECTING or link.value == known:
            return
        try:
            self._recorder.record(ev.LinkChanged(host=host, link=link.value, detail=detail))
        except JournalUnwritable as error:
            self._recorder.trouble = error

    def clear(self, cancel: CancelToken) -> None:
        """Remove what durable commands left on the hosts that can be reached now."""
        state = self._recorder.state
        session = state.started.session if state.started else ""
        connections = {
            self._transports[attempt.host]: attempt.host for attempt in state.attempts.values() if attempt.durable
        }
        for transport, host in connections.items():
            if cancel.left:
                return
            try:
                left = transport.clear(session, self._holding.fence)
                self._recorder.record(ev.JobsCleared(host=host, left=left))
            except TakenOver as error:
                self._holding.lose(error)
                self._recorder.record(ev.JobsCleared(host=host, problem=error.message))
                return
            except HostError as error:
                self._recorder.record(ev.JobsCleared(host=host, problem=error.message))
