"""Makes files that are still there, and whole, after the power was cut."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Disk(NamedTuple):
    """The calls that make bytes durable, so that a test can make each of them fail."""

    write: Callable[[int, bytes], int] = os.write
    sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
    truncate: Callable[[int, int], None] = os.ftruncate

    def write_all(self, descriptor: int, data: bytes) -> None:
        """Write to the last byte: a disk may take a part at a time."""
        while data:
            data = data[self.write(descriptor, data) :]


def write_new(path: Path, data: bytes, disk: Disk = Disk()) -> None:  # noqa: B008 (immutable)
    """Write a file (0600) that was not there, and make it durable; its folder is not.

    Raises:
        OSError: it is there, or not all of it could be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        disk.write_all(descriptor, data)
        disk.sync(descriptor)
    finally:
        let_go(descriptor)


def let_go(descriptor: int) -> None:
    """Close what has been synced, or has failed already: how that ends changes nothing."""
    with suppress(OSError):
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make durable which files a folder has: a new or renamed file is lost in a power cut without it (fsync(2)).

    Raises:
        OSError: the folder cannot be opened or synced.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        let_go(descriptor)


def replace_private(path: Path, data: bytes) -> None:
    """Write a file (0600) whole or not at all, in the place of one that may be there with any mode.

    Raises:
        OSError: not all of it could be written; what was there before still is.
    """
    with replaced_private(path) as file:
        file.write(data)


@contextmanager
def replaced_private(path: Path) -> Iterator[BinaryIO]:
    """A file (0600) to write, which takes the place of one that may be there with any mode once it is whole.

    Raises:
        OSError: not all of it could be written; what was there before still is.
    """
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            Disk().sync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
