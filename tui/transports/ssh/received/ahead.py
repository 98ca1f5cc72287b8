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
        self._into = getattr(inner, "recv_into", None)
        self._kept = memoryview(bytearray())
        self._begin = self._end = 0
        self._size = LEAST
        self._turn = Turn()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def recv(self, most: int) -> bytes:
        """Up to `most` bytes, of those that came before first; empty at the end. Waits and raises as the inner one."""
        if self._begin == self._end:
            self.more()
        begin, self._begin = self._begin, min(self._begin + most, self._end)
        return bytes(self._kept[begin : self._begin])

    def here(self, count: int) -> memoryview | None:
        """The next `count` bytes, valid until more are waited for; None where they have not come yet."""
        end = self._begin + count
        return self._kept[self._begin : end] if end <= self._end else None

    def skip(self, count: int) -> None:
        """Be done with the next `count` bytes, which are here."""
        self._begin += count

    def more(self) -> bool:
        """Wait until more has come behind what is here; False at the end. Raises as the inner one."""
        self._turn.give()
        self._make_room()
        came = self._received(self._kept[self._end : self._end + self._size])
        self._end += came
        if came >= self._size:
            self._size = min(MOST, 2 * self._size)
        elif came < LEAST:
            self._size = LEAST
        if came >= LEAST:
            self._turn.take()
        return came > 0

    def _make_room(self) -> None:
        """Have room for what is asked for; hundreds of connections on which little comes keep little."""
        left, length = self._end - self._begin, len(self._kept)
        if left + self._size > length or (not left and length > 4 * self._size):
            length = left + (2 * self._size if left else self._size)
            kept = memoryview(bytearray(length))
            kept[:left] = self._kept[self._begin : self._end]
            self._kept = kept
        elif self._end + self._size > length or not left:
            self._kept[:left] = self._kept[self._begin : self._end]
        else:
            return
        self._begin, self._end = 0, left

    def _received(self, room: memoryview) -> int:
        if self._into is not None:
            return int(self._into(room))
        data = self._inner.recv(len(room))  # a channel to a jump host
        room[: len(data)] = data
        return len(data)

    def let_go(self) -> None:
        """Nobody reads any more."""
        self._turn.give()
