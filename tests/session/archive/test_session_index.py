"""The index of sessions is a cache: made again when it is not right, and never believed against a journal."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.session.archive.test_known import FINISHED, Make
from tests.session.archive.test_known import make as make
from tests.session.archive.test_known import store as store
from tests.support.sessions.fake_clock import FakeClock
from tui.session import events as ev
from tui.session.archive.indexes import cache_file
from tui.session.archive.indexes.cache_file import CacheFile, Rows
from tui.session.archive.indexes.session_index import FILE, SessionIndex
from tui.session.archive.known import KnownSession, KnownSessions, ListedSession
from tui.session.archive.store import SessionDirectory, Store
from tui.session.journal.journal import Journal

Count = Callable[[], int]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sessions whose journals were read."""
    found: list[str] = []
    load = SessionDirectory.load

    def counted(directory: SessionDirectory) -> object:
        found.append(directory.id)
        return load(directory)

    monkeypatch.setattr(SessionDirectory, "load", counted)
    return found


def listed(store: Store) -> list[KnownSession]:
    """All sessions, as a process that has just begun lists them."""
    return list(KnownSessions(store).all())


def test_another_process_reads_no_journal_that_has_not_changed(store: Store, make: Make, read: list[str]) -> None:
    made = [make((1, FINISHED)) for _ in range(3)]
    first = listed(store)
    assert sorted(read) == sorted(one.id for one in made)
    read.clear()
    assert listed(store) == first
    assert read == []
    assert first[0].counts
    assert first[0].path == store.root / first[0].id


def test_a_session_that_continued_is_read_again(store: Store, make: Make, read: list[str]) -> None:
    made = [make((1, FINISHED)) for _ in range(2)]
    listed(store)
    read.clear()
    journal = Journal.open(made[0].journal, FakeClock())
    journal.append(ev.FollowUpDone(followup="watch", operator="ana"))
    journal.close()
    listed(store)
    assert read == [made[0].id]


def test_a_journal_changed_to_the_same_length_is_read_again_and_found_damaged(store: Store, make: Make) -> None:
    directory = make((1, FINISHED))
    listed(store)
    before = directory.journal.stat()
    directory.journal.write_bytes(directory.journal.read_bytes().replace(b'"ana"', b'"eve"'))
    os.utime(directory.journal, ns=(before.st_atime_ns, before.st_mtime_ns))
    (one,) = listed(store)
    assert one.problem
    (again,) = listed(store)
    assert again.problem, "what could not be read is not kept"


def test_a_folder_that_was_put_in_the_place_of_another_is_read_again(store: Store, make: Make, read: list[str]) -> None:
    one, other = make((1, FINISHED)), make()
    listed(store)
    read.clear()
    aside = store.root.parent / "aside"
    one.path.rename(aside)
    other.path.rename(one.path)
    (known,) = listed(store)
    assert (known.id, known.finished) == (one.id, False)
    assert read == [one.id]


@pytest.mark.parametrize("damage", ["deleted", "cut", "text", "bytes", "rows", "other tables", "a folder"])
def test_a_damaged_index_is_made_again(store: Store, make: Make, read: list[str], damage: str) -> None:
    make((1, FINISHED))
    first = listed(store)
    path = store.root / FILE
    data = path.read_bytes()
    match damage:
        case "deleted":
            path.unlink()
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "text":
            path.write_bytes(b"no database\n" * 400)
        case "bytes":
            path.write_bytes(data[:4096] + bytes(len(data) - 4096))
        case "rows":
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE kept SET value = ?", (b'{"id": 7}',))
            connection.close()
        case "other tables":
            path.unlink()
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE kept (name TEXT)")
            connection.close()
        case _:
            path.unlink()
            path.mkdir()
    assert listed(store) == first
    read.clear()
    assert listed(store) == first
    assert read == ([] if damage not in ("a folder",) else [first[0].id])


def test_the_index_of_another_version_is_made_again(
    store: Store, make: Make, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make((1, FINISHED))
    first = listed(store)
    read.clear()
    monkeypatch.setattr(cache_file, "code", lambda: "another")
    assert listed(store) == first
    assert read == [first[0].id]
    read.clear()
    assert listed(store) == first
    assert read == []


def test_a_list_asks_the_index_for_many_sessions_at_once(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        make((1, FINISHED))
    first = listed(store)
    asked: list[str] = []
    rows = CacheFile.rows

    def counted(file: CacheFile, statement: str, *values: object) -> Rows:
        asked.append(statement)
        return rows(file, statement, *values)

    monkeypatch.setattr(CacheFile, "rows", counted)
    assert listed(store) == first
    assert len(asked) == 2, "what is kept of all of them, and whether some are gone"
    asked.clear()
    sessions = KnownSessions(store)
    names = sessions.names()
    assert list(sessions.each(names)) == first
    assert len(asked) == 1
    assert list(sessions.each(names)) == first, "as they are remembered"
    assert len(asked) == 1


def test_of_a_session_that_is_known_two_files_are_asked_for_and_one_is_opened(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make((1, FINISHED)) for _ in range(3)]
    listed(store)
    asked: list[str] = []

    def counted(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(path: object, *rest: object, **more: object) -> object:
            asked.append(f"{name} {path}")
            return real(path, *rest, **more)

        return call

    with monkeypatch.context() as patched:
        for name in ("stat", "lstat", "open", "listdir", "scandir"):
            patched.setattr(os, name, counted(name, getattr(os, name)))
        listed(store)
    for one in made:
        found = sorted(words for words in asked if one.id in words)
        assert found == [f"open {one.journal}", f"stat {one.journal}", f"stat {one.runbook}"]


@pytest.mark.parametrize("command", ["sessions", "followups"])
def test_what_works_sessions_out_is_not_loaded_to_list_those_that_are_known(
    store: Store, make: Make, command: str
) -> None:
    make((1, FINISHED))
    listed(store)
    code = (
        "import sys; from tui.cli.main import main\n"
        f"try:\n    main([{command!r}])\nexcept SystemExit:\n    print(*sys.modules)"
    )
    environment = {**os.environ, "RUNBOOK_SESSIONS": str(store.root)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "tui.session.archive.known" in loaded
    assert not loaded & {"tui.session.archive.known_state", "tui.session.state", "tui.session.events"}
    assert not loaded & {"tui.session.journal.journal", "tui.runbook.reading.load", "tui.runbook.pointing"}


def test_a_list_without_follow_ups_says_the_same_and_believes_no_more(
    store: Store, make: Make, read: list[str]
) -> None:
    made = [make((1, FINISHED)), make(), make()]
    full = listed(store)
    read.clear()
    short = list(KnownSessions(store).listed())
    assert read == []
    fields = ListedSession.__struct_fields__
    assert [[getattr(one, name) for name in fields] for one in short] == [
        [getattr(one, name) for name in fields] for one in full
    ]
    journal = Journal.open(made[0].journal, FakeClock())
    journal.append(ev.FollowUpDone(followup="watch", operator="ana"))
    journal.close()
    with sqlite3.connect(store.root / FILE) as connection:
        connection.execute("UPDATE kept SET value = ? WHERE session = ?", (b'{"id": 7}', made[1].id))
    connection.close()
    assert [one.id for one in KnownSessions(store).listed()] == [one.id for one in full]
    assert sorted(read) == sorted(one.id for one in made[:2]), "what has changed, and what is damaged"


def test_sessions_that_are_gone_are_forgotten(store: Store, make: Make) -> None:
    one, other = make((1, FINISHED)), make((1, FINISHED))
    listed(store)
    one.path.rename(store.root.parent / "gone")
    listed(store)
    with sqlite3.connect(store.root / FILE) as connection:
        assert connection.execute("SELECT session FROM kept").fetchall() == [(other.id,)]
    connection.close()


def test_a_store_of_somebody_else_gets_no_index(store: Store, make: Make) -> None:
    make((1, FINISHED))
    listed(Store(store.root, ours=False))
    assert not (store.root / FILE).exists()


def test_a_link_in_its_place_is_not_followed(store: Store, make: Make, tmp_path: Path) -> None:
    make((1, FINISHED))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (store.root / FILE).symlink_to(elsewhere)
    assert len(listed(store)) == 1
    assert elsewhere.read_text() == "mine"


def test_the_file_is_its_owner_s_alone(store: Store, make: Make) -> None:
    make((1, FINISHED))
    before = os.umask(0)
    try:
        listed(store)
    finally:
        os.umask(before)
    assert (store.root / FILE).stat().st_mode & 0o777 == 0o600


def test_while_another_program_writes_it_nothing_waits_for_long_and_nothing_is_lost(
    store: Store, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make((1, FINISHED))
    first = listed(store)
    monkeypatch.setattr(cache_file, "PATIENCE", 0.01)
    writer = sqlite3.connect(store.root / FILE)
    writer.execute("BEGIN EXCLUSIVE")
    assert listed(store) == first
    writer.rollback()
    writer.close()
    assert listed(store) == first


def test_programs_that_list_at_the_same_time_all_see_all(store: Store, make: Make) -> None:
    made = [make((1, FINISHED)) for _ in range(5)]
    script = (
        "import sys; from pathlib import Path; from tui.session.archive.known import KnownSessions;"
        "from tui.session.archive.store import Store;"
        "print(*[one.id for one in KnownSessions(Store(Path(sys.argv[1]))).all() if one.readable])"
    )
    programs = [
        subprocess.Popen([sys.executable, "-c", script, str(store.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for program in programs:
        printed, _ = program.communicate(timeout=60)
        assert sorted(printed.split()) == sorted(one.id for one in made)


def test_a_value_that_is_not_for_these_files_is_not_given(tmp_path: Path) -> None:
    index = SessionIndex(tmp_path)
    index.put("KnownSession", "one", b"1", b"value")
    index.flush()
    assert index.get("KnownSession", "one", b"1") == b"value"
    assert index.get("KnownSession", "one", b"2") is None
    assert index.get("Debrief", "one", b"1") is None
    index.close()
