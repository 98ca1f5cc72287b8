"""Looks after the programs that an SSH configuration names: where `ssh` starts `ssh` without an end, all are ended."""

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tui import threads

MAX_JUMPS = 8
MOST = MAX_JUMPS + 1
"""As many `ssh` stand one below the other where one makes the whole way."""
LOOK = 0.1
"""Seconds between two looks: `ssh` takes some hundredths of one to start itself again."""
FEW = 1000
"""Processes that are looked at."""

DEEP = f"ssh starts ssh again and again, more than {MOST} one below the other"


class Endless(Exception):
    """A program was ended, with all that it had started: `ssh` started `ssh` without an end."""


class Chain:
    """Counts the `ssh` below a program that has a group of its own; too many are ended, and it is said.

    Only the processes tell where an `ssh` goes that is started by a script. Linux says what a process has started;
    elsewhere nothing is counted, and time alone ends it.
    """

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.endless = False
        self._process = process
        self._over = threading.Event()
        threads.start("how deep ssh starts ssh", self._end_loops)

    def over(self) -> None:
        """The other end has answered, or nobody waits for it any more."""
        self._over.set()

    def _end_loops(self) -> None:
        before = False  # an `ssh` that starts a program is two for a moment, until that runs
        while not self._over.wait(LOOK) and self._process.poll() is None:
            before, deep = max(_below(self._process.pid).values(), default=0) > MOST, before
            if before and deep:
                self.endless = True
                _end_all(self._process)
                return


def _below(pid: int) -> dict[int, int]:
    """The processes that this one and its own have started, each with how many `ssh` stand above and with it."""
    found: dict[int, int] = {}
    waiting = [(pid, 0)]
    while waiting and len(found) < FEW:
        one, above = waiting.pop()
        with suppress(OSError, ValueError):  # it has ended meanwhile
            place = Path("/proc") / str(one)
            found[one] = above + ((place / "comm").read_text() == "ssh\n")
            for task in (place / "task").iterdir():
                waiting += [(int(child), found[one]) for child in (task / "children").read_text().split()]
    return found


def _end_all(process: "subprocess.Popen[bytes]") -> None:
    """End a program and all that it has started: they are halted first, so that none starts another one meanwhile."""
    halted: set[int] = set()
    while new := _below(process.pid).keys() - halted:
        halted |= new
        for pid in new:
            _signal(pid, signal.SIGSTOP)
    end(process)
    for pid in halted:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with suppress(OSError):
        os.kill(pid, number)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a program that has a group of its own, with the others in it."""
    with suppress(OSError):  # it has ended
        os.killpg(process.pid, signal.SIGKILL)


def run(command: Sequence[str], timeout: float) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end; what it has started ends with it where it does not end by itself.

    Raises:
        OSError, ValueError: it cannot be started.
        subprocess.TimeoutExpired: it did not end in time.
        Endless: it started `ssh` without an end.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        chain = Chain(process)
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            end(process)
            raise
        finally:
            chain.over()
        if chain.endless:
            raise Endless
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)
