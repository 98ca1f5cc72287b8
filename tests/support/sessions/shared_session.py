"""Sessions of the small runbook that are handed on to a real Redis server, and those who follow them."""

from collections.abc import Callable
from pathlib import Path

from tests.support.harness.waiting import until
from tests.support.servers.redis_server import RedisServer
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.session.clock import SystemClock
from tui.sharing.following.followed_session import Follower
from tui.sharing.handed_on import Feed
from tui.sharing.publishing.publication import Publication
from tui.sharing.relay.client import Relay, RelayAddress
from tui.sharing.relay.relay_feed import RelayFeed
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals

KEY = "a team's key of thirty-two characters"


def relay_of(server: RedisServer, password: str | None = None, seconds: float = 5.0) -> Relay:
    """A connection to a server."""
    given = server.password if password is None else password
    return Relay(RelayAddress("127.0.0.1", server.port), given, seconds)


def until_heard(server: RedisServer, session: str) -> None:
    """Wait until a session can be followed: its writer has given a sign of life."""
    until(lambda: relay_of(server).ask("EXISTS", f"runbook:{session}:beat"))


def begun(workspace: Workspace) -> Conductor:
    """A session of the small runbook."""
    return workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))


def shared(workspace: Workspace, conductor: Conductor, relay: Relay, key: str = KEY, epoch: int = 1) -> Publication:
    """The session, handed on."""
    directory = workspace.store.find(str(conductor.state.facts["session"]))
    sink = RelaySink(relay, Seals(key, directory.id), epoch)
    conductor.shared = made = Publication(conductor, directory, [sink], SystemClock(), lambda: epoch)
    return made


def session_of(conductor: Conductor) -> str:
    """The session's id."""
    return str(conductor.state.facts["session"])


def feeds_of(server: RedisServer, session: str) -> Callable[[], Feed]:
    """Makes ways to follow a session."""
    return lambda: RelayFeed(relay_of(server), session)


def following(feeds: Callable[[], Feed], session: str, folder: Path, key: str = KEY) -> Follower:
    """Somebody who follows the session."""
    return Follower(feeds, Seals(key, session), folder / session, SystemClock())
