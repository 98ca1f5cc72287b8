"""Lets one thread at a time work on much that came where many would: else the screen waits until each had its share."""

import threading


class Many:
    """How many there are of something in this program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self, more: int) -> None:
        """Count one more, or one less."""
        with self._lock:
            self.count += more


STREAMS = Many()
"""Channels on which much comes at once."""
FEW = 2
"""So few of them work beside each other."""
PATIENCE = 0.05
"""Seconds that a turn is waited for: who has it may be kept from giving it back, as by a disk."""
_working = threading.Lock()


class Turn:
    """The turn of one thread, which it gives back before it waits for more."""

    def __init__(self) -> None:
        self._has = False

    def take(self) -> None:
        """Wait for it, where there are many streams."""
        if STREAMS.count > FEW and not self._has:
            self._has = _working.acquire(timeout=PATIENCE)

    def give(self) -> None:
        """Let another one work; harmless where it was not taken."""
        if self._has:
            self._has = False
            _working.release()
