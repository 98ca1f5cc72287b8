"""Who follows a session writes a note, asks for it and allows a step, each signed; what is forged changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.approving import People, asking
from tests.support.redis_server import RedisServer
from tests.support.redis_server import redis_server as redis_server
from tests.support.shared_session import KEY, feeds_of, following, relay_of, session_of, until
from tui.errors import NotNow, RunbookError
from tui.execution.conductor.conductor import Conductor
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.events import NoteAdded
from tui.session.state import ApprovalStatus
from tui.sharing.following.posting import SignedPosting
from tui.sharing.publishing.inbox_reader import InboxReader
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals

pytestmark = pytest.mark.needs("redis-server")


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
        until(lambda: relay_of(server).ask("EXISTS", f"runbook:{self.session}:beat"))
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


def test_a_note_and_a_request_are_recorded_as_theirs(two: Two) -> None:
    two.ben.note("look at the queue", "find")
    until(lambda: len(two.notes()) == 1)
    two.ben.ask_for_session("you sound tired")
    until(lambda: len(two.notes()) == 2)
    first, second = two.notes()
    assert (first.text, first.operator, first.step) == ("look at the queue", "ben", "find")
    assert first.posted is not None
    assert second.text == "asks for the session: you sound tired"
    until(lambda: two.follower.state == two.conductor.state)
    until(lambda: two.publication.words == "shared · 1 follow")


def test_a_step_is_allowed_from_elsewhere(two: Two) -> None:
    two.conductor.approvals.ask("restore", "web")
    until(lambda: "restore" in two.follower.state.approvals)
    two.ben.answer("restore", True, "")
    until(lambda: two.conductor.state.approvals["restore"].status is ApprovalStatus.GRANTED)
    asked = two.conductor.state.approvals["restore"]
    assert asked.by == "ben"
    assert asked.posted is not None


def test_a_step_is_refused_from_elsewhere(two: Two) -> None:
    two.conductor.approvals.ask("restore", "web")
    until(lambda: "restore" in two.follower.state.approvals)
    two.ben.answer("restore", False, "not before the backup")
    until(lambda: two.conductor.state.approvals["restore"].status is ApprovalStatus.REFUSED)
    with pytest.raises(NotNow):
        two.ben.answer("purge", True, "")


def test_messages_that_are_not_to_be_believed_change_nothing(
    two: Two, people: People, redis_server: RedisServer
) -> None:
    relay, inbox = relay_of(redis_server), f"runbook:{two.session}:inbox"
    two.ben.note("a true one", "")
    until(lambda: len(two.conductor.state.posted) == 1)
    true = relay.ask("XRANGE", inbox, "-", "+")[-1][1][1]
    before = two.conductor.state
    eve = SignedPosting(two.follower, people.signing(), "cem")
    people.held.append("cem")  # he has a key, and nobody vouches for it
    with pytest.raises(RunbookError):
        eve.note("from somebody whom nobody knows", "")
    for forged in (true, true.replace(b"a true one", b"a lie here"), b"", b"\xff" * 100, b"{}", b"[" * 70_000):
        relay.ask("XADD", inbox, "*", "m", forged)
    relay.ask("XADD", inbox, "*", "x", "y", "z", "w")
    until(lambda: len(two.reader.refused) >= 6)
    after = two.conductor.state
    assert (after.posted, after.approvals, after.epoch) == (before.posted, before.approvals, before.epoch)
    assert len(two.notes()) == 1
    assert "messages refused" in two.publication.words
    assert any("same message again" in words for words in two.reader.refused)
