"""A program on this machine that has a terminal of its own."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
from contextlib import suppress

from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Command
from tui.transports.jobs.job import signal_name
from tui.transports.terminals.joining import terminal_request

TAKE_IT = 'exec 3<>"$0"; exec 3>&-; eval "$1"'
"""A session's leader that opens a terminal has it as its own: ctrl+c then reaches what it starts."""
PATIENCE = 2.0


class LocalTerminal:
    """One program and the terminal that it is in."""

    def __init__(self, command: Command, term: str, size: tuple[int, int]) -> None:
        self._ours, theirs = os.openpty()
        self.resize(*size)
        try:
            self._process = subprocess.Popen(
                ["sh", "-c", TAKE_IT, os.ttyname(theirs), terminal_request(command)],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env={**os.environ, "TERM": term},
                start_new_session=True,
            )
        except OSError:
            os.close(self._ours)
            raise
        finally:
            os.close(theirs)

    def send(self, data: bytes) -> None:
        """Type."""
        with suppress(OSError):  # it has ended
            while data:
                data = data[os.write(self._ours, data) :]

    def take(self, wait: float) -> list[bytes] | None:
        """What it draws; see FarTerminal."""
        if not select.select([self._ours], [], [], wait)[0]:
            return None if self._process.poll() is not None else []
        try:
            data = os.read(self._ours, 1 << 16)
        except OSError:  # Linux says EIO when the other side is gone
            data = b""
        return [data] if data else None

    def resize(self, columns: int, lines: int) -> None:
        """Tell it how large the terminal is now."""
        with suppress(OSError):
            fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def outcome(self) -> Outcome:
        """How it ended."""
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return Outcome(OutcomeKind.UNKNOWN, detail="it let go of its terminal and is still running")
        return Outcome(OutcomeKind.SIGNALLED, signal=signal_name(-status)) if status < 0 else Outcome.exited(status)

    def close(self) -> None:
        """Hang up, as a terminal that is closed does."""
        with suppress(OSError):
            os.close(self._ours)
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGHUP)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
