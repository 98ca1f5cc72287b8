"""Unpacks a bundle that may come from anybody: looked through whole before a byte is written, and proved after.

Only what `pack` writes is read: plain tar headers of regular files. Other kinds of members (links, sparse files,
extended headers) are refused at their header, since each of them can ask for more memory or disk than the bundle has.
"""

import gzip
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from tui.errors import SessionError
from tui.session.archive.manifest import FORMAT, MAGIC, MANIFEST, MANIFEST_MOST, NAMES, WRONG, Manifest, fits
from tui.session.archive.store import SessionDirectory
from tui.session.journal.durable import sync_directory
from tui.session.journal.kept_files import FOLDER

PIECE = 1 << 20
BLOCK = tarfile.BLOCKSIZE
SPARE = 1 << 26
"""Bytes of the disk that unpacking leaves free for others."""


def unpack(path: Path, into: Path) -> SessionDirectory:
    """Write a bundle's session below `into`, every file of it proved.

    Raises:
        SessionError: it is not a bundle, a newer one, cut off, larger than a bundle may be or the disk has room for, or
            not what was packed; then nothing is left of it.
    """
    place: Path | None = None
    try:
        manifest = _looked_through(path, into)
        place = Path(tempfile.mkdtemp(prefix=".bundle-", dir=into))
        _written(path, manifest, place)
        session = into / manifest.session
        place.rename(session)
        sync_directory(into)
        return SessionDirectory(session)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, ValueError, msgspec.MsgspecError) as error:
        raise SessionError(f"{path} cannot be unpacked: {error or 'it is cut off'}", WRONG) from error
    except OSError as error:
        raise SessionError(f"{path} cannot be unpacked: {error.strerror or error}", WRONG) from error
    finally:
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


class _Part(Struct, frozen=True):
    """A member whose header was read: its content comes next, `size` bytes of it."""

    name: str
    size: int
    file: gzip.GzipFile

    def pieces(self) -> Iterator[bytes]:
        """The content, a MiB at a time.

        Raises:
            EOFError: the bundle ends before it does.
        """
        left = self.size
        while left:
            data = self.file.read(min(PIECE, left))
            if not data:
                raise EOFError("its end is missing")
            left -= len(data)
            yield data
        self.file.read(-self.size % BLOCK)


def _parts(file: BinaryIO) -> Iterator[_Part]:
    """The members up to the manifest; each one's pieces are to be read before the next is asked for.

    Raises:
        ValueError: it is not a bundle, or has what does not belong into one, or too much of it.
        EOFError: it is cut off.
    """
    packed = os.fstat(file.fileno()).st_size
    total, names = 0, set[str]()
    with gzip.GzipFile(fileobj=file) as tar:
        _check_format(tar)
        while True:
            block = tar.read(BLOCK)
            if len(block) < BLOCK or not any(block):
                raise EOFError("its end is missing")
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            manifest = info.name == MANIFEST and info.size <= MANIFEST_MOST
            known = (NAMES.fullmatch(info.name) or manifest) and info.name not in names
            if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or not known or info.size < 0:
                raise ValueError(f"{info.name[:100]!r} does not belong into a bundle")
            names.add(info.name)
            total += info.size
            fits(len(names), total, packed)
            yield _Part(info.name, info.size, tar)
            if manifest:
                return


def _check_format(tar: gzip.GzipFile) -> None:
    try:
        info = tarfile.TarInfo.frombuf(tar.read(BLOCK), "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise ValueError("it is another kind of archive") from error
    if info.name != "format" or not info.isreg() or not 0 <= info.size <= BLOCK:
        raise ValueError("it is another kind of archive")
    magic, _, version = tar.read(BLOCK)[: info.size].decode(errors="replace").strip().rpartition(" ")
    if magic != MAGIC:
        raise ValueError("it is another kind of archive")
    if version != str(FORMAT):
        there = f"format {version[:20]}; this one reads {FORMAT}"
        raise ValueError(f"it was written by another version of runbook ({there})")


def _looked_through(path: Path, into: Path) -> Manifest:
    """What is in a bundle, every size and name compared with its own list, before anything is written."""
    found: dict[str, int] = {}
    text = b""
    with path.open("rb") as file:
        for part in _parts(file):
            if part.name == MANIFEST:
                text = b"".join(part.pieces())
            else:
                found[part.name] = part.size
                for _ in part.pieces():
                    pass
    manifest = msgspec.json.decode(text, type=Manifest)
    wanted = {member.name: member.size for member in manifest.members}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise ValueError(f"{wrong[0]} is not what was packed")
    if {"runbook.toml", "journal.jsonl"} - found.keys():
        raise ValueError("it has no session")
    needed, free = sum(found.values()), shutil.disk_usage(into).free
    if needed + SPARE > free:
        raise ValueError(f"it takes {needed >> 20:,} MiB, and {into} has {free >> 20:,} MiB free")
    return manifest


def _written(path: Path, manifest: Manifest, place: Path) -> None:
    digests = {member.name: member.sha256 for member in manifest.members}
    for folder in ("attempts", FOLDER):
        (place / folder).mkdir(mode=0o700)
    with path.open("rb") as file:
        for part in _parts(file):
            digest = hashlib.sha256()
            with os.fdopen(os.open(place / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                for data in part.pieces():
                    out.write(data)
                    digest.update(data)
            if part.name != MANIFEST and digest.hexdigest() != digests.get(part.name):
                raise ValueError(f"{part.name} is not what was packed")
