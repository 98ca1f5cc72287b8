"""Carries requests over one connection, each on a channel of its own, as many at a time as the host allows."""

import time
from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from tui.errors import HostError
from tui.transports.base import CancelToken, HostFacts
from tui.transports.jobs.request import Lost
from tui.transports.running import Carried
from tui.transports.shell import Wrapped
from tui.transports.turns import Turns

CHANNEL_PATIENCE = 60.0
URGENT_PATIENCE = 10.0


class Carrier(Protocol):
    """A connection to a host."""

    def is_active(self) -> bool:
        """Whether it is there, as far as is known."""

    def close(self) -> None:
        """End it."""


L = TypeVar("L", bound=Carrier)


Opened = TypeVar("Opened")


class NoChannel(Exception):
    """There is no channel for a request now; nothing was sent."""


Start = Callable[[L, Wrapped, float, Callable[[], None]], Carried]
"""Sends a request on a channel of its own: over which connection, what, for how many seconds it waits for the channel,
and what to call once it is let go of. It raises NoChannel, or Lost where the request may have been sent."""


class ChannelsByTurns(Generic[L]):
    """The way to one host; connects again whenever a request needs it."""

    def __init__(
        self,
        name: str,
        connected: Callable[[], tuple[L, HostFacts]],
        facts: Callable[[], HostFacts],
        start: Start[L],
        another: Callable[[], L],
    ) -> None:
        """Args: another: makes one more connection, which the caller closes."""
        self._name = name
        self._connected = connected
        self._facts = facts
        self._start = start
        self._another = another
        self._turns = Turns()

    def boot_id(self) -> str:
        """Which start of the host the connection meets."""
        return self._facts().boot_id

    def login_shell(self) -> str:
        """The shell that sshd hands a request to."""
        return self._facts().login_shell

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> Carried:
        """Send a request; see Channels."""
        connection, _ = self._connected()
        return self._urgent(connection, wrapped) if urgent else self.begin(connection, wrapped, cancel)

    def begin(self, connection: L, wrapped: Wrapped, cancel: CancelToken, unless_cancelled: bool = False) -> Carried:
        """Send a request over a connection once a channel is free; sshd refuses more than MaxSessions, and frees late.

        Args:
            unless_cancelled: it is not sent where it was cancelled before.

        Raises:
            HostError: nothing was sent.
            Lost: the connection went down; it may have been sent.
        """
        send = partial(self._start, connection, wrapped, CHANNEL_PATIENCE)
        return self.opened(connection, send, cancel, unless_cancelled)

    def opened(
        self,
        connection: L,
        send: Callable[[Callable[[], None]], Opened],
        cancel: CancelToken,
        unless_cancelled: bool = False,
    ) -> Opened:
        """What `send` makes of a channel of its own, given what to call once it is let go of; see `begin`."""
        if not self._turns.take(cancel):
            raise HostError("no channel was free before it was cancelled", "try again")
        let_go = partial(self._turns.give_back, cancel)
        deadline = time.monotonic() + CHANNEL_PATIENCE
        try:
            while not (unless_cancelled and cancel.cancelled):
                try:
                    return send(let_go)
                except NoChannel as refused:
                    if connection.is_active():
                        self._turns.refused(cancel)
                    asked = cancel.wait(0.05)
                    if asked or not connection.is_active() or time.monotonic() > deadline:
                        raise HostError(f"{self._name}: no channel: {refused}") from refused
            raise HostError(f"{self._name}: it was cancelled before it was sent", "try again")
        except BaseException:
            let_go()
            raise

    def _urgent(self, connection: L, wrapped: Wrapped) -> Carried:
        """Beside whatever runs: with MaxSessions used up it takes a connection of its own."""
        try:
            return self._start(connection, wrapped, URGENT_PATIENCE, lambda: None)
        except NoChannel as refused:
            if not connection.is_active():
                raise Lost from refused
        connection = self._another()
        try:
            return self._start(connection, wrapped, URGENT_PATIENCE, connection.close)
        except NoChannel as refused:
            connection.close()
            raise Lost from refused
        except Lost:
            connection.close()
            raise
