"""Counts the functions that are called, as a measure of work that no busy machine changes."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

TUI = Path(__file__).parents[3] / "tui"


class Calls(Counter[str]):
    """Calls by FILE:FUNCTION. A name that no file has is refused: nobody counts 0 calls of what was renamed."""

    def __missing__(self, name: str) -> int:
        file, _, function = name.partition(":")
        if f"def {function.rpartition('.')[2]}(" not in (TUI / file).read_text(encoding="utf-8"):
            raise AssertionError(f"there is no function {name}")
        return 0


@contextmanager
def calls_counted(within: str = "/tui/") -> Iterator[Counter[str]]:
    """How often each function of a folder is called on this thread; generators count each time they continue."""
    found = Calls()
    before: Callable[..., Any] | None = sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and within in frame.f_code.co_filename:
            name = f"{frame.f_code.co_filename.rpartition(within)[2]}:{frame.f_code.co_qualname}"
            found[name] = found.get(name, 0) + 1

    sys.setprofile(count)
    try:
        yield found
    finally:
        sys.setprofile(before)
