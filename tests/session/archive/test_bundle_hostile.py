"""A bundle may come from anybody: what asks for too much is refused before a byte of it is written, in plain words."""

import gzip
import io
import os
import resource
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.support.sessions.recorded import written
from tui.errors import SessionError
from tui.session.archive import bundle_reader
from tui.session.archive import manifest as bundle_manifest
from tui.session.archive.bundle import pack
from tui.session.archive.bundle_reader import unpack
from tui.session.archive.manifest import MANIFEST_MOST, MEMBERS_MOST, manifest_of

HEAD = {"format": b"runbook bundle 1\n"}
SESSION = {"runbook.toml": b"", "journal.jsonl": b""}


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def tar(files: dict[str, bytes]) -> bytes:
    return b"".join(header(name, len(data)) + data + bytes(-len(data) % 512) for name, data in files.items())


def listed(**change: object) -> bytes:
    """A manifest of an empty session; `change` is made to its last file."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    members: list[dict[str, object]] = [{"name": name, "size": 0, "sha256": empty} for name in SESSION]
    members[-1].update(change)
    found = {"format": 1, "session": "s", "program": "", "receipt": "", "members": members}
    return msgspec.json.encode(found)


def zeros(name: str, size: int) -> bytes:
    """A bundle of a few MB whose only output is `size` zeros."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed) as file:
        file.write(tar(HEAD) + header(name, size))
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return packed.getvalue()


FILES_MOST = MEMBERS_MOST if os.environ.get("RUNBOOK_HOSTILE") == "long" else 1000
"""How many files a bundle may have in these tests: a hundred thousand take seconds to be made."""


def files(count: int) -> bytes:
    return gzip.compress(tar(HEAD | {f"attempts/{number:06d}.out": b"" for number in range(count)}), 1)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "ten TB said, nothing there": (
        lambda: gzip.compress(tar(HEAD) + header("attempts/0001.out", 10 << 40)),
        "it would take more than 16 GiB of disk",
    ),
    "a negative size": (lambda: gzip.compress(tar(HEAD) + header("attempts/0001.out", -(1 << 40))), "does not belong"),
    "80 MB of zeros": (lambda: zeros("attempts/0001.out", 80 << 20), "more than 500 times its own size"),
    "a list of files without end": (
        lambda: gzip.compress(tar(HEAD) + header("bundle.json", MANIFEST_MOST + 1)),
        "does not belong",
    ),
    "a file too many": (lambda: files(FILES_MOST + 1), f"more than {FILES_MOST:,} files"),
    "a sparse file": (
        lambda: gzip.compress(tar(HEAD) + header("attempts/0001.out", 0, tarfile.GNUTYPE_SPARSE)),
        "does not belong",
    ),
    "an extended header of a GiB": (
        lambda: gzip.compress(tar(HEAD) + header("x", 1 << 30, tarfile.XHDTYPE)),
        "does not belong",
    ),
    "a long name of a GiB": (
        lambda: gzip.compress(tar(HEAD) + header("././@LongLink", 1 << 30, tarfile.GNUTYPE_LONGNAME)),
        "does not belong",
    ),
    "a file twice": (
        lambda: gzip.compress(tar(HEAD) + tar({"journal.jsonl": b"a"}) + tar({"journal.jsonl": b"b"})),
        "does not belong",
    ),
    "hidden in a file that has no number": (
        lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": listed(hidden=1)})),
        "its list of files is wrong at 'journal.jsonl'",
    ),
    "hidden is negative": (lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": listed(hidden=-1)})), ">= 0"),
    "hidden is text": (lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": listed(hidden="x")})), "Expected"),
    "a name of elsewhere": (
        lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": listed(name="../x")})),
        "its list of files is wrong",
    ),
    "a size that is not so": (
        lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": listed(size=1)})),
        "journal.jsonl is not what was packed",
    ),
    "a list that is nested without end": (
        lambda: gzip.compress(tar(HEAD | SESSION | {"bundle.json": b"[" * 100_000})),
        "cannot be unpacked",
    ),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_what_asks_for_too_much_is_refused_before_anything_is_written(
    tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = HOSTILE[harm]
    monkeypatch.setattr(bundle_manifest, "MEMBERS_MOST", FILES_MOST)
    packed, place = tmp_path / "n.bundle", tmp_path / "into"
    packed.write_bytes(make())
    place.mkdir()
    written_at: list[str] = []
    monkeypatch.setattr(bundle_reader.tempfile, "mkdtemp", lambda **at: written_at.append("a folder"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SessionError) as error:
        unpack(packed, place)
    assert words in error.value.message
    assert error.value.hint
    assert written_at == list(place.iterdir()) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


def test_a_bundle_that_the_disk_has_no_room_for_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "n.bundle"
    with packed.open("wb") as file:
        pack(written(tmp_path / "home", 1, 3).directory, file)
    full = shutil.disk_usage(tmp_path)._replace(free=1 << 20)
    monkeypatch.setattr(bundle_reader.shutil, "disk_usage", lambda _: full)
    (tmp_path / "into").mkdir()
    with pytest.raises(SessionError, match="has 1 MiB free"):
        unpack(packed, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_what_cannot_be_unpacked_elsewhere_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_manifest, "MEMBERS_MOST", 2)
    with pytest.raises(SessionError, match="too large for a bundle: it has more than 2 files"):
        pack(written(tmp_path / "home", 1, 3).directory, io.BytesIO())


def test_a_list_of_files_in_a_session_folder_is_as_hostile(tmp_path: Path) -> None:
    directory = written(tmp_path / "home", 1, 3).directory
    (directory.path / "bundle.json").write_bytes(listed(hidden=5))
    with pytest.raises(SessionError, match=r"bundle\.json cannot be read"):
        manifest_of(directory)
