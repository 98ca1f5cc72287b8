"""Reads and checks a runbook in a process beside this one, while this one loads the rest of the program.

Nothing is kept from one start to the next: what the process hands over is what the file says now, and was checked now.
"""

import gc
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from tui.runbook.model import Runbook

Read = Callable[[], tuple[Runbook, str]]
"""Waits for a runbook and its whole text; raises as `load` does."""


class HandedOver(Struct, frozen=True, array_like=True):
    """What the process beside this one found."""

    runbook: Runbook
    text: str


def read_beside(path: Path, of_session: bool = False) -> Read:
    """Begin to read a runbook; where there is no processor for it, it is read when it is asked for.

    Args:
        of_session: it is the one that a session keeps, whose text nobody asks for.
    """
    here = partial(read_session_here if of_session else _read_here, path)
    if not _has_room():
        return here
    receiving, sending = os.pipe()
    gc.freeze()  # or its first search for garbage would copy every page of memory
    process = os.fork()
    if not process:
        os.close(receiving)
        _hand_over(here, sending)
    gc.unfreeze()
    os.close(sending)
    return partial(_received, here, process, receiving)


def _has_room() -> bool:
    """Whether a second processor is there, and this process has no thread that a copy of it would lack."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) > 1


def _read_here(path: Path) -> tuple[Runbook, str]:
    from tui.runbook.reading.load import load_with_text

    return load_with_text(path)


def read_session_here(path: Path) -> tuple[Runbook, str]:
    """The runbook that a session keeps, and nothing of its text; raises as `load` does."""
    from tui.runbook.reading.load import load

    return load(path, of_session=True), ""


def _hand_over(here: Read, sending: int) -> NoReturn:
    """Read it and end; of what is wrong nothing is said here: the other process finds it again, and says it."""
    status = 1
    try:
        data = msgspec.msgpack.encode(HandedOver(*here()))
        with open(sending, "wb") as pipe:
            pipe.write(data)
        status = 0
    finally:
        os._exit(status)  # past everything that ends a program: the terminal and the files are the other process's


def _received(here: Read, process: int, receiving: int) -> tuple[Runbook, str]:
    with open(receiving, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(process, 0)
    if status:
        return here()
    found = msgspec.msgpack.decode(data, type=HandedOver)
    return found.runbook, found.text
