"""Who follows a session on a group of real hosts has every host's cell and output, and is shown what its writer is."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fleet import of_group
from tests.support.screens.running import running
from tests.support.servers.redis_server import RedisServer
from tests.support.servers.redis_server import redis_server as redis_server
from tests.support.servers.sshd import Sshd
from tests.support.servers.team_bucket import TeamBucketServer
from tests.support.sessions.shared_session import KEY, feeds_of, following, relay_of, session_of, shared, until_heard
from tests.tui.conftest import dialog, shown
from tests.tui.conftest import until as comes
from tui.app import RunbookApp
from tui.dialogs.pick import Pick
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load_text
from tui.screens.run.text import hosts_to_open
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.groups.cells import CellStatus, cells_of
from tui.session.groups.printed_alike import said_alike
from tui.session.journal.journal import verify
from tui.session.output.output import OutputReader
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.sharing.bucket import Bucket
from tui.sharing.following.follow_workspace import FollowWorkspace
from tui.sharing.following.followed_session import Follower
from tui.sharing.publishing.publication import Publication
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.sharing.stored.bucket_sink import BucketSink
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport
from tui.transports.ssh.transport import SSHTransport
from tui.widgets.step.card import StepCard

pytestmark = pytest.mark.needs("redis-server")
NAMES = ("box1", "box2", "box3", "box4")
TEXT = of_group(
    ["box[1:4]"],
    '''title = "Update {{ host }}"
each = "box"
batches = ["1", "100%"]
at_once = 3
stop_after = 2
[[sections.steps]]
id = "drain"
title = "Drain"
mutates = true
run = "echo drain >>HERE/did-{{ host }}; echo {{ host }} drained"
[[sections.steps]]
id = "update"
title = "Update"
mutates = true
signoff = "operator"
run = """
echo update >>HERE/did-{{ host }}
echo "{{ host }} begins"
case {{ host }} in
(box2) [ -e HERE/fixed ] || { while [ ! -e HERE/go ]; do sleep 0.05; done; kill -9 $PPID $$; } ;;
(box3) [ -e HERE/fixed ] || { echo "E: No space left on device" >&2; exit 100; } ;;
esac
echo "app 4.2.1 installed"
"""
''',
    section="roll",
    group="box",
    local=True,
)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Sshd]]:
    """A server for each host, with a key of its own."""
    folder = tmp_path_factory.mktemp("boxes")
    with ThreadPoolExecutor(4) as pool:
        made = dict(zip(NAMES, pool.map(lambda name: Sshd(folder / name), NAMES), strict=True))
    yield made
    for one in made.values():
        one.stop()


@pytest.fixture
def workspace(servers: dict[str, Sshd], tmp_path: Path) -> Iterator[Workspace]:
    text = TEXT.replace("HERE", str(tmp_path))
    ways: dict[str, Transport] = {
        name: SSHTransport(name, "box", config_files=[one.ssh_config]) for name, one in servers.items()
    }
    ways["here"] = LocalTransport("here")
    made = Workspace(load_text(text, "fleet"), text, Store(tmp_path / "sessions"), ways, SystemClock())
    yield made
    made.close()


def followed_by_redis(workspace: Workspace, conductor: Conductor, server: RedisServer, folder: Path) -> Follower:
    shared(workspace, conductor, relay_of(server))
    until_heard(server, session_of(conductor))
    return following(feeds_of(server, session_of(conductor)), session_of(conductor), folder)


def followed_by_bucket(workspace: Workspace, conductor: Conductor, bucket: Bucket, folder: Path) -> Follower:
    session = session_of(conductor)
    sink = BucketSink(bucket, Seals(KEY, session), 1)
    conductor.shared = Publication(conductor, workspace.store.find(session), [sink], SystemClock(), lambda: 1)
    until(lambda: list(bucket.listed("live/")))
    return following(lambda: BucketFeed(bucket, session), session, folder)


@pytest.mark.parametrize("way", ["redis", "bucket"])
def test_a_follower_is_shown_each_cell_and_output_that_the_operator_is(
    way: str,
    workspace: Workspace,
    redis_server: RedisServer,
    team_server: TeamBucketServer,
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BucketSink, "every", 0.05)
    monkeypatch.setattr(BucketFeed, "every", 0.05)

    async def both() -> None:
        setup = Setup(flow="deploy", operator="ana")
        async with running(workspace, (120, 40), setup=setup) as (app, pilot):
            folder = tmp_path / "followed"
            app.conductor.start("roll")
            await comes(pilot, lambda: not app.conductor.busy)  # who joins late has not heard what the canary printed
            if way == "redis":
                follower = followed_by_redis(workspace, app.conductor, redis_server, folder)
            else:
                follower = followed_by_bucket(workspace, app.conductor, bucket, folder)
            other = RunbookApp(FollowWorkspace(follower, SystemClock()))
            async with other.run_test(size=(120, 40)) as beside:
                await Seen(app, pilot, follower, other, beside).play(tmp_path)
            follower.close()

    asyncio.run(both())


class Seen:
    """The operator's screen, and beside it that of who follows."""

    def __init__(self, app: RunbookApp, pilot: Any, follower: Follower, other: RunbookApp, beside: Any) -> None:
        assert app.conductor is not None
        self.conductor, self.follower = app.conductor, follower
        self.app, self.pilot, self.other, self.beside = app, pilot, other, beside

    async def play(self, here: Path) -> None:
        """A canary, a batch that stops, a decision, a retry, the end."""
        conductor = self.conductor
        await self.the_same({"box1": CellStatus.GOOD})
        conductor.start("roll")
        done = {"box1": CellStatus.GOOD, "box4": CellStatus.GOOD}
        there = {**done, "box2": CellStatus.RUNNING, "box3": CellStatus.FAILED}
        await comes(self.pilot, lambda: self.stands(there) and self.begins("box2"))
        await self.the_same(there)
        assert self.follower.outputs.is_live(self.attempt("box2"))
        (here / "go").touch()
        await comes(self.pilot, lambda: not conductor.busy)
        assert conductor.state.step("roll").status is StepStatus.UNKNOWN
        await self.the_same({**there, "box2": CellStatus.UNKNOWN})
        conductor.resolve("roll", False, "looked")
        await comes(self.pilot, lambda: not conductor.busy)
        assert conductor.state.step("roll").status is StepStatus.FAILED
        await self.the_same({**there, "box2": CellStatus.FAILED})
        (here / "fixed").touch()
        conductor.retry("roll")
        await comes(self.pilot, lambda: not conductor.busy)
        await self.the_same(dict.fromkeys(NAMES, CellStatus.GOOD))
        await self.late("box1")
        for host in ("box3", "box2"):
            await self.opened(host)
        conductor.sign("roll")
        await self.the_same(dict.fromkeys(NAMES, CellStatus.GOOD))
        await self.every_output()
        did = {name: (here / f"did-{name}").read_text().split() for name in NAMES}
        again = ["drain", "update", "update"]
        assert did == {"box1": again[:2], "box2": again, "box3": again, "box4": again[:2]}
        await comes(self.beside, lambda: self.follower.whole)
        own, received = conductor.outputs.directory.parent, self.follower.directory
        await comes(self.beside, lambda: verify(received.journal).count == conductor.state.seq + 1)
        assert received.journal.read_bytes() == (own / "journal.jsonl").read_bytes()

    def stands(self, wanted: dict[str, CellStatus]) -> bool:
        """Whether the operator's hosts stand so; the others are to do."""
        return self.statuses(self.conductor.state) == {name: wanted.get(name, CellStatus.TO_DO) for name in NAMES}

    def statuses(self, state: SessionState) -> dict[str, CellStatus]:
        return {cell.host: cell.status for cell in cells_of(state, step_by_id(state.runbook, "roll"), 0)}

    def begins(self, host: str) -> bool:
        return self.conductor.outputs.reader(self.attempt(host)).read_lines(0, 9) == [f"{host} begins".encode()]

    def attempt(self, host: str) -> int:
        step = step_by_id(self.conductor.runbook, "roll")
        return next(cell.attempt for cell in cells_of(self.conductor.state, step, 1) if cell.host == host)

    async def the_same(self, wanted: dict[str, CellStatus]) -> None:
        """The state, the step's card and the output that is looked at are the same at both."""
        await comes(self.beside, lambda: self.follower.state == self.conductor.state)
        assert self.stands(wanted)
        mine, theirs = self.conductor.state, self.follower.state
        step = step_by_id(self.conductor.runbook, "roll")
        assert cells_of(theirs, step, 0) == cells_of(mine, step, 0)
        assert said_alike(theirs, cells_of(theirs, step, 0)) == said_alike(mine, cells_of(mine, step, 0))
        assert self.follower.receipt() == self.conductor.receipt()
        await comes(self.beside, lambda: card(self.other) == card(self.app) and output(self.other) == output(self.app))

    async def every_output(self) -> None:
        """What each attempt printed, and on which stream, is the same at both."""
        for number in self.conductor.state.attempts:
            wanted = whole_of(self.conductor.outputs.reader(number))
            await comes(self.beside, lambda at=number, it=wanted: whole_of(self.follower.outputs.reader(at)) == it)

    async def late(self, host: str) -> None:
        """Who follows opens what nobody has looked at there yet: the drain, which was over when they joined."""
        step = step_by_id(self.conductor.runbook, "roll")
        first = self.conductor.state.step("roll").cells[0][host]
        there = [one.attempts for one in hosts_to_open(self.follower.state, step)]
        place = next(at for at, attempts in enumerate(there) if first in attempts)
        await self.beside.press("a")
        await dialog(self.beside, Pick)
        await self.beside.press(*["down"] * place, "enter")
        await comes(self.beside, lambda: "Whose output?" in shown(self.other))
        await dialog(self.beside, Pick)
        await self.beside.press(*["down"] * there[place].index(first), "enter")
        await comes(self.beside, lambda: f"{host} drained" in shown(self.other))

    async def opened(self, host: str) -> None:
        """Mark a host by keys on both screens, and open what it printed."""
        for app, pilot in ((self.app, self.pilot), (self.other, self.beside)):
            await pilot.press("2")
            while app.screen.card.marked != host:
                await pilot.press("right" if app.screen.card.marked in ("", "box1", "box2") else "left")
                await pilot.pause(0.01)
            await pilot.press("enter")
            await comes(pilot, lambda app=app: f"{host} begins" in shown(app) and app.screen.output.has_focus)
        await comes(self.beside, lambda: output(self.other) == output(self.app))


def whole_of(reader: OutputReader) -> list[tuple[bytes, str]]:
    """Each line, and the stream that it began on."""
    return list(zip(reader.read_lines(0, 100), reader.streams_of(0, 100), strict=True))


def card(app: RunbookApp) -> str:
    """What the step's pane says of the batches and hosts; above it stands what only the operator can do."""
    return inside(app, app.screen.query_one(StepCard)).partition("  batch ")[2].rstrip()


def output(app: RunbookApp) -> str:
    return inside(app, app.screen.output).rstrip()


def inside(app: RunbookApp, widget: Any) -> str:
    """What stands in a widget."""
    area, rows = widget.content_region, shown(app).split("\n")
    return "\n".join(row[area.x : area.right].rstrip() for row in rows[area.y : area.bottom])
