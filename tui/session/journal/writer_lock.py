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
from tui.session.journal.durable import let_go

ASKED = 50
NAMELESS = "by a process that did not leave its name"
PAUSE = 0.01
"""Seconds between two looks at the name of the lock's holder."""


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
            self._take()
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, msgspec.json.encode(_this_process(clock)), 0)
        except SessionHeld:
            let_go(self._fd)
            raise
        except OSError as error:
            let_go(self._fd)
            raise SessionError(f"cannot lock {path}: {error.strerror}", "free space there") from error

    def _take(self) -> None:
        """Take the lock; one who took it at this moment is given the time to write the name, or only looked."""
        for _ in range(ASKED):
            try:
                return fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _read(self._fd)
            if holder is not None and _may_live(holder):
                raise SessionHeld(str(holder))
            time.sleep(PAUSE)
        raise SessionHeld(str(holder or NAMELESS))

    def release(self) -> None:
        """Let the next process write, under its own name."""
        with suppress(OSError):
            os.ftruncate(self._fd, 0)
        let_go(self._fd)


def _this_process(clock: Clock) -> Holder:
    user = login_name() or str(os.getuid())
    return Holder(os.getpid(), platform.node(), user, f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")


def holder_of(path: Path) -> str:
    """Who writes the session of this lock now, in words; empty where nobody does."""
    try:
        fd = os.open(path, os.O_RDWR)
    except OSError:
        return ""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read(fd)
        return str(holder) if holder is not None and _may_live(holder) else NAMELESS
    except OSError:
        return ""
    else:
        return ""
    finally:
        let_go(fd)


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
