"""What the process beside the program hands over: a runbook that it has read and checked, and its text."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from tui.runbook.model import Runbook

Read = Callable[[], tuple[Runbook, str]]
"""Waits for a runbook and its whole text; raises as `load` does."""


class HandedOver(Struct, frozen=True, array_like=True):
    """What the process beside this one found."""

    runbook: Runbook
    text: str


def read_here(path: Path, of_session: bool = False) -> tuple[Runbook, str]:
    """A runbook and its whole text; raises as `load` does.

    Args:
        of_session: it is the one that a session keeps, whose text nobody asks for.
    """
    from tui.runbook.reading.load import load, load_with_text

    return (load(path, of_session=True), "") if of_session else load_with_text(path)


def to_hand_over(path: Path, of_session: bool) -> bytes:
    """The same, for the other process; raises as `load` does."""
    return msgspec.msgpack.encode(HandedOver(*read_here(path, of_session)))


def received(data: bytes) -> tuple[Runbook, str]:
    """What the other process has handed over."""
    found = msgspec.msgpack.decode(data, type=HandedOver)
    return found.runbook, found.text
