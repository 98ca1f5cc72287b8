"""Sets a session that is written elsewhere up as the screens know one: they show it, and no host can be reached."""

from tui.execution.connections import Connections
from tui.execution.workspace import Workspace
from tui.session.archive.store import Store
from tui.session.clock import Clock
from tui.session.state import CONNECTED
from tui.sharing.following.followed_session import Follower


class FollowWorkspace(Workspace):
    """The session's own runbook, no host, and of the sessions on this machine none."""

    def __init__(self, follower: Follower, clock: Clock) -> None:
        started = follower.state.started
        store = Store(follower.directory.path.parent, ours=False)
        super().__init__(follower.runbook, "", store, {}, clock, drill=started.drill if started else "")
        self.followed = follower
        self.connections = ConnectionsTold(follower.runbook, {}, follower)


class ConnectionsTold(Connections, frozen=True):
    """How the connections of the machine that writes are, as its session says."""

    follower: Follower

    def links(self) -> dict[str, str]:
        """The state of every connection, in words."""
        state = self.follower.state
        return {host: state.links.get(host, CONNECTED) for host in state.hosts}

    def round_trips(self) -> dict[str, float]:
        """None: how long a host takes to answer there is not said."""
        return {}
