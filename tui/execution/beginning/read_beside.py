"""Reads and checks a runbook in a process beside this one, while this one loads the rest of the program.

Nothing is kept from one start to the next: what the process hands over is what the file says now, and was checked now.

The process is a copy of this one, and each page of memory that both have is copied once this one writes to it. So it
is begun early (`begin`), with what both of them need, and is told later which runbook it reads.
"""

import os
import select
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from tui.child_process import ChildProcess, can_fork
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
        told, self._telling = os.pipe()
        self._process = ChildProcess(partial(_read_what_is_told, told, self._telling))
        os.close(told)

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
        data = self._process.pipe.read()
        return data if self._process.ended_well() else None


_begun: list[ReadingProcess] = []
"""The one that was begun before the command line was read, for the first who asks."""


def begin() -> None:
    """Begin the process that `read_beside` will ask, where there is a processor for it."""
    if can_fork():
        _begun.append(ReadingProcess())


def read_beside(path: Path, of_session: bool = False) -> Read:
    """Begin to read a runbook; where there is no processor for it, it is read when it is asked for.

    Args:
        of_session: it is the one that a session keeps, whose text nobody asks for.
    """
    here = partial(read_here, path, of_session)
    if _begun and (reader := _begun.pop()).tell(path, of_session):
        return partial(_received, reader, here)
    if can_fork() and (reader := ReadingProcess()).tell(path, of_session):
        return partial(_received, reader, here)
    return here


def read_here(path: Path, of_session: bool = False) -> tuple[Runbook, str]:
    """A runbook and its whole text, where it is not one that a session keeps; raises as `load` does."""
    from tui.runbook.reading.load import load, load_with_text

    return (load(path, of_session=True), "") if of_session else load_with_text(path)


def _read_what_is_told(told: int, telling: int, pipe: BinaryIO) -> None:
    """Read it; of what is wrong nothing is said here: the other process finds it again, and says it."""
    os.close(telling)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)  # who waits for the end of the program's output does not wait for this process
    import_module("tui.runbook.reading.load")
    words = os.read(told, 1 << 16) if select.select([told], [], [], PATIENCE)[0] else b""
    if not words:
        raise EOFError("nothing was told")
    found = HandedOver(*read_here(Path(os.fsdecode(words[1:])), words[:1] == OF_SESSION))
    pipe.write(msgspec.msgpack.encode(found))


def _received(reader: ReadingProcess, here: Read) -> tuple[Runbook, str]:
    data = reader.found()
    if data is None:
        return here()
    found = msgspec.msgpack.decode(data, type=HandedOver)
    return found.runbook, found.text
