"""The pipes of a process on the operator's machine: what it is sent, and what has come."""

import os
import selectors
from contextlib import suppress
from typing import IO

from tui.transports.base import Stream

CHUNK = 1 << 20


def received(selector: selectors.BaseSelector, wait: float) -> list[tuple[Stream, bytes]] | None:
    """What has come through the registered pipes, each with its stream; it waits for at most `wait` seconds.

    A pipe that has ended is taken out of the selector; None where none is left.
    """
    if not selector.get_map():
        return None
    chunks: list[tuple[Stream, bytes]] = []
    for key, _ in selector.select(wait):
        data = os.read(key.fd, CHUNK)
        if data:
            chunks.append((key.data, data))
        else:
            selector.unregister(key.fileobj)
    return chunks


def feed(file: IO[bytes], stdin: bytes) -> None:
    """Write all of it and close the file, whatever the reader does."""
    with suppress(OSError):  # the command closed its standard input, or has ended: both are its own affair
        file.write(stdin)
    with suppress(OSError):
        file.close()
