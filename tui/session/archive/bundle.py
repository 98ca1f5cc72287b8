"""Packs a session into one compressed file that another machine can verify, replay and export from.

A bundle is a gzip'ed tar: `format`, the session's files under their own names, and last `bundle.json`, which has the
size and the SHA-256 of each. It leaves the machine where the secrets are known, so it has none: their bytes are
asterisks in it, one for each byte, so that lines and times stay where they are.
"""

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

import tui
from tui.errors import SessionError
from tui.session.archive.bundle_reader import unpack
from tui.session.archive.manifest import FORMAT, MAGIC, MANIFEST, NAMES, Manifest, Member, fits
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.chain import walk
from tui.session.journal.kept_files import FOLDER
from tui.session.output.masks import Span, read_mask, starred


def pack(directory: SessionDirectory, file: BinaryIO) -> Manifest:
    """Write a session as a bundle, as far as it has come.

    Raises:
        SessionError: the session cannot be read, or is damaged, or is larger than a bundle may be; or the bundle
            cannot be written.
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
            files = sorted(directory.attempts.glob("*")) + sorted((directory.path / FOLDER).glob("*"))
            for path in files:
                name = f"{path.parent.name}/{path.name}"
                if NAMES.fullmatch(name):
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
    _readable(manifest, file)
    return manifest


def _readable(manifest: Manifest, file: BinaryIO) -> None:
    """Say now what `unpack` would say elsewhere, as far as it can be seen how large the bundle has become."""
    sizes = [member.size for member in manifest.members]
    try:
        fits(len(sizes), sum(sizes), file.tell() if file.seekable() else sum(sizes))
    except ValueError as error:
        raise SessionError(f"the session is too large for a bundle: {error}", "copy its folder instead") from error


@contextmanager
def opened_session(store: Store, session: str) -> Iterator[SessionDirectory]:
    """A session of this machine by its id, one elsewhere by its folder, or one in a bundle.

    A bundle is unpacked into a temporary folder, which is removed at the end of the block.

    Raises:
        SessionError: there is none, or the bundle is damaged.
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
        yield store.find_to_read(session)


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
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        shown, hidden = starred(data, self._at, self._spans)
        self.hidden += hidden
        self._left -= len(data)
        self._at += len(data)
        self.sha256.update(shown)
        return shown


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
