"""Any moment of a recorded session, however it is come to, is the one that was live."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.sessions.recorded import Writer, written
from tui.errors import RunbookError
from tui.replay import keyframes, recorded
from tui.replay.output import EVERYTHING, LARGE, OutputThen
from tui.replay.recorded import RecordedSession
from tui.replay.stage import ReplayWorkspace
from tui.session.archive.store import Store
from tui.session.events import SessionHandedOver, SessionResumed
from tui.session.state import SessionState
from tui.session.views.markers import MarkerKind, marker_of

SPACING = 7


@pytest.fixture(autouse=True)
def _close_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "SPACING", SPACING)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    return written(tmp_path_factory.mktemp("session"), 3, 120)


@pytest.fixture
def read(session: Writer, tmp_path: Path) -> Iterator[RecordedSession]:
    made = RecordedSession(session.directory, tmp_path / "cache")
    made.index()
    yield made
    made.close()


def elapsed_of(session: Writer) -> list[float]:
    """How far into the session each event is, worked out another way: process by process."""
    found = [0.0]
    for before, after in pairwise(session.entries):
        new = isinstance(after.event, SessionResumed | SessionHandedOver)
        gap = (after.at - before.at).total_seconds() if new else after.mono - before.mono
        found.append(found[-1] + max(0.0, gap))
    return found


def state_at(session: Writer, elapsed: float) -> SessionState:
    return [state for at, state in zip(elapsed_of(session), session.states, strict=True) if at <= elapsed][-1]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), shares=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_seeking_in_any_order_comes_to_what_was_live(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, shares: list[float]
) -> None:
    root = tmp_path_factory.mktemp("random")
    session = written(root, seed, count)
    read = RecordedSession(session.directory, root / "cache")
    read.index()
    assert read.total == pytest.approx(elapsed_of(session)[-1])
    for share in shares:
        elapsed = share * read.total
        found = read.at(elapsed)
        assert found.state == state_at(session, elapsed)
        equal = [place for place, entry in enumerate(session.entries) if entry == found.entry]  # samples of one line
        assert found.state == session.states[equal[-1]]
    read.close()
    shutil.rmtree(root)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1), speed=st.integers(0, 6))
def test_playing_to_a_moment_is_the_same_as_going_there(
    tmp_path_factory: pytest.TempPathFactory, seed: int, share: float, speed: int
) -> None:
    root = tmp_path_factory.mktemp("random")
    session = written(root, seed, 25)
    played, sought = (
        ReplayWorkspace(RecordedSession(session.directory, root / name), Store(root)) for name in ("one", "other")
    )
    for place in (played, sought):
        place.player.recording.index()
    played.player.faster(speed)
    played.player.toggle()
    while played.player.elapsed < share * played.player.recording.total and played.player.tick(0.5):
        pass
    sought.player.seek(played.player.elapsed)
    for place in (played, sought):
        place.replayer.show()
    assert played.replayer.state == sought.replayer.state
    assert played.clock.now() == sought.clock.now()
    for attempt in played.replayer.state.attempts:
        shown = [place.replayer.outputs.reader(attempt) for place in (played, sought)]
        assert shown[0].size == shown[1].size
        assert shown[0].read_lines(0, 99) == shown[1].read_lines(0, 99)
    shutil.rmtree(root)


def test_the_state_after_every_event_is_the_one_that_was_live(session: Writer, read: RecordedSession) -> None:
    order = [*{entry.seq for entry in session.entries}]
    session.random.shuffle(order)
    for seq in order:
        assert read.after(seq).state == session.after(seq)


def test_the_first_moment_is_found_in_as_few_steps_of_the_database_as_the_last(read: RecordedSession) -> None:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    found = []
    read.frames._db.set_progress_handler(step, 1)
    for elapsed in (read.total / 5, read.total):
        steps = 0
        read.frames.before(elapsed)
        found.append(steps)
    assert found[0] <= found[1] + 2, "it was looked for from the end of the session, key frame by key frame"


def test_markers_are_those_of_the_events(session: Writer, read: RecordedSession) -> None:
    wanted = [
        marker
        for entry, state in zip(session.entries, session.states, strict=True)
        if (marker := marker_of(entry, state)) is not None
    ]
    assert {marker.kind for marker in wanted} >= {MarkerKind.STEP, MarkerKind.FAILURE, MarkerKind.SIGN_OFF}
    for kind in MarkerKind:
        found, seq = [], -1
        while (mark := read.frames.mark(kind, seq, forward=True)) is not None:
            found.append(mark.marker)
            seq = mark.marker.seq
        assert found == [marker for marker in wanted if marker.kind is kind]
        if found:
            last = read.frames.mark(kind, len(session.states), forward=False)
            assert last is not None
            assert last.marker == found[-1]


def test_the_timeline_has_every_kind_of_marker_in_its_part(session: Writer, read: RecordedSession) -> None:
    parts = read.frames.buckets(10, read.total)
    assert set(parts) <= set(range(10))
    assert MarkerKind.STEP in parts[0] | parts.get(1, set())
    assert read.frames.buckets(10, 0.0).keys() <= {0}


def test_what_was_read_once_need_not_be_read_again(session: Writer, tmp_path: Path) -> None:
    first = RecordedSession(session.directory, tmp_path)
    assert not first.indexed.whole
    first.index()
    again = RecordedSession(session.directory, tmp_path)
    assert again.indexed == first.indexed
    assert again.indexed.whole
    assert again.at(again.total).state == session.states[-1]


def test_it_is_opened_without_the_state_of_any_key_frame(
    session: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RecordedSession(session.directory, tmp_path).index()
    monkeypatch.setattr(keyframes, "unpacked", lambda *given: pytest.fail("a state was read before anything was seen"))
    assert RecordedSession(session.directory, tmp_path).indexed.whole


def test_one_that_is_left_is_not_read_on(session: Writer, tmp_path: Path) -> None:
    left = RecordedSession(session.directory, tmp_path)
    left.index(lambda: True)
    assert not left.indexed.whole
    assert SPACING <= left.indexed.seq < 2 * SPACING  # up to the first key frame
    left.index()
    assert left.indexed.whole
    assert left.at(left.total).state == session.states[-1]


def test_a_session_that_is_running_is_read_further(tmp_path: Path) -> None:
    session = written(tmp_path, 5, 30)
    first = RecordedSession(session.directory, tmp_path / "cache")
    first.index()
    session.journal = session.journal.open(session.directory.journal, session.clock)
    session.go_on(30)
    session.close()
    second = RecordedSession(session.directory, tmp_path / "cache")
    assert not second.indexed.whole
    second.index()
    assert second.after(10**9).state == session.states[-1]
    assert second.after(first.indexed.seq).state == session.after(first.indexed.seq)


@pytest.mark.parametrize("harm", ["foreign", "damaged", "no database", "another journal"])
def test_key_frames_that_cannot_be_used_are_made_again(session: Writer, tmp_path: Path, harm: str) -> None:
    RecordedSession(session.directory, tmp_path).index()
    (path,) = (one for one in tmp_path.iterdir() if one.suffix == ".db")
    match harm:
        case "no database":
            path.write_bytes(b"nonsense" * 1000)
        case "damaged":
            path.write_bytes(path.read_bytes()[:5000])
        case "foreign":
            with sqlite3.connect(path) as db:
                db.execute("UPDATE meta SET identity = 'another'")
        case _:
            with sqlite3.connect(path) as db:
                db.execute("UPDATE frames SET head = 'another'")
    for beside in tmp_path.glob("*.db-*"):
        beside.unlink()
    again = RecordedSession(session.directory, tmp_path)
    assert not again.indexed.whole
    again.index()
    assert again.at(again.total).state == session.states[-1]


def test_what_other_code_made_of_a_journal_is_not_believed(
    session: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event may change the state otherwise in the next version, or be another marker."""
    before = RecordedSession(session.directory, tmp_path)
    before.index()
    before.close()
    monkeypatch.setattr("tui.replay.keyframes.code", lambda *packages: "another", raising=False)
    later = RecordedSession(session.directory, tmp_path)
    assert not later.indexed.whole
    later.close()


def test_the_page_says_how_far_key_frames_are_apart() -> None:
    page = (Path(__file__).parents[2] / "docs/replay.md").read_text(encoding="utf-8")
    assert f"the state after every {keyframes.SPACING} events" in page


def test_where_nothing_can_be_kept_it_is_still_read(session: Writer, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    read = RecordedSession(session.directory, blocked / "cache")
    read.index()
    assert read.at(read.total).state == session.states[-1]


def fingerprint(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file()
    }


DAMAGE = {
    "nothing": (b"", "has no event"),
    "not JSON": (b"hello\n", "line 1: it is not JSON"),
    "foreign": (b'{"time": 1, "level": "info"}\n', "line 1: it is not JSON"),
    "newer": (b'{"v": 9, "seq": 0}\n', "another version of runbook"),
}


@pytest.mark.parametrize("harm", DAMAGE)
def test_a_journal_that_is_none_is_told_in_words_and_nothing_is_changed(
    session: Writer, tmp_path: Path, harm: str
) -> None:
    copy = tmp_path / session.directory.id
    shutil.copytree(session.directory.path, copy)
    content, words = DAMAGE[harm]
    (copy / "journal.jsonl").write_bytes(content)
    before = fingerprint(copy)
    with pytest.raises(RunbookError) as error:
        RecordedSession(Store(tmp_path).find(copy.name), tmp_path / "cache")
    assert words in error.value.message
    assert error.value.hint
    assert fingerprint(copy) == before


def test_a_line_that_was_changed_ends_what_can_be_seen_and_says_so(session: Writer, tmp_path: Path) -> None:
    copy = tmp_path / session.directory.id
    shutil.copytree(session.directory.path, copy)
    lines = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[60] = lines[60].replace(b'"ana"', b'"eve"', 1) if b'"ana"' in lines[60] else lines[60].replace(b"0", b"1", 1)
    (copy / "journal.jsonl").write_bytes(b"".join(lines))
    before = fingerprint(copy)
    read = RecordedSession(Store(tmp_path).find(copy.name), tmp_path / "cache")
    with pytest.raises(RunbookError, match="line 6[12]"):
        read.index()
    assert read.after(30).state == session.after(30)
    assert fingerprint(copy) == before


def test_reading_a_session_changes_nothing_of_it(session: Writer, tmp_path: Path) -> None:
    before = fingerprint(session.directory.path)
    read = RecordedSession(session.directory, tmp_path)
    read.index()
    read.at(read.total / 2)
    read.close()
    assert fingerprint(session.directory.path) == before


def test_large_output_is_there_as_far_as_its_lines_are_counted_and_kept_for_the_next_time(tmp_path: Path) -> None:
    session = written(tmp_path, 5, 30)
    number = max(session.state.attempts)
    path = session.directory.attempts / f"{number:04d}.out"
    path.write_bytes(b"".join(b"%07d\n" % line for line in range(LARGE // 8 + 100)))
    place = ReplayWorkspace(RecordedSession(session.directory, tmp_path / "cache"), Store(tmp_path))
    place.player.recording.index()
    place.player.seek(place.player.recording.total)
    place.replayer.show()
    reader = place.replayer.outputs.reader(number)
    assert reader.lines_total() == LARGE // 8 + 100
    assert reader.read_lines(LARGE // 8, 1) == [b"%07d" % (LARGE // 8)]

    again = RecordedSession(session.directory, tmp_path / "cache")
    index, counted = again.lines.of(number)
    assert counted == 0
    assert OutputThen(session.directory.attempts, number, again.lines, lambda: EVERYTHING).lines_total() == 0
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))  # what is kept is not counted again
    again.index()
    index, counted = again.lines.of(number)
    assert (index.blocks, counted) == (LARGE // 65536, EVERYTHING)
    assert index.before(index.blocks) == LARGE // 8


def test_no_disk_is_waited_for_before_the_first_frame(
    session: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Heard(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            said.append(sql)
            return super().execute(sql, *values)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **given: connect(path, factory=Heard, **given))
    RecordedSession(session.directory, tmp_path / "cache").close()
    assert said[0] == "PRAGMA synchronous = OFF", "the change to a write-ahead log is written, and synced, otherwise"
