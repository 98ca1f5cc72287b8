"""Machines that share a bucket of the team, each with sessions of its own, and one host that they all reach."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.servers.team_bucket import KEYS
from tests.support.sessions.shared_session import KEY
from tui.config import BucketPlace, Config, SharePlace
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.sharing.attached import share_sessions
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import FetchedSession, fetch_session
from tui.sharing.lease import Lease, find
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.sharing.stored.bucket_sink import BucketSink
from tui.sharing.team import BucketTeam

Machine = Callable[[str], Workspace]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BucketSink, "every", 0.2)
    monkeypatch.setattr(BucketFeed, "every", 0.2)
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    monkeypatch.setenv("TEAM_KEY", KEY)
    monkeypatch.setenv("TEAM_ACCESS", KEYS.access_key)
    monkeypatch.setenv("TEAM_SECRET", KEYS.secret_key)


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


@pytest.fixture
def place(bucket: Bucket) -> BucketPlace:
    return BucketPlace(
        name=bucket.place.name,
        endpoint=bucket.place.endpoint,
        region=bucket.place.region,
        prefix=bucket.place.prefix,
        access_key="env:TEAM_ACCESS",
        secret_key="env:TEAM_SECRET",
    )


@pytest.fixture
def machine(tmp_path: Path, host: FakeTransport, place: BucketPlace) -> Iterator[Machine]:
    """Makes machines that share the team's bucket, each with sessions of its own."""
    made: list[Workspace] = []

    def make(name: str) -> Workspace:
        store = Store(tmp_path / name)
        one = Workspace(small(), SMALL, store, {"web": host, "tools": host}, SystemClock())
        share_sessions(one, Config(bucket=place, share=SharePlace(key="env:TEAM_KEY")))
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def begun(workspace: Workspace, bucket: Bucket) -> Conductor:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("look")
    conductor.wait()
    session = str(conductor.state.facts["session"])
    until(lambda: find(bucket, session) is not None)
    until(lambda: [one for one in bucket.listed("live/") if one.key == f"live/{session}"])
    return conductor


def leave_the_backup_running(conductor: Conductor, host: FakeTransport) -> None:
    """Start the backup, which runs until it is told otherwise."""
    host.replies["backup"] = Reply(b"one\n", until=threading.Event())
    came = threading.Event()
    host.before_run = lambda command: came.set()
    conductor.start("backup", "yes")
    assert came.wait()


def taken(
    workspace: Workspace, bucket: Bucket, session: str, monkeypatch: pytest.MonkeyPatch, silent: float = 90.0
) -> Lease:
    """The lease, by somebody who confirmed it after its holder's silence."""
    monkeypatch.setattr(bucket, "age", lambda written: silent)
    return BucketTeam(bucket, workspace.store.root, "desk").take_over(session, "ben", find(bucket, session))


def fetched(workspace: Workspace, bucket: Bucket, session: str) -> FetchedSession:
    return fetch_session(BucketFeed(bucket, session), Seals(KEY, session), workspace.store)


def handed_on(laptop: Workspace, desk: Workspace, bucket: Bucket) -> tuple[Conductor, str]:
    """A session of one machine, and its id, once the other can fetch all that is written of it."""
    old = begun(laptop, bucket)
    session = str(old.state.facts["session"])
    until(lambda: fetched(desk, bucket, session).count == old.state.seq + 1)
    return old, session
