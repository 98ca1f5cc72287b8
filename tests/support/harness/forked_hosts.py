"""Begins a drill's host as a fork of one process that has imported what it needs: in a process of its own, as ever.

The tests begin about a hundred; an interpreter and its imports are a quarter of a second of processor time each.
`python -m tests.support.harness.forked_hosts FD` forks at each message on that socket, which brings the host's two
pipes. `tests/drill/test_host.py` begins one as the program does.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from tui.drill import embedded_host, server

ROOT = Path(__file__).parents[3]
PATIENCE = 5.0
begun_anew = embedded_host.begun
_asking = threading.Lock()
_begun: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []


class ForkedHost:
    """As much of a process as a drill wants of its host's."""

    def __init__(self, asked: socket.socket) -> None:
        orders, write = os.pipe()
        read, told = os.pipe()
        with _asking:
            socket.send_fds(asked, [b"begin"], [orders, told])
            pid = int(asked.recv(64))
        os.close(orders)
        os.close(told)
        self.stdin: IO[bytes] | None = open(write, "wb")  # noqa: SIM115 - closed by the drill
        self.stdout: IO[bytes] | None = open(read, "rb")  # noqa: SIM115 - closed by the drill
        self._watched = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; how, only the process that forked it knows."""
        if not select.select([self._watched], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("the drill's host", timeout or 0.0)
        os.close(self._watched)
        return 0

    def kill(self) -> None:
        signal.pidfd_send_signal(self._watched, signal.SIGKILL)


def begun() -> ForkedHost:
    """A host's process, which waits for its order."""
    with _asking:
        asked = _forking(os.getpid())
    return ForkedHost(asked)


@cache
def _forking(ours: int) -> socket.socket:
    """The process that forks; one for each process of the tests (`ours`), which ends with it."""
    here, there = socket.socketpair()
    command = [sys.executable, "-P", "-m", "tests.support.harness.forked_hosts", str(there.fileno())]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with there:
        process = subprocess.Popen(
            command,
            env=environment,
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    _begun.append((here, process))
    return here


def ended() -> None:
    """End the process that forks, and count what it and its forks took as ours.

    A host that a test has left ends only with us: nobody waits for it.
    """
    for asked, process in _begun:
        asked.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _begun.clear()


def serve(asked: socket.socket) -> None:
    """Fork for each request until nobody asks any more; each that ended is waited for, so that its time is counted."""
    while True:
        words, pipes, _, _ = socket.recv_fds(asked, 64, 2)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG if words else 0)[0]:
                pass
        if not words:
            return
        child = os.fork()
        if child == 0:
            asked.close()
            os.setsid()
            for place, pipe in enumerate(pipes):
                os.dup2(pipe, place)
                os.close(pipe)
            server.main()
            os._exit(0)
        asked.send(b"%d" % child)
        for pipe in pipes:
            os.close(pipe)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
