"""Keeps what came on a channel until it is taken, and has many channels together switch threads as often as one."""

import threading
import time
from collections import deque

from tui.transports.base import Stream
from tui.transports.ssh.received.turn import STREAMS, Turn

GATHER = 0.001
MOST_GATHER = 0.05

FEW, PACKET = 4, 1 << 15
"""Pieces, and bytes of several, up to which what came at once is not much: the first words of a command are two."""


class Inbox:
    """What came on a channel, both streams in the order they arrived."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[Stream, bytes | memoryview]] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._streaming = False
        self._turn = Turn()

    def put(self, stream: Stream, data: bytes | memoryview) -> None:
        """Keep a chunk; called by paramiko's thread."""
        with self._news:
            self._chunks.append((stream, data))
            if len(self._chunks) == 1:
                self._news.notify()

    def close(self) -> None:
        """Nothing more will come."""
        with self._news:
            self._closed = True
            self._news.notify()

    def take(self, timeout: float) -> list[tuple[Stream, bytes]] | None:
        """What has come, neighbours of one stream joined; an empty list after `timeout`, None at the end.

        While much comes at once it is taken in larger pieces: a switch of threads for each packet halves the rate.
        """
        self._turn.give()
        if self._streaming:  # with many hosts, all of them together switch as often as one does
            time.sleep(min(MOST_GATHER, GATHER * max(1, STREAMS.count)))
        with self._news:
            if not self._chunks and not self._closed:
                self._news.wait(timeout)
            chunks, closed = list(self._chunks), self._closed
            self._chunks.clear()
        much = len(chunks) > FEW or (len(chunks) > 1 and sum(len(data) for _, data in chunks) >= PACKET)
        self._streams(much)
        if much:
            self._turn.take()
        return _joined(chunks) if chunks or not closed else None

    def let_go(self) -> None:
        """Nobody takes anything more."""
        self._turn.give()
        self._streams(False)

    def _streams(self, streaming: bool) -> None:
        if streaming is not self._streaming:
            self._streaming = streaming
            STREAMS.add(1 if streaming else -1)


def _joined(chunks: list[tuple[Stream, bytes | memoryview]]) -> list[tuple[Stream, bytes]]:
    runs: list[tuple[Stream, list[bytes | memoryview]]] = []
    for stream, data in chunks:
        if runs and runs[-1][0] is stream:
            runs[-1][1].append(data)
        else:
            runs.append((stream, [data]))
    return [(stream, b"".join(parts)) for stream, parts in runs]
