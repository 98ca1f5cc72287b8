"""Two people with keys of their own, a session that one of them writes, and the other who follows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.approving import People, asking
from tests.support.sessions.shared_session import KEY, feeds_of, following, relay_of, session_of, until_heard
from tui.execution.conductor.conductor import Conductor
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.events import NoteAdded
from tui.sharing.following.posting import SignedPosting
from tui.sharing.publishing.inbox_reader import InboxReader
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals


class Two:
    """Ana, who writes a session, and ben, who follows it."""

    def __init__(self, conductor: Conductor, people: People, server: RedisServer, folder: Path) -> None:
        self.conductor = conductor
        self.session = session_of(conductor)
        directory = SessionDirectory(conductor.outputs.directory.parent)
        sink = RelaySink(relay_of(server), Seals(KEY, self.session))
        self.publication = Publication(conductor, directory, [sink], SystemClock())
        self.reader = InboxReader(conductor, directory)
        self.publication.take_messages(self.reader)
        conductor.shared = self.publication
        until_heard(server, self.session)
        self.follower = following(feeds_of(server, self.session), self.session, folder / "followed")
        self.ben = SignedPosting(self.follower, people.signing(), "ben")
        until(lambda: self.follower.state == conductor.state)

    def notes(self) -> list[NoteAdded]:
        from tui.session.journal.journal import read

        path = self.conductor.outputs.directory.parent / "journal.jsonl"
        return [entry.event for entry in read(path) if isinstance(entry.event, NoteAdded)]


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def two(tmp_path: Path, people: People, redis_server: RedisServer) -> Iterator[Two]:
    with asking(tmp_path, people.signing(), SystemClock()) as (conductor, _):
        made = Two(conductor, people, redis_server, tmp_path)
        yield made
        made.follower.close()
        made.publication.close()
