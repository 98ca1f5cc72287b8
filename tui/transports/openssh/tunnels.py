"""Tunnels to what only a host can reach, as `ssh -W` makes them, over the connection that there is anyway."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from tui import threads
from tui.transports.base import Address, DialFailed, Undialled
from tui.transports.openssh.master import Master
from tui.transports.openssh.mux import PATIENCE, Control, MuxRefused
from tui.transports.sockets import is_gone, pump, undialled

TOLD = 2.0
"""Seconds in which ssh says what it does with a tunnel that was asked for."""
PROHIBITED = "administratively prohibited"

_numbers = count(1)


def dial_through(master: Master, address: Address, timeout: float) -> socket.socket:
    """A socket that leads to an address, from the host at the other end.

    Raises:
        DialFailed: there is none.
        EOFError, OSError: the connection is lost.
    """
    sock = _to_path(master, address.path, timeout) if address.path else _to_port(master, address, timeout)
    sock.settimeout(timeout)
    return sock


def _to_port(master: Master, address: Address, timeout: float) -> socket.socket:
    control = master.control()
    there, going = os.pipe()
    coming, back = os.pipe()
    tunnel = 0
    try:
        with master.dialling:
            tunnel = master.ears.tunnels() + 1
            control.tunnel(address.host, address.port, (there, back))
            master.ears.is_begun(tunnel, TOLD)
        control.answer(timeout)
    except (MuxRefused, EOFError, OSError) as error:
        os.close(going)
        os.close(coming)
        control.abandon()
        if isinstance(error, TimeoutError):
            raise DialFailed(Undialled.SILENT) from error
        if isinstance(error, MuxRefused):
            raise _failed(master.ears.refusal(tunnel, TOLD) or str(error)) from error
        raise
    finally:
        os.close(there)
        os.close(back)
    master.ears.forget(tunnel)
    return _relayed(control, going, coming)


def _relayed(control: Control, going: int, coming: int) -> socket.socket:
    """A real socket whose other end is relayed through two pipes, until both directions end or ours is closed."""
    ours, theirs = socket.socketpair()

    def there() -> None:
        pump(theirs.recv, _writer(going))
        os.close(going)
        if is_gone(theirs):
            control.close()

    def back() -> None:
        pump(lambda size: os.read(coming, size), theirs.sendall)
        os.close(coming)
        with suppress(OSError):
            theirs.shutdown(socket.SHUT_WR)
        forth.join()
        control.close()
        theirs.close()

    forth = threads.start("tunnel to the host", there)
    threads.start("tunnel from the host", back)
    return ours


def _writer(file: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(file, left) :]

    return write


def _to_path(master: Master, path: str, timeout: float) -> socket.socket:
    """By a socket in our own folder, for as long as it takes to connect: `ssh -W` takes no path before OpenSSH 9.4."""
    here = master.place.forward(next(_numbers))
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout)
    try:
        with master.dialling:
            tunnel = master.ears.tunnels() + 1
            _forward(master, here, path)
            sock.connect(str(here))
            master.ears.is_begun(tunnel, TOLD)
        refusal = master.ears.refusal(tunnel, timeout)
        _forward(master, here, path, end=True)
    except MuxRefused as error:
        sock.close()
        raise DialFailed(Undialled.OTHER, str(error)) from error
    except BaseException:
        sock.close()
        raise
    finally:
        here.unlink(missing_ok=True)
    if refusal is None or refusal:
        sock.close()
        raise _failed(refusal) if refusal else DialFailed(Undialled.SILENT)
    return sock


def _forward(master: Master, here: "os.PathLike[str]", path: str, end: bool = False) -> None:
    control = master.control()
    try:
        control.forward(os.fspath(here), path, end)
        control.answer(PATIENCE)
    finally:
        control.abandon()


def _failed(refusal: str) -> DialFailed:
    reason, _, words = refusal.partition(": ")
    return DialFailed(Undialled.FORBIDDEN if reason == PROHIBITED else undialled(words), words)
