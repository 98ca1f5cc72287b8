"""Makes sure that one process at a time writes a session, and can say who that is."""

import fcntl
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.errors import SessionError, SessionHeld
from tui.people import login_name
from tui.session.clock import Clock
from tui.session.durable import let_go

ASKED = 20
PAUSE = 0.01
"""Seconds between two looks at the name of whoever has the lock."""


class Holder(Struct, frozen=True):
    """Who writes the session; `since` is UTC."""

    pid: int
    host: str
    user: str
    since: str

    def __str__(self) -> str:
        return f"{self.user}, process {self.pid} on {self.host}, since {self.since}"


class WriterLock:
    """Held until `release`, or until the process ends in whatever way."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Take the lock.

        Raises:
            SessionHeld: somebody has it.
            SessionError: the file cannot be written.
        """
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SessionError(f"cannot lock {path}: {error.strerror}", "check the folder's permissions") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, msgspec.json.encode(_this_process(clock)), 0)
        except BlockingIOError as error:
            holder = _holder(self._fd)
            let_go(self._fd)
            raise SessionHeld(holder) from error
        except OSError as error:
            let_go(self._fd)
            raise SessionError(f"cannot lock {path}: {error.strerror}", "free space there") from error

    def release(self) -> None:
        """Let the next process write, under its own name."""
        with suppress(OSError):
            os.ftruncate(self._fd, 0)
        let_go(self._fd)


def _this_process(clock: Clock) -> Holder:
    user = login_name() or str(os.getuid())
    return Holder(os.getpid(), platform.node(), user, f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")


def _holder(fd: int) -> str:
    """Who has the lock, in words; one who took it at this moment is given the time to write the name."""
    for _ in range(ASKED):
        holder = _read(fd)
        if holder is not None and _may_live(holder):
            return str(holder)
        time.sleep(PAUSE)
    return str(holder or "by a process that did not leave its name")


def _read(fd: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=Holder)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _may_live(holder: Holder) -> bool:
    """Whether the process may still be there: the name of one that died stays until the next has written its own."""
    if holder.host != platform.node():
        return True
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
