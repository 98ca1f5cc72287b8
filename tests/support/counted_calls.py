"""Counts the functions that are called, as a measure of work that no busy machine changes."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def calls_counted(within: str = "/tui/") -> Iterator[Counter[str]]:
    """How often each function of a folder is called on this thread; generators count each time they go on."""
    found: Counter[str] = Counter()
    before: Callable[..., Any] | None = sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and within in frame.f_code.co_filename:
            found[f"{frame.f_code.co_filename.rpartition(within)[2]}:{frame.f_code.co_qualname}"] += 1

    sys.setprofile(count)
    try:
        yield found
    finally:
        sys.setprofile(before)
