"""Who follows a session sees what its writer sees, a moment later, and can do nothing to it."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.journal_script import MEASURED
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import (
    KEY,
    begun,
    feeds_of,
    following,
    relay_of,
    session_of,
    shared,
    until_heard,
)
from tui.errors import SessionError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.journal.journal import verify
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


@pytest.fixture
def workspace(tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    made = Workspace(small(), SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    yield made
    made.close()


@pytest.fixture
def conductor(workspace: Workspace) -> Iterator[Conductor]:
    made = begun(workspace)
    yield made
    made.close()


def test_a_follower_has_the_writers_state_and_output(
    workspace: Workspace, conductor: Conductor, redis_server: RedisServer, tmp_path: Path
) -> None:
    publication = shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    until(lambda: publication.words.startswith("shared"))
    conductor.start("look")
    conductor.wait()
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:journal") == conductor.state.seq + 1)
    until_heard(redis_server, session)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    until(lambda: follower.state == conductor.state)
    reader = follower.outputs.reader(1)
    until(lambda: reader.read_lines(0, 1) == [b"load average: 0.1"])
    conductor.note("seen by all", "look")
    until(lambda: follower.state == conductor.state)
    assert follower.receipt() == conductor.receipt()
    until(lambda: publication.words == "shared · 1 follow")
    assert "you follow ana on" in follower.read_only
    until(lambda: "up to 1 s behind" in follower.read_only)
    assert "only who writes it" in follower.refusal().message
    until(lambda: follower.whole)
    until(lambda: verify(follower.directory.journal).count == conductor.state.seq + 1)
    conductor.finish("abandoned")
    until(lambda: follower.state.finished is not None)
    conductor.close()
    until(lambda: "over" in follower.read_only)
    follower.close()


def test_a_follower_whose_folder_has_gone_fills_it_no_more(
    workspace: Workspace, conductor: Conductor, redis_server: RedisServer, tmp_path: Path
) -> None:
    publication = shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    until(lambda: publication.words.startswith("shared"))
    until_heard(redis_server, session)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    until(lambda: follower.whole)
    follower.close()

    class Gone:
        def close(self) -> None:
            shutil.rmtree(follower.directory.journal.parent)

    vars(follower)["_feeds"] = Gone
    follower._fill()
    assert not follower.directory.journal.exists()


def test_a_follower_sees_what_is_measured_before_it_is_in_a_line(
    host: FakeTransport, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    runbook, store = load_text(MEASURED, "runbook.toml"), Store(tmp_path / "sessions")
    workspace = Workspace(runbook, MEASURED, store, {"web": host, "tools": host}, SystemClock())
    conductor = begun(workspace)
    conductor.monitors.stop()
    shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:journal") == conductor.state.seq + 1)
    until_heard(redis_server, session)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    for value in (0.5, None):
        conductor.record(ev.MonitorSampled(monitor="load", value=value, detail="" if value else "no answer"))
        until(lambda: follower.state == conductor.state)
    assert verify(store.find(session).journal).count == conductor.state.seq, "they are in no line"
    conductor.note("now they are", "look")
    until(lambda: follower.state == conductor.state)
    assert follower.receipt() == conductor.receipt()
    assert [sample.value for sample in follower.state.monitors["load"].samples][-2:] == [0.5, None]
    follower.close()
    conductor.close()
    workspace.close()


def test_what_a_running_command_prints_is_seen_while_it_runs(
    workspace: Workspace, conductor: Conductor, host: FakeTransport, redis_server: RedisServer, tmp_path: Path
) -> None:
    shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    ends = threading.Event()
    host.replies["uptime"] = Reply(b"one line\n" * 3, until=ends)
    conductor.start("look")
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:output:1"))
    until_heard(redis_server, session)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    until(lambda: follower.outputs.size(1) == 27)
    assert follower.outputs.is_live(1)
    until(lambda: follower.outputs.reader(1).read_lines(0, 5) == [b"one line"] * 3)
    ends.set()
    conductor.wait()
    until(lambda: follower.state == conductor.state)
    assert not follower.outputs.is_live(1)
    follower.close()


def test_what_begins_to_run_while_it_is_asked_what_is_there_is_handed_on_too(
    workspace: Workspace, conductor: Conductor, redis_server: RedisServer, tmp_path: Path
) -> None:
    """Its output never came to anybody: it counted as one of those about which it had been asked."""

    class SlowSink(RelaySink):
        def held(self, attempts: list[int]) -> dict[int, int]:
            if not conductor.state.attempts:
                conductor.start("look")
                conductor.wait()
            return super().held(attempts)

    session = session_of(conductor)
    sink = SlowSink(relay_of(redis_server), Seals(KEY, session))
    conductor.shared = Publication(conductor, workspace.store.find(session), [sink], SystemClock())
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:output:1"))
    until_heard(redis_server, session)
    follower = following(feeds_of(redis_server, session), session, tmp_path / "followed")
    until(lambda: follower.outputs.reader(1).read_lines(0, 1) == [b"load average: 0.1"])
    follower.close()


def test_with_another_key_nothing_is_believed(
    workspace: Workspace, conductor: Conductor, redis_server: RedisServer, tmp_path: Path
) -> None:
    publication = shared(workspace, conductor, relay_of(redis_server))
    session = session_of(conductor)
    until(lambda: publication.words.startswith("shared"))
    until_heard(redis_server, session)
    with pytest.raises(SessionError, match="team's key"):
        following(feeds_of(redis_server, session), session, tmp_path / "followed", "another key, of as many characters")
    with pytest.raises(SessionError, match="has nothing of"):
        following(feeds_of(redis_server, "nobody"), "nobody", tmp_path / "followed")
