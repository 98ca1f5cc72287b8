"""Without a bucket, too, what an earlier writer still writes is seen by who took over: the relay keeps it beside."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.sessions.shared_session import KEY, begun, relay_of, session_of, shared
from tui.execution.epochs.holding import Alone
from tui.execution.workspace import Workspace
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.sharing.handed_on import LINE
from tui.sharing.publishing.fork_reader import ForkReader
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals
from tui.sharing.team import AlreadyTaken

pytestmark = pytest.mark.needs("redis-server")


@pytest.fixture
def at(tmp_path: Path, host: FakeTransport) -> Callable[[str], Workspace]:
    return lambda name: Workspace(small(), SMALL, Store(tmp_path / name), {"web": host, "tools": host}, SystemClock())


def test_what_the_old_writer_still_wrote_is_told_to_who_took_over(
    at: Callable[[str], Workspace], redis_server: RedisServer
) -> None:
    laptop, desk = at("laptop"), at("desk")
    old = begun(laptop)
    session = session_of(old)
    first = shared(laptop, old, relay_of(redis_server))
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:journal") == old.state.seq + 1)
    shutil.copytree(laptop.store.root / session, desk.store.root / session)
    common = old.state.seq + 1
    desk.team = AlreadyTaken(session, Alone(2, "ben"), None)
    new = desk.resume(session, "ben")
    second = shared(desk, new, relay_of(redis_server), epoch=2)
    second.find_forks(ForkReader(new, desk.store.find(session)))
    old.note("by ana, who did not know")
    until(lambda: "has taken this session over" in first.words)
    until(lambda: new.state.forks, "the fork is not in the new holder's journal")
    old.note("and this, later")
    until(lambda: max(one.lines for one in new.state.forks.values()) == 2, "what she wrote later is not told")
    (fork,) = new.state.forks.values()
    assert (fork.operator, fork.epoch, fork.after) == ("ana", 1, common)
    assert fork.said == ("a note: by ana, who did not know", "a note: and this, later")
    assert 0 < relay_of(redis_server).ask("TTL", f"runbook:{session}:journal:1") <= 7 * 24 * 3600
    until(lambda: relay_of(redis_server).ask("XLEN", f"runbook:{session}:journal") == new.state.seq + 1)
    for made in (first, second):
        made.close()
    new.close()
    old.close()


def test_lines_without_the_teams_seal_are_no_fork(redis_server: RedisServer) -> None:
    relay, seals = relay_of(redis_server), Seals(KEY, "mine")
    sink = RelaySink(relay, seals, epoch=3)
    relay.ask("XADD", "runbook:mine:journal:1", "5-0", "l", b"true", "s", seals.seal(LINE, "4", b"true"))
    relay.ask("XADD", "runbook:mine:journal:1", "6-0", "l", b"forged", "s", seals.seal(LINE, "4", b"true"))
    relay.ask("XADD", "runbook:mine:journal:1", "7-0", "x", "y")
    relay.ask("XADD", "runbook:mine:journal:2", "6-0", "l", b"moved", "s", seals.seal(LINE, "4", b"moved"))
    found = [one for _ in range(4) for one in sink.strays()]
    assert [(one.epoch, one.first, one.lines) for one in found] == [(1, 4, [b"true"])]
    assert RelaySink(relay, seals, epoch=1).strays() == []
    sink.close()
