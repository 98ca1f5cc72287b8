"""Stands between a client and a server and cuts their connections: at a byte, after a time, or when it is told to."""

import contextlib
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

CHUNK = 64 << 10
TICK = 0.2
PAUSE = 0.001
LINGER_NONE = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    """How a connection ends."""

    RESET = "reset"
    END = "end"
    FREEZE = "freeze"
    """Nothing passes any more, and nobody is told."""
    LATE = "freeze, then deliver"
    """The same; what the client had sent reaches the server when the client has given up."""


class Cut(NamedTuple):
    """After `seconds`, or with `size` once that number of bytes more has gone `up` (to the server) or down."""

    mode: Mode
    seconds: float = 0.0
    size: int | None = None
    up: bool = False


class Pair:
    """One connection: its two sockets, and what is on its way to each."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.waiting = {client: bytearray(), server: bytearray()}
        self.over: set[socket.socket] = set()
        self.frozen: Mode | None = None
        for one in (client, server):
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def other(self, one: socket.socket) -> socket.socket:
        """The socket at the far end of this one."""
        return self.server if one is self.client else self.client

    def flush(self, to: socket.socket) -> None:
        """Send what waits, as far as it goes; raises OSError where the other side is gone."""
        while self.waiting[to]:
            try:
                sent = to.send(self.waiting[to])
            except BlockingIOError:
                return
            del self.waiting[to][:sent]
        if self.other(to) in self.over and not self.frozen:
            to.shutdown(socket.SHUT_WR)

    def close(self, reset: bool = False) -> None:
        """End both halves."""
        for one in (self.client, self.server):
            if reset:
                with contextlib.suppress(OSError):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            one.close()


class Cutter:
    """A port on loopback that leads to `port`; `on_cut` is told of each cut that met an open connection.

    With `piece`, up to that number of bytes go to the client at once, so that it can be cut between two words.
    """

    def __init__(self, port: int, on_cut: Callable[[Cut], None] = lambda cut: None) -> None:
        self._target = port
        self.on_cut = on_cut
        self.piece = 0
        self.shut = False
        """Whether new connections are refused."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[Pair] = []
        self._armed: tuple[Cut, float] | None = None
        self._left = 0
        self._asked: queue.SimpleQueue[tuple[Cut | None, threading.Event]] = queue.SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="cutter", daemon=True)
        self._thread.start()

    def arm(self, cut: Cut | None) -> None:
        """Make this the next cut, or none; a cut that is due is made before this returns."""
        done = threading.Event()
        self._asked.put((cut, done))
        self._wake.send(b"x")
        assert done.wait(), "the cutter is stuck"

    def close(self) -> None:
        """End it and every connection."""
        self._closed = True
        self._wake.send(b"x")
        self._thread.join()
        for pair in self._pairs:
            pair.close(reset=True)
        for one in (self._listener, self._wake, self._woken):
            one.close()

    def _run(self) -> None:
        while not self._closed:
            self._take_orders()
            self._due()
            reading = [self._listener, self._woken]
            writing: list[socket.socket] = []
            for pair in self._pairs:
                for one in (pair.client, pair.server):
                    if one not in pair.over and len(pair.waiting[pair.other(one)]) < CHUNK * 4:
                        reading.append(one)
                    if pair.waiting[one] and not pair.frozen:
                        writing.append(one)
            wait = TICK if self._armed is None else max(0.0, min(TICK, self._armed[1] - time.monotonic()))
            ready, able, _ = select.select(reading, writing, [], wait)
            if self._woken in ready:
                self._woken.recv(CHUNK)
            if self._listener in ready:
                self._accept()
            for pair in list(self._pairs):
                self._pass(pair, ready, able)
            if self.piece and ready:
                time.sleep(PAUSE)

    def _take_orders(self) -> None:
        while not self._asked.empty():
            cut, done = self._asked.get()
            self._armed = (cut, time.monotonic() + cut.seconds) if cut else None
            self._left = cut.size if cut and cut.size is not None else -1
            self._due()
            done.set()

    def _due(self) -> None:
        if self._armed and self._left < 0 and time.monotonic() >= self._armed[1] or self._left == 0:
            self._cut()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self.shut:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            client.close()
            return
        try:
            self._pairs.append(Pair(client, socket.create_connection(("127.0.0.1", self._target))))
        except OSError:
            client.close()

    def _pass(self, pair: Pair, ready: list[socket.socket], able: list[socket.socket]) -> None:
        try:
            for one in (pair.client, pair.server):
                if pair not in self._pairs:
                    return
                if one in ready:
                    self._read(pair, one)
                if pair in self._pairs and pair.other(one) in able and not pair.frozen:
                    pair.flush(pair.other(one))
        except OSError:
            self._drop(pair, reset=True)
            return
        if pair in self._pairs and len(pair.over) == 2 and not any(pair.waiting.values()):
            self._drop(pair)

    def _read(self, pair: Pair, one: socket.socket) -> None:
        try:
            data = one.recv(self.piece if self.piece and one is pair.server else CHUNK)
        except BlockingIOError:
            return
        if pair.frozen:
            self._read_frozen(pair, one, data)
            return
        if not data:
            pair.over.add(one)
            pair.flush(pair.other(one))
            return
        counted = self._armed is not None and self._left >= 0 and self._armed[0].up == (one is pair.client)
        now = data[: self._left] if counted else data
        pair.waiting[pair.other(one)] += now
        pair.flush(pair.other(one))
        if counted:
            self._left -= len(now)
            if self._left == 0:
                self._cut()
                if pair.frozen:
                    pair.waiting[pair.other(one)] += data[len(now) :]

    def _read_frozen(self, pair: Pair, one: socket.socket, data: bytes) -> None:
        pair.waiting[pair.other(one)] += data
        if data:
            return
        if pair.frozen is Mode.LATE and one is pair.client:
            pair.frozen = None
            pair.over.add(one)
            pair.flush(pair.server)
        else:
            self._drop(pair, reset=True)

    def _cut(self) -> None:
        """Make the armed cut on every connection that works; where there is none, keep it for the next one."""
        alive = [pair for pair in self._pairs if not pair.frozen and not pair.over]
        if not alive or self._armed is None:
            return
        cut = self._armed[0]
        self._armed, self._left = None, -1
        for pair in alive:
            if cut.mode in (Mode.FREEZE, Mode.LATE):
                pair.frozen = cut.mode
            else:
                self._drop(pair, reset=cut.mode is Mode.RESET)
        self.on_cut(cut)

    def _drop(self, pair: Pair, reset: bool = False) -> None:
        if pair in self._pairs:
            self._pairs.remove(pair)
        pair.close(reset)
