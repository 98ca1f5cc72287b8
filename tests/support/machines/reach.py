"""Ways to a service for tests of probes, direct or through a real sshd, and servers that misbehave."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.support.servers.sshd import Sshd
from tui.execution.measuring.reach import TransportReach
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

WAYS = ("direct", "tunnel")
THROUGH = ("tunnel", "by openssh")
"""Those that go through a host."""


@contextmanager
def way(name: str, sshd: Sshd) -> Iterator[Transport]:
    """A transport by the name of its way."""
    transport: Transport = LocalTransport("here")
    if name != "direct":
        transport = sshd.transport() if name == "tunnel" else sshd.by_openssh()
    try:
        yield transport
    finally:
        transport.close()


@contextmanager
def reaching(transport: Transport, seconds: float = 10.0) -> Iterator[TransportReach]:
    """A probe's reach, and at its end nothing that it opened is left."""
    with TransportReach(transport, seconds) as reach:
        yield reach


@pytest.fixture(scope="module", params=WAYS)
def place(request: pytest.FixtureRequest, sshd: Sshd) -> Iterator[Transport]:
    """Where the services are reached from: this machine, and a host through sshd."""
    with way(request.param, sshd) as transport:
        yield transport


class Misbehaving:
    """Listens on a port of its own: says `greeting` to each that connects, then is silent or closes."""

    def __init__(self, greeting: bytes = b"", closes: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._greeting = greeting
        self._closes = closes
        self._held: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> "Misbehaving":
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stream in self._held:
            stream.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                stream, _ = self._listener.accept()
                stream.sendall(self._greeting)
                if self._closes:
                    stream.close()
                else:
                    self._held.append(stream)
