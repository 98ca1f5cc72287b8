"""A session that is taken over comes whole, and `verify` says what of it is proved and what is hidden."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.two_machines import Machine, begun, fetched
from tests.support.machines.two_machines import host as host
from tests.support.machines.two_machines import machine as machine
from tests.support.machines.two_machines import often as often
from tests.support.machines.two_machines import place as place
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import KEY, relay_of
from tui.errors import SessionError
from tui.execution.conductor.conductor import Conductor
from tui.headless.tables import verify_report
from tui.session import events as ev
from tui.session.archive.bundle import pack
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.journal.kept_files import keep_evidence
from tui.session.output.timing import timing_path, verify_timing
from tui.sharing import fetched_files
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import FetchedSession, fetch_session
from tui.sharing.handed_on import ShareFailed
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.relay_feed import RelayFeed
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals

SECRET = "hunter2-secret"


def with_evidence(conductor: Conductor, data: bytes, name: str = "screen.png") -> None:
    """Have somebody give a file that shows what they did."""
    folder = Path(conductor.executor.directory).parent
    kept = keep_evidence(folder, conductor.state.seq + 1, Path(name), data)
    conductor.record(ev.QuestionAnswered(step="announce", action=0, operator="ana", answer="done", files=(kept,)))


@pytest.fixture
def secret_session(machine: Machine, bucket: Bucket, host: FakeTransport) -> Conductor:
    """A session that printed a secret, with a file as evidence, and with a step that printed nothing."""
    laptop = machine("laptop")
    laptop.redactor.add(SECRET)
    host.replies["uptime"] = Reply(f"load 0.1 {SECRET}\n".encode())
    host.replies["dump"] = Reply(b"")
    conductor = begun(laptop, bucket)
    conductor.start("backup", "yes")
    conductor.wait()
    with_evidence(conductor, b"\x89PNG a picture")
    return conductor


def proves_it(brought: FetchedSession, mine: Path) -> None:
    assert brought.missing == ()
    theirs = brought.directory
    assert (theirs.path / "evidence").exists()
    for path in sorted(mine.glob("evidence/*")):
        assert (theirs.path / "evidence" / path.name).read_bytes() == path.read_bytes()
    assert verify_timing(theirs.attempts, 1) == verify_timing(mine / "attempts", 1) != ""
    said = verify_report(theirs)
    assert "1 outputs have secrets hidden (attempts 1)" in said
    assert "here they are what was fetched, each piece with the team's seal" in said
    assert f"{len(list((mine / 'attempts').glob('*.out'))) - 1} outputs: whole" in said
    assert SECRET.encode() not in (theirs.attempts / "0001.out").read_bytes()


def test_times_evidence_and_masks_come_too_and_verify_says_what_is_proved(
    machine: Machine, bucket: Bucket, secret_session: Conductor
) -> None:
    session, desk = str(secret_session.state.facts["session"]), machine("desk")
    until(lambda: fetched(desk, bucket, session).count == secret_session.state.seq + 1)
    mine = Path(secret_session.executor.directory).parent
    brought = fetched(desk, bucket, session)
    proves_it(brought, mine)
    assert verify_report(Store(mine.parent).find(session)).count("hidden") == 0, "where it was made all is proved"
    with (mine.parent / "packed").open("wb") as file:
        pack(brought.directory, file)  # it can be handed on from there as well
    # what was changed afterwards is told, masked or not
    (brought.directory.attempts / "0001.out").write_bytes(b"load 9.9 **************\n")
    with pytest.raises(SessionError, match="the output of attempt 1 .* is not what was recorded"):
        verify_report(brought.directory)
    secret_session.close()


def test_by_a_relay_too(machine: Machine, bucket: Bucket, secret_session: Conductor, redis_server: RedisServer) -> None:
    session = str(secret_session.state.facts["session"])
    mine = Path(secret_session.executor.directory).parent
    directory = Store(mine.parent).find(session)
    sink = RelaySink(relay_of(redis_server), Seals(KEY, session))
    publication = Publication(secret_session, directory, [sink], SystemClock())
    desk = machine("desk").store

    def come() -> FetchedSession | None:
        with suppress(ShareFailed):  # nothing is there yet
            return fetch_session(RelayFeed(relay_of(redis_server), session), Seals(KEY, session), desk)
        return None

    until(lambda: (here := come()) and here.count == secret_session.state.seq + 1, "the relay has all of it")
    publication.close()
    brought = come()
    assert brought is not None
    proves_it(brought, mine)
    secret_session.close()


def test_evidence_with_a_secret_that_became_known_later_stays_on_its_machine(
    machine: Machine, bucket: Bucket, secret_session: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched_files, "PATIENCE", 0.3)
    with_evidence(secret_session, f"log: {SECRET}".encode(), "shop.log")
    session, desk = str(secret_session.state.facts["session"]), machine("desk")
    until(lambda: (there := fetched(desk, bucket, session)).count > secret_session.state.seq and len(there.missing) < 2)
    brought = fetched(desk, bucket, session)
    (missing,) = brought.missing
    assert missing.endswith("-shop.log, given as evidence")
    said = verify_report(brought.directory)
    assert "not here, and not proved: evidence/" in said, "what did not come is neither damage nor proof"
    assert not [one for one in bucket.listed("sessions/") if SECRET.encode() in bucket.get(one.key).data]
    secret_session.close()


def test_a_file_that_is_not_the_one_that_the_journal_speaks_of_is_not_kept(
    machine: Machine, bucket: Bucket, secret_session: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetched_files, "PATIENCE", 0.3)
    session, desk = str(secret_session.state.facts["session"]), machine("desk")
    until(lambda: fetched(desk, bucket, session).count == secret_session.state.seq + 1)
    secret_session.close()
    seals, timing = Seals(KEY, session), f"sessions/{session}/files/attempts/0001.idx"
    elsewhere = machine("hall")
    until(lambda: not fetched(elsewhere, bucket, session).missing)
    bucket.put(timing, seals.sealed("file", "attempts/0002.idx", b"of another attempt"))
    brought = fetched(desk, bucket, session)
    assert brought.missing == ("when the output of attempt 1 came",)
    assert not timing_path(brought.directory.attempts, 1).exists()
