"""A session in one file: what another machine makes of it is what this one has, and nothing secret is in it."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sessions.recorded import Writer, written
from tui.errors import SessionError
from tui.exports.registry import FORMATS, render, write
from tui.exports.source import source
from tui.headless.tables import verify_report, write_export
from tui.session.archive import bundle
from tui.session.archive.bundle import opened_session, pack
from tui.session.archive.bundle_reader import unpack
from tui.session.archive.manifest import manifest_of
from tui.session.archive.store import Store
from tui.session.output.output import OutputReader, write_mask

SECRET = b"hunter2-secret"


@pytest.fixture
def session(tmp_path: Path) -> Writer:
    """A session with a secret in one output, and another that nobody has looked through."""
    made = written(tmp_path / "home", 3, 60)
    text = b"before\ntoken " + SECRET + b"\nafter\n"
    at = text.index(SECRET)
    (made.directory.attempts / "0001.out").write_bytes(text)
    write_mask(made.directory.attempts, 1, [(at, at + len(SECRET))])
    (made.directory.attempts / "0002.out").write_bytes(SECRET)
    (made.directory.attempts / "0002.mask").unlink()
    return made


@pytest.fixture
def packed(session: Writer, tmp_path: Path) -> Path:
    path = tmp_path / "night.bundle"
    with path.open("wb") as file:
        pack(session.directory, file)
    return path


def test_every_export_of_the_bundle_is_that_of_the_session(session: Writer, packed: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    there = unpack(packed, tmp_path / "elsewhere")
    assert there.id == session.directory.id
    for form in set(FORMATS) - {"ics"}:  # it left no follow-ups
        assert render(source(there), form) == render(source(session.directory), form)


def test_every_output_of_the_bundle_reads_as_it_does_here(session: Writer, packed: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    there = unpack(packed, tmp_path / "elsewhere")
    for attempt in session.state.attempts:
        here, far = OutputReader(session.directory.attempts, attempt), OutputReader(there.attempts, attempt)
        assert far.read_lines(0, 100) == here.read_lines(0, 100)
        assert far.times_of(0, 100) == here.times_of(0, 100)
        assert far.streams_of(0, 100) == here.streams_of(0, 100)


def test_no_secret_leaves_the_machine(session: Writer, packed: Path) -> None:
    raw = gzip.decompress(packed.read_bytes())
    assert SECRET not in raw
    assert b"token **************\nafter" in raw
    assert (session.directory.attempts / "0001.out").read_bytes().count(SECRET) == 1


def test_an_output_that_is_all_there_is_byte_for_byte(session: Writer, packed: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    there = unpack(packed, tmp_path / "elsewhere")
    manifest = manifest_of(there)
    assert manifest is not None
    assert manifest.hidden() == {1, 2}
    for attempt in session.state.attempts:
        if attempt not in manifest.hidden():
            name = f"{attempt:04d}.out"
            assert (there.attempts / name).read_bytes() == (session.directory.attempts / name).read_bytes()


def test_an_unfinished_line_of_the_journal_stays_behind(session: Writer, tmp_path: Path) -> None:
    with session.directory.journal.open("ab") as file:
        file.write(b'{"v": 1, "seq":')
    packed = io.BytesIO()
    pack(session.directory, packed)
    (tmp_path / "n.bundle").write_bytes(packed.getvalue())
    assert unpack(tmp_path / "n.bundle", tmp_path).journal.read_bytes().endswith(b"}\n")


def test_a_session_is_named_by_its_id_or_by_its_file(session: Writer, packed: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    with opened_session(store, session.directory.id[-6:]) as found:
        assert found.path == session.directory.path
    with opened_session(store, str(session.directory.path)) as found:
        assert found.journal == session.directory.journal
    with opened_session(store, str(packed)) as found:
        assert found.id == session.directory.id
        place = found.path
    assert not place.exists()
    with pytest.raises(SessionError, match="there is no session at"), opened_session(store, "no/such.bundle"):
        pass
    with pytest.raises(SessionError, match="is not a session here"), opened_session(store, "such"):
        pass


def test_the_same_session_is_packed_the_same_way_twice(session: Writer, packed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_export(lambda file: write(session.directory, "bundle", file), again)
    assert again.read_bytes() == packed.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600


def test_a_bundle_that_cannot_be_packed_leaves_nothing(session: Writer, tmp_path: Path) -> None:
    session.directory.journal.write_bytes(b"nonsense\n")
    with pytest.raises(SessionError, match="line 1"):
        write_export(lambda file: write(session.directory, "bundle", file), tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["home"]


def tar_of(files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            info.type = kind if name != "format" else tarfile.REGTYPE
            info.linkname = "/etc/passwd"
            if name == "format":
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()


NOTHING = b'{"format": 1, "session": "x", "program": "", "receipt": "", "members": []}'
FORMAT = {"format": b"runbook bundle 1\n"}
FOREIGN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda whole: b"", "cannot be unpacked"),
    "text": (lambda whole: b"hello", "cannot be unpacked"),
    "truncated": (lambda whole: whole[: len(whole) // 2], "cannot be unpacked"),
    "end cut off": (lambda whole: gzip.compress(gzip.decompress(whole)[:4096]), "cannot be unpacked"),
    "a byte changed": (
        lambda whole: gzip.compress(gzip.decompress(whole).replace(b"line 0", b"line O", 1)),
        "is not what was packed",
    ),
    "another archive": (lambda whole: tar_of({"readme": b"hi"}), "another kind of archive"),
    "newer": (lambda whole: tar_of({"format": b"runbook bundle 2\n"}), "another version of runbook"),
    "a way out": (lambda whole: tar_of({**FORMAT, "../../evil": b"x"}), "does not belong into a bundle"),
    "absolute": (lambda whole: tar_of({**FORMAT, "/tmp/evil": b"x"}), "does not belong into a bundle"),
    "a link": (lambda whole: tar_of({**FORMAT, "journal.jsonl": b""}, tarfile.SYMTYPE), "does not belong"),
    "no session": (
        lambda whole: tar_of({**FORMAT, "bundle.json": NOTHING}),
        "it has no session",
    ),
    "a session with a way out": (
        lambda whole: tar_of({**FORMAT, "bundle.json": NOTHING.replace(b'"x"', b'"../x"')}),
        "it has no session",
    ),
}


@pytest.mark.parametrize("harm", FOREIGN)
def test_what_is_no_bundle_is_told_in_words_and_nothing_is_left(packed: Path, tmp_path: Path, harm: str) -> None:
    change, words = FOREIGN[harm]
    packed.write_bytes(change(packed.read_bytes()))
    place = tmp_path / "into"
    place.mkdir()
    with pytest.raises(SessionError) as error:
        unpack(packed, place)
    assert words in error.value.message
    assert error.value.hint
    assert list(place.iterdir()) == []


def test_verify_holds_a_bundle_against_its_journal(tmp_path: Path) -> None:
    """The session of a real conductor, whose hashes are in its journal."""
    from tests.support.machines.fake_transport import FakeTransport, Reply
    from tests.support.runbooks.runbooks import one_section
    from tests.support.sessions.fake_clock import FakeClock
    from tui.execution.workspace import Setup, Workspace
    from tui.runbook.reading.load import load

    path = tmp_path / "runbook.toml"
    step = '[[sections.steps]]\nid = "a"\ntitle = "A"\n[[sections.steps.actions]]\nrun = "uptime"\n'
    path.write_text(one_section(step, "web"))
    host = FakeTransport({"uptime": Reply(b"load 0.1\n")}, name="web")
    workspace = Workspace(load(path), path.read_text(), Store(tmp_path / "home"), {"web": host}, FakeClock())
    conductor = workspace.begin(Setup(flow="deploy", operator="ana"))
    conductor.start("a")
    conductor.wait()
    conductor.close()
    directory = workspace.store.find("last")
    packed = tmp_path / "n.bundle"
    with packed.open("wb") as file:
        pack(directory, file)
    (tmp_path / "there").mkdir()
    there = unpack(packed, tmp_path / "there")
    assert verify_report(there) == verify_report(directory)
    shutil.copy(bundle.__file__, there.attempts / "0001.out")
    with pytest.raises(SessionError, match="output of attempt 1"):
        verify_report(there)
