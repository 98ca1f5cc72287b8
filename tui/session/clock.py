"""The time as the engine asks for it, so that tests and replays can bring their own."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one for people, one that never goes back."""

    def now(self) -> datetime:
        """The time in UTC, with its timezone."""

    def monotonic(self) -> float:
        """Seconds since some moment, never less than before."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The time in UTC, with its timezone."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment, never less than before."""
        return time.monotonic()
