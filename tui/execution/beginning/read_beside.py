"""Reads and checks a runbook in a process beside this one, while this one loads the rest of the program.

Nothing is kept from one start to the next: what the process hands over is what the file says now, and was checked now.

The process is a copy of this one, and each page of memory that both have is copied once this one writes to it. So it
is begun early (`begin`), with what both of them need, and is told later which runbook it reads.
"""

import gc
import os
import select
import threading
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct

from tui.runbook.model import Runbook

Read = Callable[[], tuple[Runbook, str]]
"""Waits for a runbook and its whole text; raises as `load` does."""

PATIENCE = 10.0
"""Seconds after which a process that is told nothing ends: the command line asked for something else."""
OF_FILE, OF_SESSION = b"f", b"s"
"""How what it is told begins; the rest is the path."""


class HandedOver(Struct, frozen=True, array_like=True):
    """What the process beside this one found."""

    runbook: Runbook
    text: str


class ReadingProcess:
    """A process beside this one that reads the runbook it is told."""

    def __init__(self) -> None:
        receiving, sending = os.pipe()
        told, telling = os.pipe()
        gc.freeze()  # or its first search for garbage would copy every page of memory
        self._process = os.fork()
        if not self._process:
            os.close(receiving)
            os.close(telling)
            _read_what_is_told(told, sending)
        gc.unfreeze()
        os.close(sending)
        os.close(told)
        self._telling, self._receiving = telling, receiving

    def tell(self, path: Path, of_session: bool) -> bool:
        """Say which runbook it reads; returns whether it is still there."""
        try:
            os.write(self._telling, (OF_SESSION if of_session else OF_FILE) + os.fsencode(path))
        except BrokenPipeError:
            self.found()
            return False
        finally:
            os.close(self._telling)
        return True

    def found(self) -> bytes | None:
        """What it hands over, and None where it has failed; it has ended."""
        with open(self._receiving, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(self._process, 0)
        return None if status else data


_begun: list[ReadingProcess] = []
"""The one that was begun before the command line was read, for the first who asks."""


def begin() -> None:
    """Begin the process that `read_beside` will ask, where there is a processor for it."""
    if _has_room():
        _begun.append(ReadingProcess())


def read_beside(path: Path, of_session: bool = False) -> Read:
    """Begin to read a runbook; where there is no processor for it, it is read when it is asked for.

    Args:
        of_session: it is the one that a session keeps, whose text nobody asks for.
    """
    here = partial(read_here, path, of_session)
    if _begun and (reader := _begun.pop()).tell(path, of_session):
        return partial(_received, reader, here)
    if _has_room() and (reader := ReadingProcess()).tell(path, of_session):
        return partial(_received, reader, here)
    return here


def _has_room() -> bool:
    """Whether a second processor is there, and this process has no thread that a copy of it would lack."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) > 1


def read_here(path: Path, of_session: bool = False) -> tuple[Runbook, str]:
    """A runbook and its whole text, where it is not one that a session keeps; raises as `load` does."""
    from tui.runbook.reading.load import load, load_with_text

    return (load(path, of_session=True), "") if of_session else load_with_text(path)


def _read_what_is_told(told: int, sending: int) -> NoReturn:
    """Read it and end; of what is wrong nothing is said here: the other process finds it again, and says it."""
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)  # who waits for the end of the program's output does not wait for this process
        import_module("tui.runbook.reading.load")
        if select.select([told], [], [], PATIENCE)[0] and (words := os.read(told, 1 << 16)):
            found = HandedOver(*read_here(Path(os.fsdecode(words[1:])), words[:1] == OF_SESSION))
            with open(sending, "wb") as pipe:
                pipe.write(msgspec.msgpack.encode(found))
            status = 0
    finally:
        os._exit(status)  # past everything that ends a program: the terminal and the files are the other process's


def _received(reader: ReadingProcess, here: Read) -> tuple[Runbook, str]:
    data = reader.found()
    if data is None:
        return here()
    found = msgspec.msgpack.decode(data, type=HandedOver)
    return found.runbook, found.text
