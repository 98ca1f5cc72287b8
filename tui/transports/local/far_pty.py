"""A program on this machine that has a terminal of its own."""

import fcntl
import os
import select
import signal
import struct
import termios
import time
from contextlib import suppress

from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Command
from tui.transports.jobs.job import signal_name
from tui.transports.terminals.joining import terminal_request

TAKE_IT = 'exec 3<>"$0"; exec 3>&-; eval "$1"'
"""A session's leader that opens a terminal has it as its own: ctrl+c then reaches what it starts."""
PATIENCE, TICK = 2.0, 0.02


ORDINARY = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGPIPE)
"""What ends or stops a program in a terminal, also where this one was started to ignore it (nohup, `&`)."""


class LocalTerminal:
    """One program and the terminal that it is in."""

    def __init__(self, command: Command, term: str, size: tuple[int, int]) -> None:
        self._ours, theirs = os.openpty()
        self._status: int | None = None
        self.resize(*size)
        try:
            self._process = os.posix_spawnp(
                "sh",
                ["sh", "-c", TAKE_IT, os.ttyname(theirs), terminal_request(command)],
                {**os.environ, "TERM": term},
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs, standard) for standard in (0, 1, 2)],
                setsid=True,
                setsigdef=ORDINARY,
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
            return None if self._ended() else []
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
        if not self._ended(PATIENCE):
            return Outcome(OutcomeKind.UNKNOWN, detail="it let go of its terminal and is still running")
        status = self._status or 0
        return Outcome(OutcomeKind.SIGNALLED, signal=signal_name(-status)) if status < 0 else Outcome.exited(status)

    def close(self) -> None:
        """Hang up, as a terminal that is closed does."""
        with suppress(OSError):
            os.close(self._ours)
        if not self._ended():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process, signal.SIGHUP)
            self._ended(PATIENCE)

    def _ended(self, wait: float = 0.0) -> bool:
        """Whether the program has ended, or does within `wait` seconds."""
        deadline = time.monotonic() + wait
        while self._status is None:
            process, status = os.waitpid(self._process, os.WNOHANG)
            if process:
                self._status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() >= deadline:
                return False
            else:
                time.sleep(TICK)
        return True
