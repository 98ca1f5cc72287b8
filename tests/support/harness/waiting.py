"""Waiting for the very thing that a test asserts, with no bound of its own: pytest-timeout ends what never comes."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def until(true: Callable[[], object], what: str = "", often: float = 0.005, seldom: float = 0.05) -> None:
    """Wait until something is true, or has come to be `what` a person would call it.

    Args:
        often, seldom: seconds between the first looks, and at most: each look may take a connection to a server.
    """
    pause = often
    try:
        while not true():
            time.sleep(pause)
            pause = min(pause * 1.5, seldom)
    except BaseException as ended:
        ended.add_note(f"waited until: {what or 'it is true'}")
        raise


def commands() -> str:
    """The command lines of all processes, one a line; one that has ended has none, before its parent knows it."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return "\n".join(found)


def until_gone(words: str) -> None:
    """Wait until no process has these words in its command line: who is told to end does so a moment later."""
    until(lambda: words not in commands(), f"no process has {words!r}", seldom=0.2)
