"""What of the screens each run tries: every state at some of its sizes and looks; `make test-screens` tries all."""

import os
from collections.abc import Iterable
from typing import TypeVar

LONG = os.environ.get("RUNBOOK_SCREENS") == "long"
T = TypeVar("T")


def tried(cases: Iterable[T], *each_run: T) -> list[T]:
    """The cases of this run: in the long form all, else those that are named, each of which is one of them."""
    every = list(cases)
    if unknown := [one for one in each_run if one not in every]:
        raise ValueError(f"{unknown} is none of {every}")
    return every if LONG else list(each_run)
