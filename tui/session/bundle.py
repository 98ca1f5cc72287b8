"""Packs a session into one compressed file that another machine can verify, replay and export from.

A bundle is a gzip'ed tar: `format`, the session's files under their own names, and last `bundle.json`, which has the
size and the SHA-256 of each. It leaves the machine where the secrets are known, so it has none: their bytes are
asterisks in it, as many as there were, so that lines and times stay where they are.
"""

import gzip
import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

import tui
from tui.errors import SessionError
from tui.session.chain import walk
from tui.session.durable import sync_directory
from tui.session.masks import Span, read_mask
from tui.session.store import SessionDirectory, Store

FORMAT = 1
MAGIC = "runbook bundle"
MANIFEST = "bundle.json"
STAR = ord("*")
PIECE = 1 << 20

_NAMES = re.compile(r"runbook\.toml|scenario\.json|journal\.jsonl|attempts/\d{4,9}\.(out|idx|mask|lines)")
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
WRONG = "it is no bundle, or it was damaged on its way; pack it again where the session is"


class Member(Struct, frozen=True):
    """A file of a bundle: its size in bytes, its SHA-256, and how many of its bytes are hidden."""

    name: str
    size: int
    sha256: str
    hidden: int = 0


class Manifest(Struct, frozen=True, kw_only=True):
    """What is in a bundle; `receipt` is COUNT:HEAD of its journal."""

    format: int
    session: str
    program: str
    receipt: str
    members: tuple[Member, ...]

    def hidden(self) -> frozenset[int]:
        """The attempts whose output is not byte for byte what was recorded."""
        return frozenset(int(Path(one.name).stem) for one in self.members if one.hidden)


def pack(directory: SessionDirectory, file: BinaryIO) -> Manifest:
    """Write a session as a bundle, as far as it has come.

    Raises:
        SessionError: the session cannot be read, or is damaged; or the bundle cannot be written.
    """
    count, head, end = 0, "", 0
    for line in walk(directory.journal):
        count, head, end = line.entry.seq + 1, line.head, line.end
    members: list[Member] = []
    try:
        with (
            gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            _add(tar, "format", io.BytesIO(f"{MAGIC} {FORMAT}\n".encode()))
            members.append(_member(tar, directory.path, "runbook.toml"))
            members.append(_member(tar, directory.path, "journal.jsonl", end))
            if directory.scenario.exists():
                members.append(_member(tar, directory.path, directory.scenario.name))
            for path in sorted(directory.attempts.glob("*")):
                name = f"attempts/{path.name}"
                if _NAMES.fullmatch(name):
                    members.append(_member(tar, directory.path, name))
            manifest = Manifest(
                format=FORMAT,
                session=directory.id,
                program=f"runbook {tui.__version__}",
                receipt=f"{count}:{head}",
                members=tuple(members),
            )
            _add(tar, MANIFEST, io.BytesIO(msgspec.json.encode(manifest)))
    except OSError as error:
        raise SessionError(f"the bundle cannot be written: {error.strerror or error}", "is there space?") from error
    return manifest


def unpack(path: Path, into: Path) -> SessionDirectory:
    """Write a bundle's session below `into`, every file of it proved.

    Raises:
        SessionError: it is no bundle, a newer one, cut off, or not what was packed; then nothing is left of it.
    """
    place = Path(tempfile.mkdtemp(prefix=".bundle-", dir=into))
    try:
        manifest = _unpacked(path, place)
        session = into / manifest.session
        place.rename(session)
        sync_directory(into)
        return SessionDirectory(session)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, ValueError, msgspec.MsgspecError) as error:
        raise SessionError(f"{path} cannot be unpacked: {error or 'it is cut off'}", WRONG) from error
    except OSError as error:
        raise SessionError(f"{path} cannot be unpacked: {error.strerror or error}", WRONG) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def manifest_of(directory: SessionDirectory) -> Manifest | None:
    """What a session's bundle said of it; None where it did not come in one.

    Raises:
        SessionError: it is there and makes no sense.
    """
    path = directory.path / MANIFEST
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest) if path.exists() else None
    except (OSError, msgspec.MsgspecError) as error:
        raise SessionError(f"{path} cannot be read: {error}", WRONG) from error


@contextmanager
def kept(store: Store, session: str) -> Iterator[SessionDirectory]:
    """A session of this machine by its id, one elsewhere by its folder, or one in a bundle, unpacked for so long.

    Raises:
        SessionError: there is neither.
    """
    path = Path(session)
    if session and path.is_file():
        with tempfile.TemporaryDirectory(prefix="runbook-") as folder:
            yield unpack(path, Path(folder))
    elif os.sep in session and (path / "journal.jsonl").is_file():
        yield SessionDirectory(path.absolute())
    elif os.sep in session:
        raise SessionError(f"there is no session at {session}", "name a session, its folder, or the file of a bundle")
    else:
        yield store.find(session)


class _Masked(io.RawIOBase):
    """A file with asterisks for some of its bytes; line ends stay, and with them where lines begin."""

    def __init__(self, file: BinaryIO, size: int, spans: list[Span]) -> None:
        self._file = file
        self._left = size
        self._at = 0
        self._spans = spans
        self.sha256 = hashlib.sha256()
        self.hidden = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = bytearray(self._file.read(self._left if size < 0 else min(size, self._left)))
        near = bisect_right(self._spans, (self._at, 0))
        for start, end in islice(self._spans, max(0, near - 1), None):
            if start >= self._at + len(data):
                break
            low, high = max(0, start - self._at), min(len(data), end - self._at)
            for place in range(low, high):
                if data[place] != 10:
                    data[place] = STAR
                self.hidden += 1
        self._left -= len(data)
        self._at += len(data)
        self.sha256.update(data)
        return bytes(data)


def _member(tar: tarfile.TarFile, root: Path, name: str, size: int | None = None) -> Member:
    """Add a file of the session, the first `size` bytes of it, without its secrets."""
    path = root / name
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size if size is None else size
        masked = _Masked(file, size, _spans(path, size))
        _add(tar, name, masked, size)
    return Member(name, size, masked.sha256.hexdigest(), masked.hidden)


def _spans(path: Path, size: int) -> list[Span]:
    """What has to be hidden in a file: in output nobody has looked for secrets in, everything."""
    if path.suffix != ".out":
        return []
    spans = read_mask(path.parent, int(path.stem))
    return [(0, size)] if spans is None else spans


def _add(tar: tarfile.TarFile, name: str, file: BinaryIO | io.RawIOBase, size: int | None = None) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(file.getvalue()) if isinstance(file, io.BytesIO) else size or 0
    info.mode = 0o600
    tar.addfile(info, file)


def _unpacked(path: Path, place: Path) -> Manifest:
    found: dict[str, tuple[int, str]] = {}
    (place / "attempts").mkdir()
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|gz") as tar:
        members = iter(tar)
        _check_format(tar, next(members, None))
        for info in members:
            if info.name == MANIFEST:
                data = _content(tar, info, 1 << 28)
                (place / MANIFEST).write_bytes(data)
                manifest = msgspec.json.decode(data, type=Manifest)
                break
            if not (info.isreg() and _NAMES.fullmatch(info.name)) or info.name in found:
                raise ValueError(f"{info.name!r} does not belong into a bundle")
            found[info.name] = _extract(tar, info, place / info.name)
        else:
            raise EOFError("its end is missing")
    wanted = {one.name: (one.size, one.sha256) for one in manifest.members}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise ValueError(f"{wrong[0]} is not what was packed")
    if not _ID.fullmatch(manifest.session) or {"runbook.toml", "journal.jsonl"} - found.keys():
        raise ValueError("it has no session")
    return manifest


def _check_format(tar: tarfile.TarFile, first: tarfile.TarInfo | None) -> None:
    if first is None or first.name != "format":
        raise ValueError("it is another kind of archive")
    magic, _, version = _content(tar, first, 100).decode(errors="replace").strip().rpartition(" ")
    if magic != MAGIC:
        raise ValueError("it is another kind of archive")
    if version != str(FORMAT):
        raise ValueError(f"it was written by another version of runbook (format {version}; this one reads {FORMAT})")


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo, most: int) -> bytes:
    file = tar.extractfile(info) if info.isreg() and info.size <= most else None
    if file is None:
        raise ValueError(f"{info.name!r} does not belong into a bundle")
    return file.read()


def _extract(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> tuple[int, str]:
    source = tar.extractfile(info)
    assert source is not None  # it is a regular file
    size, digest = 0, hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while data := source.read(PIECE):
            file.write(data)
            digest.update(data)
            size += len(data)
    return size, digest.hexdigest()
