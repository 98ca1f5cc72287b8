"""A program on a host that has a terminal of its own there, over the connection that there is."""

from collections.abc import Callable
from contextlib import suppress

import paramiko

from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import TerminalEnd
from tui.transports.by_turns import NoChannel
from tui.transports.jobs.request import Lost
from tui.transports.ssh.received.inbox import Inbox
from tui.transports.ssh.wire import Connection, took
from tui.transports.terminals.joining import TICK

REFUSED = "the host gives no terminal"
PATIENCE = 60.0


def open_terminal(connection: Connection, request: str, end: TerminalEnd, let_go: Callable[[], None]) -> "SSHTerminal":
    """Send a request on a channel that has a terminal.

    Raises:
        NoChannel: there is no channel now.
        HostError: the host gives no terminal; nothing was started.
        Lost: it may have been heard or not.
    """
    try:
        channel, inbox = connection.open_ordered(timeout=PATIENCE)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise NoChannel(str(error)) from error
    try:
        channel.get_pty(end.term, *end.size())
    except (paramiko.SSHException, EOFError, OSError) as error:
        channel.close()
        raise HostError(f"{REFUSED}: {error}", "ask for it to be permitted (PermitTTY), or use another host") from error
    try:
        channel.exec_command(request)
    except (paramiko.SSHException, EOFError, OSError) as error:
        channel.close()
        raise Lost from error
    return SSHTerminal(channel, inbox, let_go)


class SSHTerminal:
    """One channel with a terminal."""

    def __init__(self, channel: paramiko.Channel, inbox: Inbox, let_go: Callable[[], None]) -> None:
        self._channel = channel
        self._inbox = inbox
        self._let_go = let_go

    def send(self, data: bytes) -> None:
        """Type."""
        with suppress(OSError):  # it has ended, or the connection is gone: what comes back tells
            self._channel.sendall(data)

    def take(self, wait: float) -> list[bytes] | None:
        """What it draws; see FarTerminal."""
        chunks = self._inbox.take(wait)
        if chunks is None:
            self._channel.status_event.wait(20 * TICK)
            return None
        for _, data in chunks:
            took(self._channel, len(data))
        return [data for _, data in chunks]

    def resize(self, columns: int, lines: int) -> None:
        """Tell it how large the terminal is now."""
        with suppress(paramiko.SSHException, OSError):  # it has ended
            self._channel.resize_pty(columns, lines)

    def outcome(self) -> Outcome:
        """How it ended."""
        if signal := getattr(self._channel, "exit_signal", ""):
            return Outcome(OutcomeKind.SIGNALLED, signal=signal)
        if self._channel.exit_status >= 0:
            return Outcome.exited(self._channel.exit_status)
        return Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost while the terminal was open")

    def close(self) -> None:
        """Let go of the channel."""
        try:
            self._channel.close()
        finally:
            self._inbox.let_go()
            self._let_go()
