"""Sockets of this machine: to an address, and from a port of the loopback interface to wherever a dial leads."""

import errno
import resource
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tui import threads
from tui.errors import RunbookError
from tui.transports.base import Address, DialFailed, Undialled

LOOPBACK = "127.0.0.1"
AT_ONCE = 8
"""Connections that one forward relays at a time; the next one waits for its turn."""
CHUNK = 1 << 16
_ERRORS = {
    errno.ECONNREFUSED: Undialled.REFUSED,
    errno.ETIMEDOUT: Undialled.SILENT,
    errno.ENOENT: Undialled.ABSENT,
    errno.EACCES: Undialled.DENIED,
    errno.EPERM: Undialled.DENIED,
}

_REMOTE = {
    "connection refused": Undialled.REFUSED,
    "name or service not known": Undialled.NAME,
    "no address associated with hostname": Undialled.NAME,
    "temporary failure in name resolution": Undialled.NAME,
    "connection timed out": Undialled.SILENT,
}
"""What sshd says of an address it cannot reach: the words of its C library, wherever it runs."""

FILES = 4
"""Open files that a host takes at most: its connection, and what a command has open."""
SPARE = 256

Dial = Callable[[], socket.socket]


def room_for(hosts: int) -> None:
    """Let this program, and what it starts, have as many files open as the connections to these hosts take.

    What the system allows at most is not exceeded; where that is too little, a host says that it is not reached.
    """
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hosts * FILES + SPARE
    if least != resource.RLIM_INFINITY and least < wanted:
        enough = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))


def dial_here(address: Address, timeout: float) -> socket.socket:
    """A socket of this machine, connected to an address.

    Raises:
        DialFailed: there is none.
    """
    try:
        if not address.path:
            return socket.create_connection((address.host, address.port), timeout)
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.settimeout(timeout)
            sock.connect(address.path)
        except OSError:
            sock.close()
            raise
        return sock
    except (socket.gaierror, UnicodeError) as error:
        raise DialFailed(Undialled.NAME, str(error)) from error
    except TimeoutError as error:
        raise DialFailed(Undialled.SILENT) from error
    except OSError as error:
        raise DialFailed(_ERRORS.get(error.errno or 0, Undialled.OTHER), error.strerror or str(error)) from error


@contextmanager
def forwarded(dial: Dial) -> Iterator[tuple[str, int]]:
    """A port of the loopback interface that leads where `dial` does, for as long as the block lasts.

    The first connection is made before anybody connects, so that a failure has words instead of a reset connection.

    Raises:
        DialFailed: it does not lead anywhere.
    """
    forward = _Forward(dial, lambda: socket.create_server((LOOPBACK, 0), backlog=AT_ONCE))
    try:
        host, port = forward.address[:2]
        yield host, port
    finally:
        forward.close()


@contextmanager
def forwarded_at(dial: Dial, path: Path) -> Iterator[None]:
    """A UNIX socket at a path that leads where `dial` does; else as `forwarded`.

    Nobody else comes through it where the path is in a folder that only this user enters.

    Raises:
        DialFailed: it does not lead anywhere.
    """

    def listening() -> socket.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(AT_ONCE)
        return listener

    forward = _Forward(dial, listening)
    try:
        yield
    finally:
        forward.close()


class _Forward:
    """A listener, and the connections it relays."""

    def __init__(self, dial: Dial, listening: Callable[[], socket.socket]) -> None:
        self._dial = dial
        self._ready: list[socket.socket] = [dial()]
        self._open: list[socket.socket] = list(self._ready)
        self._turns = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._closed = False
        self._listener = listening()
        self.address: Any = self._listener.getsockname()
        threads.start("forward", self._serve)

    def close(self) -> None:
        """End the listener and every connection it relays."""
        with self._lock:
            self._closed = True
            for sock in self._open:
                shut(sock)
        shut(self._listener)
        self._listener.close()
        self._turns.release()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                self._turns.acquire()
                accepted, _ = self._listener.accept()
                threads.start("forward one", self._carry, accepted)

    def _carry(self, accepted: socket.socket) -> None:
        try:
            # A later dial that fails closes the connection: the library that made it sees that as it would any loss.
            with accepted, suppress(DialFailed, RunbookError, OSError), self._dialled() as far:
                self._kept(accepted, far)
                far.settimeout(None)
                back = threads.start("forward back", _carry, far, accepted)
                _carry(accepted, far)
                back.join()
        finally:
            self._turns.release()

    def _dialled(self) -> socket.socket:
        with self._lock:
            if self._ready:
                return self._ready.pop()
        return self._dial()

    def _kept(self, *socks: socket.socket) -> None:
        with self._lock:
            self._open.extend(socks)
            if self._closed:
                for sock in socks:
                    shut(sock)


def _carry(source: socket.socket, sink: socket.socket) -> None:
    pump(source.recv, sink.sendall)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def pump(receive: Callable[[int], bytes], send: Callable[[bytes], object]) -> None:
    """Carry bytes until there are no more, or one side is gone."""
    with suppress(OSError):
        while data := receive(CHUNK):
            send(data)


def undialled(words: str) -> Undialled:
    """Why sshd cannot reach an address, by its words."""
    return _REMOTE.get(words.lower(), Undialled.OTHER)


def is_gone(sock: socket.socket) -> bool:
    """Whether the other end of a pair was closed, and not only its writing half; TCP does not tell."""
    poll = select.poll()
    with suppress(OSError, ValueError):
        poll.register(sock, 0)
        return any(events & select.POLLHUP for _, events in poll.poll(0))
    return True


def shut(sock: socket.socket) -> None:
    """End a socket under a thread that reads it, which closing alone does not do."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
