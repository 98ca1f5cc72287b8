"""Carries a job's requests over an SSH connection that may be another one each time."""

import time
from collections.abc import Callable
from functools import partial

import paramiko

from tui import threads
from tui.errors import HostError
from tui.transports.base import CancelToken, HostFacts, Stream
from tui.transports.jobs.request import Lost
from tui.transports.shell import TICK, Wrapped
from tui.transports.ssh.running import INLINE
from tui.transports.ssh.wire import Connection, Inbox, told_end, took
from tui.transports.turns import Turns

STATUS_PATIENCE = 2.0
URGENT_PATIENCE = 10.0


class SSHChannels:
    """The way to one host; connects again whenever a request needs it."""

    def __init__(
        self,
        connected: Callable[[], tuple[Connection, HostFacts]],
        facts: Callable[[], HostFacts],
        opened: Callable[[Connection, CancelToken], tuple[paramiko.Channel, Inbox]],
        turns: Turns,
        another: Callable[[], Connection],
    ) -> None:
        self._connected = connected
        self._another = another
        self._facts = facts
        self._opened = opened
        self._turns = turns

    def boot_id(self) -> str:
        """Which start of the host the connection meets."""
        return self._facts().boot_id

    def login_shell(self) -> str:
        """The shell that sshd hands a request to."""
        return self._facts().login_shell

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> "SSHExchange":
        """Send a request; see Channels."""
        connection, _ = self._connected()
        if urgent:
            return self._urgent(connection, wrapped)
        if not self._turns.take(cancel):
            raise HostError("no channel was free before it was cancelled", "try again")
        try:
            channel, inbox = self._opened(connection, cancel)
            send(channel, wrapped)
        except BaseException:
            self._turns.give_back(cancel)
            raise
        return SSHExchange(connection, channel, inbox, wrapped.stdin, partial(self._turns.give_back, cancel))

    def _urgent(self, connection: Connection, wrapped: Wrapped) -> "SSHExchange":
        """Beside whatever runs: with MaxSessions used up it takes a connection of its own."""
        try:
            channel, inbox = connection.open_ordered(timeout=URGENT_PATIENCE)
        except (paramiko.SSHException, EOFError, OSError) as error:
            if not connection.is_active():
                raise Lost from error
        else:
            send(channel, wrapped)
            return SSHExchange(connection, channel, inbox, wrapped.stdin, lambda: None)
        connection = self._another()
        try:
            channel, inbox = connection.open_ordered(timeout=URGENT_PATIENCE)
            send(channel, wrapped)
        except (paramiko.SSHException, EOFError, OSError) as error:
            connection.close()
            raise Lost from error
        except Lost:
            connection.close()
            raise
        return SSHExchange(connection, channel, inbox, wrapped.stdin, connection.close)


def send(channel: paramiko.Channel, wrapped: Wrapped) -> None:
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

    def close(self) -> None:
        """Let go of the channel."""
        try:
            self._channel.close()
        finally:
            self._let_go()

    def _feed(self, stdin: bytes) -> None:
        try:
            if stdin:
                self._channel.sendall(stdin)
            self._channel.shutdown_write()
        except OSError:
            pass  # the other side closed it, or the connection is gone: what comes back tells
