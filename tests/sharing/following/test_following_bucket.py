"""Without a relay a session is followed by way of the team's bucket, whose objects are written once."""

from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.servers.team_bucket import TeamBucketServer, refusal
from tests.support.servers.team_bucket import bucket as bucket
from tests.support.servers.team_bucket import team_server as team_server
from tests.support.sessions.shared_session import KEY, begun, following, session_of
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.session.clock import SystemClock
from tui.session.journal.journal import verify
from tui.sharing.bucket import Bucket
from tui.sharing.publishing.publication import Publication
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.sharing.stored.bucket_sink import BucketSink
from tui.sharing.stored.object_names import BucketNames, JournalObject, body_of, parts_of_body


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BucketSink, "every", 0.05)
    monkeypatch.setattr(BucketFeed, "every", 0.05)


def stored(workspace: Workspace, bucket: Bucket, epoch: int = 1) -> tuple[Publication, Conductor, str]:
    conductor = begun(workspace)
    directory = workspace.store.find(session_of(conductor))
    sink = BucketSink(bucket, Seals(KEY, directory.id), epoch)
    conductor.shared = made = Publication(conductor, directory, [sink], SystemClock(), lambda: epoch)
    return made, conductor, directory.id


def test_a_bucket_is_followed(workspace: Workspace, host: FakeTransport, bucket: Bucket, tmp_path: Path) -> None:
    publication, conductor, session = stored(workspace, bucket)
    host.replies["uptime"] = Reply(b"the secret hunter2-secret\n")
    workspace.redactor.add("hunter2-secret")
    conductor.start("look")
    conductor.wait()
    until(lambda: list(bucket.listed("live/")))
    follower = following(lambda: BucketFeed(bucket, session), session, tmp_path / "followed")
    until(lambda: follower.state == conductor.state)
    reader = follower.outputs.reader(1)
    until(lambda: reader.read_lines(0, 1) == [b"the secret " + b"*" * 14])
    conductor.note("one more", "look")
    until(lambda: follower.state == conductor.state)
    until(lambda: follower.whole)
    until(lambda: verify(follower.directory.journal).count == conductor.state.seq + 1)
    assert publication.words == "shared"
    conductor.close()
    follower.close()
    exact = b"".join(
        part.data + b"\n"
        for one in bucket.listed(f"sessions/{session}/journal/")
        for part in parts_of_body(0, bucket.get(one.key).data)
    )
    assert exact == workspace.store.find(session).journal.read_bytes()
    everything = [bucket.get(one.key).data for one in bucket.listed()]
    assert not any(b"hunter2-secret" in data for data in everything)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("403 Forbidden", "AccessDenied"),
        ("404 Not Found", "NoSuchBucket"),
        ("503 Slow Down", "SlowDown"),
        ("409 Conflict", "ConditionalRequestConflict"),
        ("403 Forbidden", "RequestTimeTooSkewed"),
    ],
)
def test_what_the_bucket_refuses_is_told_and_put_there_afterwards(
    workspace: Workspace, team_server: TeamBucketServer, bucket: Bucket, status: str, code: str
) -> None:
    with team_server.answering(lambda environ: refusal(status, code)):
        publication, conductor, session = stored(workspace, bucket)
        conductor.note("while it refuses", "look")
        until(lambda: publication.troubled)
        assert publication.words.startswith("not shared since")
        assert "team" in publication.words
        assert "Error" not in publication.words
    until(lambda: not publication.troubled)
    conductor.close()
    count = sum(
        len(parts_of_body(0, bucket.get(one.key).data)) for one in bucket.listed(f"sessions/{session}/journal/")
    )
    assert count == verify(workspace.store.find(session).journal).count


def test_an_object_that_is_there_already_is_what_was_put_or_is_told(workspace: Workspace, bucket: Bucket) -> None:
    seals, names = Seals(KEY, "s"), BucketNames("s")
    sink = BucketSink(bucket, seals)
    one = JournalObject(1, 0)
    bucket.put_new(names.lines(one), body_of(seals, 0, [b"a", b"b"]))
    sink.lines(0, [b"a", b"b"])  # the answer to the first had been lost
    sink.lines(0, [b"a", b"b", b"c"])
    assert [item.key for item in bucket.listed(names.journal)] == [
        names.lines(one),
        names.lines(JournalObject(1, 2)),
    ]
    from tui.sharing.handed_on import OtherWriter

    with pytest.raises(OtherWriter, match="other lines"):
        sink.lines(0, [b"x"])
    with pytest.raises(OtherWriter):
        sink.begin(b"", lambda number: b"other")
    bucket.put(names.lines(JournalObject(1, 5)), body_of(Seals(KEY, "another"), 5, [b"forged"]))
    sink.lines(5, [b"ours"])
    assert [part.data for part in parts_of_body(5, bucket.get(names.lines(JournalObject(1, 5))).data)] == [b"ours"]


def test_what_proves_nothing_is_not_given_again_and_again(
    workspace: Workspace, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BucketFeed, "every", 3600.0)
    _, conductor, session = stored(workspace, bucket)
    until(lambda: list(bucket.listed(f"sessions/{session}/journal/")))
    conductor.close()
    feed = BucketFeed(bucket, session)
    assert feed.lines(0, 9, 0.0)
    assert feed.lines(0, 9, 0.0) == [], "else who waits for the true line asks without a pause"
    monkeypatch.setattr(BucketFeed, "every", 0.0)
    assert feed.lines(0, 9, 0.0), "it may have been put right meanwhile"


def test_lines_of_a_writer_who_was_taken_over_show_a_fork(bucket: Bucket) -> None:
    from tui.session.clock import SystemClock
    from tui.session.events import Entry, NoteAdded
    from tui.session.journal.chain import START, digest, encode
    from tui.sharing.following.proving import LineProof

    def line(number: int, text: str, head: str) -> bytes:
        return encode(Entry(number, SystemClock().now(), 0.0, NoteAdded(text=text, operator="ana")), head)

    seals, names = Seals(KEY, "s"), BucketNames("s")
    first = line(0, "common", START)
    ours, theirs = line(1, "ours", digest(first)), line(1, "theirs", digest(first))
    bucket.put_new(names.lines(JournalObject(1, 0)), body_of(seals, 0, [first]))
    bucket.put_new(names.lines(JournalObject(2, 1)), body_of(seals, 1, [ours]))
    feed, proof = BucketFeed(bucket, "s"), LineProof(seals)
    while proof.count < 2:
        list(proof.take(feed.lines(proof.count, 10, 0.01)))
    assert proof.forked < 0
    bucket.put_new(names.lines(JournalObject(1, 1)), body_of(seals, 1, [theirs]))
    until(lambda: list(proof.take(feed.lines(2, 10, 0.01))) or proof.forked == 1)
