"""Who follows a session writes a note, asks for it and allows a step, each signed; what is forged changes nothing."""

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.two_people import Two, people, redis_server, two
from tests.support.servers.redis_server import RedisServer
from tests.support.sessions.approving import People
from tests.support.sessions.shared_session import relay_of
from tui.errors import NotNow, RunbookError
from tui.session.archive.store import SessionDirectory
from tui.session.state import ApprovalStatus
from tui.sharing.following.posting import SignedPosting
from tui.sharing.messages import decode_message
from tui.sharing.publishing.inbox_reader import InboxReader

__all__ = ["people", "redis_server", "two"]

pytestmark = pytest.mark.needs("redis-server")


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


def test_what_was_taken_before_the_session_was_resumed_is_no_refused_message(
    two: Two, redis_server: RedisServer
) -> None:
    two.ben.note("look at the queue", "find")
    until(lambda: len(two.conductor.state.posted) == 1)  # it is in the journal a moment sooner
    again = InboxReader(two.conductor, SessionDirectory(two.conductor.outputs.directory.parent))
    message = relay_of(redis_server).ask("XRANGE", f"runbook:{two.session}:inbox", "-", "+")[-1][1][1]
    again(message)
    assert again.refusals == 0
    assert len(two.notes()) == 1
    again(message.replace(b"look at the queue", b"look at the other"))
    assert len(two.notes()) == 1


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
    until(lambda: two.reader.refusals >= 6)
    after = two.conductor.state
    assert (after.posted, after.approvals, after.epoch) == (before.posted, before.approvals, before.epoch)
    assert len(two.notes()) == 1
    assert "messages refused" in two.publication.words
    assert any("same message again" in words for words in two.reader.refused)


def test_who_sent_what_was_refused_is_told_why_until_they_send_another(two: Two, redis_server: RedisServer) -> None:
    two.ben.note("  ", "")
    until(lambda: "YOUR MESSAGE WAS REFUSED: a note without a text" in two.follower.read_only)
    assert "you follow ana" in two.follower.read_only
    two.ben.note("look at the queue", "find")
    until(lambda: len(two.notes()) == 1)
    until(lambda: two.follower.state == two.conductor.state)
    until(lambda: "REFUSED" not in two.follower.read_only)
    relay, inbox = relay_of(redis_server), f"runbook:{two.session}:inbox"
    taken = relay.ask("XRANGE", inbox, "-", "+")[-1][1][1]
    refused = two.reader.refusals
    relay.ask("XADD", inbox, "*", "m", taken)  # a relay repeats: what was taken is not told as refused
    until(lambda: two.reader.refusals > refused)
    assert [one.why for one in two.reader.told] == ["a note without a text"]


def test_who_was_taken_at_their_word_is_not_told_of_a_forged_copy_that_came_first(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    monkeypatch.setattr(two.follower, "send", lambda name, message: sent.append(message))
    two.ben.note("look at the queue", "find")
    (true,) = sent
    two.reader(true.replace(b"at the queue", b"at the other"))
    assert [one.id for one in two.reader.told] == [decode_message(true).message.id]
    two.reader(true)
    assert [note.text for note in two.notes()] == ["look at the queue"]
    assert two.reader.told == ()


def test_the_newest_of_very_many_refused_messages_are_told(two: Two, redis_server: RedisServer) -> None:
    two.ben.note("  ", "")
    until(lambda: two.reader.refusals == 1)
    raw = relay_of(redis_server).ask("XRANGE", f"runbook:{two.session}:inbox", "-", "+")[-1][1][1]
    own = decode_message(raw).message.id
    ids = [f"{number:032x}" for number in range(30)]
    for one in ids:
        two.reader(raw.replace(own.encode(), one.encode()))
    assert [one.id for one in two.reader.told] == ids[-20:]
    assert len(two.reader.refused) == 20 < two.reader.refusals
