"""Streams to what only a host can reach, over the connection to the host that there is anyway."""

import errno
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import paramiko

from tui.errors import RunbookError
from tui.transports.base import Address, DialFailed, Undialled
from tui.transports.wire import ChannelRefused, Connection

LOOPBACK = "127.0.0.1"
AT_ONCE = 8
"""Connections that one forward relays at a time; the next one waits for its turn."""
CHUNK = 1 << 16
PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED of RFC 4254, 5.1."""

_WORDS = {
    "connection refused": Undialled.REFUSED,
    "name or service not known": Undialled.NAME,
    "no address associated with hostname": Undialled.NAME,
    "temporary failure in name resolution": Undialled.NAME,
    "connection timed out": Undialled.SILENT,
}
"""What sshd says of an address it cannot reach: the words of its C library, wherever it runs."""

_ERRORS = {
    errno.ECONNREFUSED: Undialled.REFUSED,
    errno.ETIMEDOUT: Undialled.SILENT,
    errno.ENOENT: Undialled.ABSENT,
    errno.EACCES: Undialled.DENIED,
    errno.EPERM: Undialled.DENIED,
}

Dial = Callable[[], socket.socket]


def dial_here(address: Address, timeout: float) -> socket.socket:
    """A stream from this machine to an address.

    Raises:
        DialFailed: there is none.
    """
    try:
        if not address.path:
            return socket.create_connection((address.host, address.port), timeout)
        stream = socket.socket(socket.AF_UNIX)
        try:
            stream.settimeout(timeout)
            stream.connect(address.path)
        except OSError:
            stream.close()
            raise
        return stream
    except (socket.gaierror, UnicodeError) as error:
        raise DialFailed(Undialled.NAME, str(error)) from error
    except TimeoutError as error:
        raise DialFailed(Undialled.SILENT) from error
    except OSError as error:
        raise DialFailed(_ERRORS.get(error.errno or 0, Undialled.OTHER), error.strerror or str(error)) from error


def dial_through(connection: Connection, address: Address, timeout: float) -> socket.socket:
    """A stream from the host at the other end of a connection to an address.

    It is a real socket, so that any library may poll it, wrap it in TLS or set its timeout: one end of a pair whose
    other end is relayed through a channel.

    Raises:
        DialFailed: there is none.
        EOFError: the connection is lost.
    """
    try:
        channel = connection.open_beyond(*_request(address), timeout)
    except TimeoutError as error:
        raise DialFailed(Undialled.SILENT) from error
    except ChannelRefused as refused:
        raise DialFailed(_why(refused), refused.words) from refused
    ours, theirs = socket.socketpair()
    _relay(theirs, channel)
    ours.settimeout(timeout)
    return ours


@contextmanager
def forwarded(dial: Dial) -> Iterator[tuple[str, int]]:
    """A port of the loopback interface that leads where `dial` does, for as long as the block lasts.

    The first stream is dialled before anybody connects, so that a failure has words instead of a reset connection.

    Raises:
        DialFailed: it does not lead anywhere.
    """
    forward = _Forward(dial)
    try:
        yield forward.address
    finally:
        forward.close()


class _Forward:
    """A listener, and the connections it relays."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial
        self._ready: list[socket.socket] = [dial()]
        self._open: list[socket.socket] = list(self._ready)
        self._turns = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._closed = False
        self._listener = socket.create_server((LOOPBACK, 0), backlog=AT_ONCE)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        threading.Thread(target=self._serve, name="forward", daemon=True).start()

    def close(self) -> None:
        """End the listener and every connection it relays."""
        with self._lock:
            self._closed = True
            for stream in self._open:
                shut(stream)
        shut(self._listener)
        self._listener.close()
        self._turns.release()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                self._turns.acquire()
                accepted, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(accepted,), name="forward one", daemon=True).start()

    def _carry(self, accepted: socket.socket) -> None:
        try:
            # A later dial that fails closes the connection: the library that made it sees that as it would any loss.
            with accepted, suppress(DialFailed, RunbookError, OSError), self._dialled() as far:
                self._kept(accepted, far)
                far.settimeout(None)
                back = threading.Thread(target=_carry, args=(far, accepted), name="forward back", daemon=True)
                back.start()
                _carry(accepted, far)
                back.join()
        finally:
            self._turns.release()

    def _dialled(self) -> socket.socket:
        with self._lock:
            if self._ready:
                return self._ready.pop()
        return self._dial()

    def _kept(self, *streams: socket.socket) -> None:
        with self._lock:
            self._open.extend(streams)
            if self._closed:
                for stream in streams:
                    shut(stream)


def _request(address: Address) -> tuple[str, bytes]:
    """The kind of channel that leads to an address, and the fields of its request."""
    fields = paramiko.Message()
    if address.path:  # PROTOCOL of OpenSSH, 2.4: path, and two fields for later use
        fields.add_string(address.path)
        fields.add_string("")
        fields.add_int(0)
        return "direct-streamlocal@openssh.com", fields.asbytes()
    fields.add_string(address.host)
    fields.add_int(address.port)
    fields.add_string(LOOPBACK)
    fields.add_int(0)
    return "direct-tcpip", fields.asbytes()


def _why(refused: ChannelRefused) -> Undialled:
    if refused.reason == PROHIBITED:
        return Undialled.FORBIDDEN
    return _WORDS.get(refused.words.lower(), Undialled.OTHER)


def _relay(stream: socket.socket, channel: paramiko.Channel) -> None:
    """Carry bytes between a stream and a channel until both directions have ended, or the stream's reader is gone."""

    def there() -> None:
        _pump(stream.recv, channel.sendall)
        with suppress(EOFError, OSError):
            channel.close() if _gone(stream) else channel.shutdown_write()

    def back() -> None:
        _pump(channel.recv, stream.sendall)
        with suppress(OSError):
            stream.shutdown(socket.SHUT_WR)
        forth.join()
        with suppress(EOFError, OSError):
            channel.close()
        stream.close()

    forth = threading.Thread(target=there, name="tunnel to the host", daemon=True)
    forth.start()
    threading.Thread(target=back, name="tunnel from the host", daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    _pump(source.recv, sink.sendall)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _pump(receive: Callable[[int], bytes], send: Callable[[bytes], object]) -> None:
    with suppress(OSError):
        while data := receive(CHUNK):
            send(data)


def _gone(stream: socket.socket) -> bool:
    """Whether the other end was closed, and not only its writing half; a pair tells, TCP does not."""
    poll = select.poll()
    with suppress(OSError, ValueError):
        poll.register(stream, 0)
        return any(events & select.POLLHUP for _, events in poll.poll(0))
    return True


def shut(stream: socket.socket) -> None:
    """End a stream under whoever reads it, which closing alone does not."""
    with suppress(OSError):
        stream.shutdown(socket.SHUT_RDWR)
