"""Notices a peer that has frozen: TCP alone may keep a dead connection for a quarter of an hour."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from paramiko import SSHException

from tui import threads
from tui.transports.base import LinkState
from tui.transports.connected import steadied
from tui.transports.ssh.wire import Connection


class Liveness:
    """Asks the other side for a sign of life; without one for `deadline` seconds the connection is given up.

    `round_trip` is how long the answer takes, in seconds; None before the first one.
    """

    def __init__(self, connection: Connection, deadline: float, changed: Callable[[LinkState, str], None]) -> None:
        self._connection = connection
        self._deadline = deadline
        self._changed = changed
        self._stopped = threading.Event()
        self.round_trip: float | None = None
        threads.start("liveness", self._run)

    def stop(self) -> None:
        """Stop watching; the connection is closed on purpose."""
        self._stopped.set()

    def _run(self) -> None:
        pause = self._deadline / 3
        while True:
            if self._connection.ended.wait(pause) or self._stopped.is_set():
                if not self._stopped.is_set():
                    why = self._connection.last_words()
                    self._changed(LinkState.LOST, "the connection was closed" + (f": {why}" if why else ""))
                return
            if not self._alive(pause):
                self._changed(LinkState.STALLED, f"no sign of life for {pause:.0f} s")
                if not self._alive(pause) or not self._connection.is_active():
                    self._changed(LinkState.LOST, f"no sign of life for {2 * pause:.0f} s")
                    self._connection.close()
                    return
                self._changed(LinkState.UP, "")

    def _alive(self, patience: float) -> bool:
        """Whether the other side says anything in time: on a slow line an answer waits behind a command's output."""
        answered = threading.Event()
        asked = time.monotonic()

        def ask() -> None:
            with suppress(EOFError, OSError, SSHException):  # it died as it was asked: no sign of life
                self._connection.global_request("keepalive@openssh.com", wait=True)
                if self._connection.is_active():
                    self.round_trip = steadied(self.round_trip, time.monotonic() - asked)
                    answered.set()

        threads.start("keepalive", ask)
        return answered.wait(patience) or self._stopped.is_set() or self._connection.heard > asked
