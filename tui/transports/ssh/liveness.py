"""Notices a peer that has frozen: TCP alone may keep a dead connection for a quarter of an hour."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from paramiko import SSHException

from tui import threads
from tui.transports.base import LinkState
from tui.transports.connected import steadied
from tui.transports.ssh.wire import Connection

AGAIN = 0.1
"""Seconds between two looks at a connection that is not answering: the first answer is told at once."""

_SCHEDULE = threads.Schedule("liveness")
_SENDERS = threads.Workers("keepalive", 32)
"""Sending waits where the connection is full; one that does holds up no other."""
_TELLERS = threads.Workers("link", 32)
"""What is told may wait, and closing does."""


class Liveness:
    """Asks the other side for a sign of life; without one for `deadline` seconds the connection is given up.

    All connections together take one thread, and a few more for moments.
    """

    def __init__(self, connection: Connection, deadline: float, changed: Callable[[LinkState, str], None]) -> None:
        self._connection = connection
        self._pause = deadline / 3
        self._changed = changed
        self._lock = threading.Lock()
        self._stopped = False
        self._asked = 0.0
        self._sent = False
        self._stalled = False
        self._told: float | None = None
        _SCHEDULE.after(self._pause, self._ask)
        connection.when_ended(partial(_SCHEDULE.give, _TELLERS, self._ended))

    @property
    def round_trip(self) -> float | None:
        """How long the answer takes, in seconds; None before the first one."""
        if (took := self._connection.answered_in) is not None:
            self._told = steadied(self._told, took)
        return self._told

    def stop(self) -> None:
        """Tell nothing any more; the connection is closed on purpose."""
        self._stopped = True

    def _ended(self) -> None:
        if self._over():
            why = self._connection.last_words()
            self._changed(LinkState.LOST, "the connection was closed" + (f": {why}" if why else ""))

    def _over(self) -> bool:
        """Tell nothing any more; whether nobody had said so before."""
        with self._lock:
            before, self._stopped = self._stopped, True
        return not before

    def _ask(self) -> None:
        if self._stopped:
            return
        self._asked, self._sent = time.monotonic(), False
        _SCHEDULE.after(self._pause, self._judge)
        _SCHEDULE.give(_SENDERS, self._send)

    def _send(self) -> None:
        self._sent = True
        if not self._stopped:
            with suppress(SSHException):  # it died as it was asked: no sign of life
                self._connection.ask_for_a_sign()

    def _judge(self) -> None:
        """Whether the other side said anything in time: on a slow line an answer waits behind a command's output."""
        if self._stopped:
            return
        if self._connection.heard > self._asked:
            self._ask()
        elif not self._sent:  # none of the senders was free: nobody was asked
            _SCHEDULE.after(self._pause, self._judge)
        else:
            self._stalled = True
            self._asked = time.monotonic()
            _SCHEDULE.after(min(AGAIN, self._pause / 4), partial(self._judge_stalled, self._asked + self._pause))
            told = partial(self._tell, LinkState.STALLED, f"no sign of life for {self._pause:.0f} s")
            _SCHEDULE.give(_TELLERS, told)
            _SCHEDULE.give(_SENDERS, self._send)

    def _judge_stalled(self, until: float) -> None:
        if self._stopped:
            return
        if self._connection.heard > self._asked:
            self._stalled = False
            _SCHEDULE.give(_TELLERS, partial(self._tell, LinkState.UP, ""))
            self._ask()
        elif time.monotonic() < until:
            _SCHEDULE.after(min(AGAIN, self._pause / 4), partial(self._judge_stalled, until))
        else:
            _SCHEDULE.give(_TELLERS, self._give_up)

    def _tell(self, link: LinkState, why: str) -> None:
        if not self._stopped and self._stalled is (link is LinkState.STALLED):
            self._changed(link, why)

    def _give_up(self) -> None:
        if self._over():
            why = self._connection.given_up = f"no sign of life for {2 * self._pause:.0f} s"
            self._changed(LinkState.LOST, why)
            self._connection.close()
