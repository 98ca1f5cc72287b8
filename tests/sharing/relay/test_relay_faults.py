"""Whatever the relay does, the session is carried on, nothing of it is lost, and who writes is told in words."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.harness.waiting import until
from tests.support.servers.redis_server import PASSWORD, RedisServer
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
from tui.errors import UsageError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.session.journal.journal import verify
from tui.sharing.handed_on import ShareFailed
from tui.sharing.publishing.publisher import LAST_PAUSE, LAST_WORDS
from tui.sharing.relay.client import Relay, RelayAddress, relay_address

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, which harms it."""
    made = RedisServer(tmp_path / "redis", password=PASSWORD)
    yield made
    made.stop()


@pytest.fixture
def conductor(server: RedisServer, workspace: Workspace) -> Iterator[Conductor]:
    """A session that is closed before the server is: else it has its last words for a while."""
    made = begun(workspace)
    yield made
    made.close()


def length(server: RedisServer, conductor: Conductor) -> int:
    return int(relay_of(server).ask("XLEN", f"runbook:{session_of(conductor)}:journal"))


def whole(server: RedisServer, conductor: Conductor, workspace: Workspace) -> bool:
    """Whether the relay has exactly the lines that are on the disk."""
    found = feeds_of(server, session_of(conductor))().lines(0, 10_000, 0.0)
    exact = b"".join(part.data + b"\n" for part in found)
    return exact == workspace.store.find(session_of(conductor)).journal.read_bytes()


def test_a_relay_that_is_gone_and_comes_back_gets_what_happened_meanwhile(
    workspace: Workspace, conductor: Conductor, server: RedisServer, tmp_path: Path
) -> None:
    publication = shared(workspace, conductor, relay_of(server))
    until(lambda: length(server, conductor) == conductor.state.seq + 1)
    server.stop()
    conductor.start("look")
    conductor.wait()
    until(lambda: "cannot be reached: connection refused" in publication.words)
    assert publication.words.startswith("not shared since ")
    port = server.port
    again = RedisServer(tmp_path / "again", "--port", str(port), password=PASSWORD)
    again.port = port
    try:
        until(lambda: not publication.troubled)
        until(lambda: whole(again, conductor, workspace))
        until(lambda: relay_of(again).ask("XLEN", f"runbook:{session_of(conductor)}:output:1") == 1)
    finally:
        again.stop()


def test_an_emptied_relay_is_filled_again_and_its_followers_stay(
    workspace: Workspace, conductor: Conductor, server: RedisServer, tmp_path: Path
) -> None:
    shared(workspace, conductor, relay_of(server))
    conductor.start("look")
    conductor.wait()
    until(lambda: whole(server, conductor, workspace))
    follower = following(feeds_of(server, session_of(conductor)), session_of(conductor), tmp_path / "followed")
    server.admin("FLUSHALL")
    conductor.note("after it was emptied", "look")
    until(lambda: whole(server, conductor, workspace))
    until(lambda: follower.state == conductor.state)
    until(lambda: relay_of(server).ask("XLEN", f"runbook:{session_of(conductor)}:output:1") == 1)
    assert follower.forged == 0
    follower.close()


def test_lines_that_a_relay_dropped_or_made_up_are_put_right(
    workspace: Workspace, conductor: Conductor, server: RedisServer
) -> None:
    shared(workspace, conductor, relay_of(server))
    until(lambda: whole(server, conductor, workspace))
    key = f"runbook:{session_of(conductor)}:journal"
    for harm in (("XDEL", key, "2-0"), ("XADD", key, "99999-0", "l", "forged", "s", "x"), ("DEL", key)):
        relay_of(server).ask(*harm)
        conductor.note(harm[0])
        until(lambda: whole(server, conductor, workspace), str(harm))


@pytest.mark.parametrize(
    ("password", "words"), [("wrong-password-of-it", "refuses this password"), ("", "wants a password and got none")]
)
def test_a_wrong_password_is_told_and_never_shown(
    workspace: Workspace, conductor: Conductor, server: RedisServer, password: str, words: str
) -> None:
    publication = shared(workspace, conductor, relay_of(server, password))
    until(lambda: publication.troubled)
    assert words in publication.words or "refuses" in publication.words, publication.words
    assert not password or password not in publication.words
    conductor.start("look")
    conductor.wait()
    assert verify(workspace.store.find(session_of(conductor)).journal).count == conductor.state.seq + 1


def test_a_full_relay_is_told_and_gets_the_rest_when_it_has_room(
    workspace: Workspace, conductor: Conductor, server: RedisServer
) -> None:
    publication = shared(workspace, conductor, relay_of(server))
    until(lambda: whole(server, conductor, workspace))
    server.admin("CONFIG", "SET", "maxmemory", "1")
    conductor.start("look")
    conductor.wait()
    until(lambda: publication.troubled)
    assert "full and takes no writes" in publication.words
    server.admin("CONFIG", "SET", "maxmemory", "0")
    until(lambda: not publication.troubled)
    until(lambda: whole(server, conductor, workspace))


def test_a_relay_that_does_not_answer_delays_nothing(workspace: Workspace, conductor: Conductor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never says a word
        relay = Relay(RelayAddress("127.0.0.1", silent.getsockname()[1]), "", seconds=0.5)
        publication = shared(workspace, conductor, relay)
        started = time.monotonic()
        conductor.start("look")
        conductor.wait()
        assert time.monotonic() - started < 5.0
        until(lambda: publication.troubled)
        assert "does not answer" in publication.words
        started = time.monotonic()
        conductor.close()
        assert time.monotonic() - started < 5.0


def test_the_last_words_to_a_relay_that_is_gone_are_tried_now_and_then(
    workspace: Workspace, conductor: Conductor, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, tries = relay_of(server), []
    publication = shared(workspace, conductor, relay)
    until(lambda: whole(server, conductor, workspace))
    server.stop()
    conductor.note("nobody is there to hear it")
    until(lambda: publication.troubled)
    connected = relay._connected
    monkeypatch.setattr(relay, "_connected", lambda: (tries.append(1), connected())[1])
    conductor.close()
    assert 1 <= len(tries) <= LAST_WORDS / LAST_PAUSE + 1


def test_what_does_not_speak_redis_is_told(workspace: Workspace, conductor: Conductor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            for _ in range(3):
                try:
                    connection, _ = other.accept()
                except OSError:
                    return
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"\xff" * 1000)
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        publication = shared(workspace, conductor, Relay(RelayAddress("127.0.0.1", other.getsockname()[1]), "", 0.5))
        until(lambda: publication.troubled)
        assert "Traceback" not in publication.words
        assert "127.0.0.1" in publication.words


def test_of_two_writers_the_later_epoch_is_followed_and_the_other_is_told(
    workspace: Workspace, conductor: Conductor, server: RedisServer
) -> None:
    first = shared(workspace, conductor, relay_of(server))
    until_heard(server, session_of(conductor))
    taken = shared(workspace, conductor, relay_of(server), epoch=2)
    until(lambda: first.troubled)
    assert "has taken this session over" in first.words
    conductor.note("by the second")
    until(lambda: whole(server, conductor, workspace))
    assert not taken.troubled
    first.close()


def test_a_copy_of_a_session_with_other_lines_is_told(
    workspace: Workspace, conductor: Conductor, server: RedisServer, tmp_path: Path
) -> None:
    shared(workspace, conductor, relay_of(server))
    until(lambda: whole(server, conductor, workspace))
    from tui.session.clock import SystemClock
    from tui.session.events import NoteAdded
    from tui.session.journal.journal import Journal
    from tui.sharing.handed_on import OtherWriter
    from tui.sharing.relay.relay_sink import RelaySink
    from tui.sharing.seals import Seals

    copy = Journal.create(tmp_path / "journal.jsonl", SystemClock())
    copy.append(NoteAdded(text="another truth", operator="eve"))
    copy.close()
    line = (tmp_path / "journal.jsonl").read_bytes()[:-1]
    sink = RelaySink(relay_of(server), Seals(KEY, session_of(conductor)))
    with pytest.raises(OtherWriter, match="other lines"):
        sink.begin(b"", lambda number: line)
    assert whole(server, conductor, workspace)


@pytest.mark.parametrize(
    "url", ["", "http://cache:6379", "redis://", "redis://cache:port", "redis://cache:6379/first", "cache:6379"]
)
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        relay_address(url)


def test_an_address_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        relay_address("redis://:hunter2-secret@cache:6379/0")
    assert "hunter2" not in str(refused.value) + refused.value.hint
    assert str(relay_address("rediss://ana@cache:6380/2")) == "the relay cache:6380"
    assert "s3cret" not in repr(Relay(relay_address("redis://cache"), "s3cret"))


def test_a_refusal_is_among_the_answers_and_the_connection_stays(server: RedisServer) -> None:
    relay = relay_of(server)
    with pytest.raises(ShareFailed, match="refuses"):
        relay.ask("XADD", "key", "wrong")
    assert relay.ask("PING") == b"PONG"
