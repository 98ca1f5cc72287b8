"""Puts off a transport until it is needed, so that the program shows itself before it has read an SSH library."""

import socket
import threading
from collections.abc import Callable

from tui.session.outcome import Outcome
from tui.transports.base import (
    UNSHARED,
    Address,
    Answering,
    CancelToken,
    Command,
    Fence,
    HostFacts,
    Left,
    LinkListener,
    LinkState,
    OutputSink,
    TerminalEnd,
    Transport,
)


class LaterTransport:
    """Makes its transport on the first call that reaches out; nobody has to know. It is one that is durable."""

    durable = True

    def __init__(self, name: str, make: Callable[[], Transport]) -> None:
        self.name = name
        self._make = make
        self._made: Transport | None = None
        self._listener: LinkListener | None = None
        self._lock = threading.Lock()

    def connect(self) -> HostFacts:
        """Reach the place, once; later calls return the same facts.

        Raises:
            HostError: it cannot be reached, is refused, or is another host than it should be.
        """
        return self._transport().connect()

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command to its end and say how it ended; never raises for what a host does."""
        return self._transport().run(command, sink, cancel)

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run a program in a terminal of its own there; see Transport."""
        return self._transport().terminal(command, end, sink, cancel)

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Follow a durable command that was left, to its end."""
        return self._transport().rejoin(left, sink, cancel)

    def look(self, key: str) -> str:
        """What there is of a durable command at the place.

        Raises:
            HostError: the place cannot be reached.
        """
        return self._transport().look(key)

    def fence(self, session: str, fence: Fence) -> tuple[str, ...]:
        """Have nothing of an earlier epoch begin there; returns the attempts that have begun.

        Raises:
            TakenOver: a later epoch has been there.
            HostError: the place cannot be reached, or cannot keep a fence.
        """
        return self._transport().fence(session, fence)

    def clear(self, session: str, fence: Fence = UNSHARED) -> int:
        """Remove what a session's durable commands left; returns how many still run.

        Raises:
            TakenOver: a later epoch has been there; nothing is removed then.
            HostError: the place cannot be reached.
        """
        return self._transport().clear(session, fence)

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A socket connected from the place to an address; see Transport."""
        return self._transport().dial(address, timeout)

    def answers(self, timeout: float) -> Answering:
        """Whether something answers at the place; see Transport."""
        return self._transport().answers(timeout)

    def link(self) -> LinkState:
        """The state of the connection now."""
        return self._made.link() if self._made else LinkState.DOWN

    def round_trip(self) -> float | None:
        """How many seconds an answer of the place takes; see Transport."""
        return self._made.round_trip() if self._made else None

    def listen(self, listener: LinkListener) -> None:
        """Tell `listener` of every change of the connection from now on; it replaces the one before."""
        with self._lock:
            self._listener = listener
            if self._made is not None:
                self._made.listen(listener)

    def close(self) -> None:
        """Let go of the connection, if there ever was one."""
        if self._made is not None:
            self._made.close()

    def _transport(self) -> Transport:
        with self._lock:
            if self._made is None:
                self._made = self._make()
                if self._listener is not None:
                    self._made.listen(self._listener)
            return self._made
