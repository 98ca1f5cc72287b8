"""One request on a channel of paramiko's: how it is sent, what is received, how it ended."""

import time
from collections.abc import Callable

import paramiko

from tui import threads
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Stream
from tui.transports.by_turns import NoChannel
from tui.transports.jobs.request import Lost
from tui.transports.shell import TICK, Wrapped
from tui.transports.ssh.received.inbox import Inbox
from tui.transports.ssh.wire import Connection, told_end, took

STATUS_PATIENCE = 2.0
INLINE = 16 << 10
"""Bytes of standard input that no server's window is too small for: sending them does not wait."""


def start(connection: Connection, wrapped: Wrapped, patience: float, let_go: Callable[[], None]) -> "SSHExchange":
    """Send a request on a channel of its own; see Start."""
    try:
        channel, inbox = connection.open_ordered(timeout=patience)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise NoChannel(str(error)) from error
    _send(channel, wrapped)
    return SSHExchange(connection, channel, inbox, wrapped.stdin, let_go)


def _send(channel: paramiko.Channel, wrapped: Wrapped) -> None:
    """Ask for the request to be executed.

    Raises:
        Lost: it may have been heard or not.
    """
    try:
        channel.exec_command(wrapped.request)
    except (paramiko.SSHException, EOFError, OSError) as error:
        channel.close()
        raise Lost from error


class SSHExchange:
    """One request on a channel."""

    def __init__(
        self,
        connection: Connection,
        channel: paramiko.Channel,
        inbox: Inbox,
        stdin: bytes,
        let_go: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._inbox = inbox
        self._let_go = let_go
        if len(stdin) <= INLINE:
            self._feed(stdin)
        else:
            threads.start("stdin", self._feed, stdin)

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; see Exchange."""
        chunks = self._inbox.take(wait)
        for _, data in chunks or ():
            took(self._channel, len(data))
        return chunks

    def whole(self) -> bool:
        """Whether the request's own process ended with an exit status, and all of its output came."""
        deadline = time.monotonic() + STATUS_PATIENCE
        while not self._channel.status_event.wait(TICK) and self._connection.is_active():
            if time.monotonic() > deadline:
                break
        return self._channel.exit_status >= 0 and told_end(self._channel)

    def has_ended(self, wait: float) -> bool:
        """Whether there is an exit status, or will be none; see Carried."""
        return self._channel.status_event.wait(wait)

    def all_came(self) -> bool:
        """Whether the other side said that there is no more output; see Carried."""
        return told_end(self._channel)

    def outcome(self) -> Outcome:
        """How it ended; see Carried."""
        signal = getattr(self._channel, "exit_signal", "")
        if signal:
            return Outcome(OutcomeKind.SIGNALLED, signal=signal)
        if self._channel.exit_status >= 0:
            return Outcome.exited(self._channel.exit_status)
        return Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost while the command ran")

    def close(self) -> None:
        """Let go of the channel."""
        try:
            self._channel.close()
        finally:
            self._inbox.let_go()
            self._let_go()

    def _feed(self, stdin: bytes) -> None:
        try:
            if stdin:
                self._channel.sendall(stdin)
            self._channel.shutdown_write()
        except OSError:
            pass  # the other side closed it, or the connection is gone: what comes back tells
