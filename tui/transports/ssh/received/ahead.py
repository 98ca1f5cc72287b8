"""Reads more of a connection than the packet at hand: each wait for the network costs every other thread its turn."""

import socket
from typing import Any

import paramiko

from tui.transports.ssh.received.turn import Turn

LEAST = 16 << 10
MOST = 256 << 10
"""Bytes that are asked for at a time: more while all of it is there, since more is to come then."""


class ReadAhead:
    """A connection as paramiko uses it, whose bytes are taken in larger pieces than are asked for."""

    def __init__(self, inner: "socket.socket | paramiko.Channel") -> None:
        self._inner = inner
        self._piece = b""
        self._taken = 0
        self._size = LEAST
        self._turn = Turn()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def recv(self, most: int) -> bytes:
        """Up to `most` bytes, of those that came before first; empty at the end. Waits and raises as the inner one."""
        if not self._piece:
            self._turn.give()
            self._piece, self._taken = self._inner.recv(max(most, self._size)), 0
            self._size = min(MOST, 2 * self._size) if len(self._piece) >= self._size else LEAST
            if len(self._piece) >= LEAST:
                self._turn.take()
        begin, self._taken = self._taken, self._taken + most
        given = self._piece[begin : self._taken]
        if self._taken >= len(self._piece):
            self._piece = b""  # hundreds of connections keep nothing that was read
        return given

    def let_go(self) -> None:
        """Nobody reads any more."""
        self._turn.give()
