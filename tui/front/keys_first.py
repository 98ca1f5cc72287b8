"""What a key changes is shown first: what else is to be shown waits for that paint, a moment at most."""

import time
from collections.abc import Callable

from textual.app import App

AT_LATEST = 0.05
"""Seconds after a key in which something else waits for its paint; a key that changes nothing has none."""


class KeysFirst:
    """Knows whether what a key changed is still to be painted, and what waits for that."""

    def __init__(self, app: App[None], at_latest: float = AT_LATEST) -> None:
        self._app = app
        self._at_latest = at_latest
        self._due = 0.0
        self._waiting: list[Callable[[], None]] = []

    def pressed(self) -> None:
        """A key came."""
        self._due = time.monotonic() + self._at_latest

    def painted(self) -> None:
        """What the key changed is painted."""
        self._due = 0.0
        if self._waiting:
            self._app.call_later(self._take_up)

    def then(self, call: Callable[[], None]) -> None:
        """Do something once no key waits for its paint: now, after it, or after a moment where none comes."""
        if time.monotonic() >= self._due:
            call()
        elif call not in self._waiting:
            self._waiting.append(call)
            self._app.set_timer(self._at_latest, self._take_up)

    def _take_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()
