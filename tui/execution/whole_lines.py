"""Passes a command's two outputs on line by line, so that a line of one is not cut in two by the other."""

import threading
from collections.abc import Callable
from typing import Protocol

from tui import threads
from tui.transports.base import Stream

PATIENCE = 0.5
"""Seconds that the rest of a line is waited for: then it is shown as it is (a prompt, the dots of a test run)."""
MOST = 64 << 10
"""Bytes of a line that are waited for."""
LARGE = 64 << 10
"""Pieces from this size on are passed on as they came: a copy of each cost a tenth of the time of much output."""

Keeper = Callable[[Stream, bytes | memoryview], None]
"""Gets what is passed on; a view is of bytes that do not change."""


class Timer(Protocol):
    """What calls back after a while, as threading.Timer does."""

    def start(self) -> None:
        """Begin to wait."""

    def cancel(self) -> None:
        """Do not call back."""


def timer(seconds: float, call: Callable[[], None]) -> Timer:
    """A timer that does not keep the program from ending."""
    return threads.timer("rest of a line", seconds, call)


class WholeLines:
    """A sink before another one; that one is called from one thread at a time, in the order of each stream."""

    def __init__(self, sink: Keeper, later: Callable[[float, Callable[[], None]], Timer] = timer) -> None:
        self._sink = sink
        self._later = later
        self._held = dict.fromkeys(Stream, b"")
        self._cut: Stream | None = None
        """Whose line was passed on without its end."""
        self._timer: Timer | None = None
        self._old = False
        self._over = False
        self._lock = threading.Lock()

    def __call__(self, stream: Stream, data: bytes) -> None:
        """Take what came; pass on what are whole lines by now."""
        with self._lock:
            if len(data) >= LARGE and self._cut in (None, stream):
                data = self._pass_lines(stream, data)
            self._held[stream] += data
            self._pass_on(stream)
            if self._cut is None:
                self._pass_on(Stream.ERR if stream is Stream.OUT else Stream.OUT)
            self._old = False
            self._wait()

    def finish(self) -> None:
        """Pass on all there is: nothing more will come."""
        with self._lock:
            self._stop()
            self._flush()

    def drop(self) -> None:
        """Forget what was not passed on: it is fetched again."""
        with self._lock:
            self._stop()

    def _pass_lines(self, stream: Stream, data: bytes) -> bytes:
        """Pass on the lines of much that came, behind what is held; returns the rest, the beginning of a line."""
        end = data.rfind(b"\n") + 1
        if not end:
            return data
        held, self._held[stream] = self._held[stream], b""
        if held:
            self._sink(stream, held)
        self._sink(stream, memoryview(data)[:end])
        self._cut = None
        return data[end:]

    def _pass_on(self, stream: Stream) -> None:
        held = self._held[stream]
        if self._cut not in (None, stream) and len(held) <= MOST:
            return
        end = held.rfind(b"\n") + 1
        if len(held) - end > MOST:
            end = len(held)
        if end:
            self._held[stream] = held[end:]
            self._sink(stream, held[:end])
            if self._cut in (None, stream):
                self._cut = None if held[end - 1 : end] == b"\n" else stream

    def _wait(self) -> None:
        if self._timer is None and not self._over and any(self._held.values()):
            self._timer = self._later(PATIENCE, self._late)
            self._timer.start()

    def _late(self) -> None:
        with self._lock:
            self._timer = None
            if self._over:
                return
            if self._old:
                self._flush()
            self._old = True
            self._wait()

    def _stop(self) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        """Pass on everything: first the rest of a line that was begun, and last a line that has no end yet."""
        order = sorted(Stream, key=lambda one: (one is not self._cut, not self._held[one].endswith(b"\n")))
        for stream in order:
            held, self._held[stream] = self._held[stream], b""
            if held:
                self._sink(stream, held)
                self._cut = None if held.endswith(b"\n") else stream
