"""A program on a host that has a terminal of its own there, over the control socket of an `ssh` that is logged in."""

import fcntl
import os
import select
import signal
import struct
import termios
import tty
from collections.abc import Callable
from contextlib import suppress

from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import TerminalEnd
from tui.transports.by_turns import NoChannel
from tui.transports.jobs.request import Lost
from tui.transports.openssh.exchange import UNNAMED
from tui.transports.openssh.master import Master
from tui.transports.openssh.mux import Control, MuxRefused

PATIENCE = 60.0
STATUS_PATIENCE = 2.0
LATE = 0.2
"""Seconds in which the rest of what was drawn follows the news that the program has ended."""


def open_terminal(master: Master, request: str, end: TerminalEnd, let_go: Callable[[], None]) -> "MuxTerminal":
    """Send a request in a session that has a terminal: ssh gets one end of a terminal of ours, and copies its size.

    Raises:
        NoChannel: there is no session now.
        Lost: it may have been heard or not.
    """
    try:
        control = master.control()
        listener = control.alive()
    except (EOFError, OSError) as error:
        raise NoChannel(str(error)) from error
    ours, theirs = os.openpty()
    sized(ours, *end.size())
    try:
        control.begin(request, master.environment, (theirs, theirs, theirs), end.term)
        control.answer(PATIENCE)
        tty.setraw(theirs)  # ssh has told the host by now how an ordinary terminal is set
    except (MuxRefused, EOFError, OSError, termios.error) as error:
        os.close(ours)
        control.abandon()
        raise (NoChannel(str(error)) if isinstance(error, MuxRefused) else Lost()) from error
    finally:
        os.close(theirs)
    return MuxTerminal(master, control, ours, listener, let_go)


def sized(terminal: int, columns: int, lines: int) -> None:
    """Have a terminal be as large as this."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class MuxTerminal:
    """A session on the control socket that has a terminal."""

    def __init__(
        self, master: Master, control: Control, terminal: int, listener: int, let_go: Callable[[], None]
    ) -> None:
        """Args: listener: the number of the process that has the connection."""
        self._master = master
        self._control = control
        self._terminal = terminal
        self._listener = listener
        self._let_go = let_go

    def send(self, data: bytes) -> None:
        """Type."""
        with suppress(OSError):  # it has ended
            while data:
                data = data[os.write(self._terminal, data) :]

    def take(self, wait: float) -> list[bytes] | None:
        """What it draws; see FarTerminal."""
        if not select.select([self._terminal], [], [], wait)[0]:
            if not self._control.ended(0.0):
                return []
            if not select.select([self._terminal], [], [], LATE)[0]:
                return None
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # Linux says EIO when the other side is gone
            data = b""
        return [data] if data else None

    def resize(self, columns: int, lines: int) -> None:
        """Tell it how large the terminal is now: ssh looks at its size when it gets this signal."""
        with suppress(OSError):
            sized(self._terminal, columns, lines)
            os.kill(self._listener, signal.SIGWINCH)

    def outcome(self) -> Outcome:
        """How it ended."""
        self._control.ended(STATUS_PATIENCE)
        if self._control.exit_status is not None:
            return Outcome.exited(self._control.exit_status)
        if self._master.answers():
            return Outcome(OutcomeKind.SIGNALLED, signal=UNNAMED)
        return Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost while the terminal was open")

    def close(self) -> None:
        """Let go of the session."""
        self._control.close()
        with suppress(OSError):
            os.close(self._terminal)
        self._let_go()
