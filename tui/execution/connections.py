"""How the connections of a session's hosts are, and how those are made again that somebody has to log in to."""

from collections.abc import Mapping

from msgspec import Struct

from tui.errors import NotNow, RunbookError
from tui.runbook.model import Runbook
from tui.transports.asking import Asking
from tui.transports.base import LinkState, Transport


class Connections(Struct, frozen=True):
    """The ways to the hosts of one runbook; those of the operator's own machine are none."""

    runbook: Runbook
    ways: Mapping[str, Transport]

    def _own(self) -> dict[str, Transport]:
        hosts = self.runbook.hosts.items()
        return {name: self.ways[name] for name, host in hosts if not (host.connection or host.local)}

    def links(self) -> dict[str, str]:
        """The state of every connection, in words."""
        return {name: way.link().value for name, way in self._own().items()}

    def round_trips(self) -> dict[str, float]:
        """How many seconds the hosts take to answer, of those where it is known."""
        return {name: took for name, way in self._own().items() if (took := way.round_trip()) is not None}

    def logged_out(self) -> list[str]:
        """The hosts that wait for somebody to log in again."""
        return [name for name, way in self._own().items() if way.link() is LinkState.LOGGED_OUT]

    def log_in_again(self, asking: Asking) -> list[str]:
        """Make the connections again that wait for somebody to type; returns what is wrong with those that fail.

        Raises:
            NotNow: none does.
        """
        waiting = [self.ways[name] for name in self.logged_out()]
        if not waiting:
            raise NotNow("no host waits for a login", "a lost connection that needs none is made again by itself")
        failed: list[str] = []
        with asking.invited():
            for way in waiting:
                try:
                    way.connect()
                except RunbookError as error:
                    failed.append(error.message)
        return failed
