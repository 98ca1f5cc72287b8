"""Says whose turn it is to open a channel: what a person runs at once, what nobody waits for only where one is left."""

import threading
import time
from collections.abc import Callable

from tui.transports.base import CancelToken, GivingWay
from tui.transports.shell import TICK

CHANNELS = 10
"""Channels of a connection at once: what sshd allows where nobody has set MaxSessions (sshd_config(5))."""

LATE = 0.5
"""Seconds for which a channel that was given back may not be free at the server yet."""

FORGET = 5.0
"""Seconds after which it is tried again whether more channels are to be had: a refusal may have been of the moment."""


class Turns:
    """The channels of one connection. How many the server allows is known from what it refuses."""

    def __init__(self, most: int = CHANNELS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._news = threading.Condition()
        self._taken = 0
        self._waiting = 0
        self._giving_way: list[GivingWay] = []
        self._room = most
        self._learnt = 0.0
        self._freed = float("-inf")

    def take(self, cancel: CancelToken) -> bool:
        """Take a turn; False where it was cancelled first. What gives way does not wait: it has its turn, or none."""
        with self._news:
            if isinstance(cancel, GivingWay):
                return self._take_left_over(cancel)
            if self._taken >= self._allowed():
                self._make_room()
            self._waiting += 1
            try:
                while self._taken >= self._most:
                    if cancel.cancelled:
                        return False
                    self._make_room()
                    self._news.wait(TICK)
                self._taken += 1
                return True
            finally:
                self._waiting -= 1

    def give_back(self, cancel: CancelToken) -> None:
        """End a turn."""
        with self._news:
            self._taken -= 1
            self._freed = self._clock()
            self._giving_way = [one for one in self._giving_way if one is not cancel]
            self._news.notify()

    def refused(self, cancel: CancelToken) -> None:
        """The server opened no channel for who has this turn; what gives way does, or another one does for it."""
        with self._news:
            now = self._clock()
            late = now - self._freed < LATE
            self._room, self._learnt = min(self._most, max(1, self._taken - 1 + late)), now
            if isinstance(cancel, GivingWay):
                cancel.give_way()
            else:
                self._make_room()

    def _take_left_over(self, cancel: GivingWay) -> bool:
        if cancel.cancelled or self._waiting or self._taken >= self._allowed():
            cancel.give_way()
            return False
        self._taken += 1
        self._giving_way.append(cancel)
        return True

    def _make_room(self) -> None:
        """Have what began last give way, unless something does so already."""
        if not any(one.gave_way for one in self._giving_way) and self._giving_way:
            self._giving_way[-1].give_way()

    def _allowed(self) -> int:
        if self._room < self._most and self._clock() - self._learnt > FORGET:
            self._room = self._most
        return self._room
