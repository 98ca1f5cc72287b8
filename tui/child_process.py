"""Has copies of this process work on other processors, each of which hands over what it found and ends."""

import fcntl
import gc
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, NoReturn

ROOM = 1 << 20
"""Bytes that a pipe holds before who writes into it waits, where the system gives that much."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether a second processor is there, and this process has no thread that a copy of it would lack."""
    return hasattr(os, "fork") and threading.active_count() == 1 and processors() > 1


class ChildProcess:
    """A copy of this process that does one thing, writes what it found into a pipe, and ends.

    Of what is wrong it says nothing: who finds that not all came does the work again, and says it. A `^C` is for the
    process that it is a copy of, which ends it.
    """

    def __init__(self, work: Callable[[BinaryIO], object]) -> None:
        """Begin it.

        Args:
            work: is called in the copy, with the pipe.

        Raises:
            OSError: there is no room for another process.
        """
        receiving, sending = os.pipe()
        with suppress(OSError, AttributeError):
            fcntl.fcntl(sending, fcntl.F_SETPIPE_SZ, ROOM)
        gc.freeze()  # or its first search for garbage would copy every page of memory
        try:
            self._process = os.fork()
        except OSError:
            os.close(receiving)
            os.close(sending)
            raise
        finally:
            gc.unfreeze()
        if not self._process:
            os.close(receiving)
            _work(work, sending)
        os.close(sending)
        self._status: int | None = None
        self.pipe = open(receiving, "rb")  # noqa: SIM115 (as long as the process itself)

    def ended_well(self) -> bool:
        """Wait until it has ended; returns whether it handed over all that it was to."""
        if self._status is None:
            _, self._status = os.waitpid(self._process, 0)
            self.pipe.close()
        return self._status == 0

    def end(self) -> None:
        """End it, whatever it does."""
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)
            self.ended_well()


def _work(work: Callable[[BinaryIO], object], sending: int) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        gc.disable()  # it ends before there is much
        with open(sending, "wb") as pipe:
            work(pipe)
        status = 0
    finally:
        os._exit(status)  # past everything that ends a program: the terminal and the files are the other process's
