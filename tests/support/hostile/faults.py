"""Counts the faults that the harness makes, so that a run says how many there were and what they cost."""

import os
from collections.abc import Sequence
from typing import TypeVar

VARIABLE = "RUNBOOK_FAULTS"
Item = TypeVar("Item")


class Faults:
    """How many faults of each kind a run made; `long` where it makes all of them, as `make test-faults` asks for."""

    def __init__(self) -> None:
        self.long = os.environ.get(VARIABLE) == "long"
        self.lines: list[str] = []
        self.executed = 0

    def choose(self, short: int, long: int) -> int:
        """How many to make in this run."""
        return long if self.long else short

    def spread(self, items: Sequence[Item], short: int) -> list[Item]:
        """All of them in the long form; in the short one, this number of them from the first to the last."""
        if self.long or len(items) <= short:
            return list(items)
        return [items[place * (len(items) - 1) // (short - 1)] for place in range(short)]

    def count(self, executed: int, what: str, result: str) -> None:
        """Have a line printed at the end of the run: how many of what, and how they ended."""
        assert executed > 0, f"no {what} were made"
        self.executed += executed
        self.lines.append(f"faults: {executed:,} {what}: {result}")
