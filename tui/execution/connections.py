"""How the connections of a session's hosts are, and how those are made again that somebody has to log in to."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.errors import NotNow, RunbookError
from tui.runbook.model import Runbook

if TYPE_CHECKING:
    from tui.transports.asking import Asking
    from tui.transports.base import Transport


class Connections(Struct, frozen=True):
    """The ways to the hosts of one runbook; those of the operator's own machine are none."""

    runbook: Runbook
    ways: "Mapping[str, Transport]"

    def _own(self) -> "dict[str, Transport]":
        hosts = self.runbook.hosts.items()
        return {name: self.ways[name] for name, host in hosts if not (host.connection or host.local or host.group)}

    def links(self) -> dict[str, str]:
        """The state of every connection, in words."""
        return {name: way.link().value for name, way in self._own().items()}

    def round_trips(self) -> dict[str, float]:
        """How many seconds the hosts take to answer, of those where it is known."""
        return {name: took for name, way in self._own().items() if (took := way.round_trip()) is not None}

    def logged_out(self) -> list[str]:
        """The hosts that wait for somebody to log in again."""
        from tui.transports.base import LinkState

        return [name for name, way in self._own().items() if way.link() is LinkState.LOGGED_OUT]

    def log_in_again(self, asking: "Asking", left: Collection[str] = ()) -> dict[str, RunbookError]:
        """Make the connections again that wait for somebody to type; returns what is wrong with the hosts that fail.

        Args:
            left: the hosts that are not tried.

        Raises:
            NotNow: none does.
        """
        waiting = [name for name in self.logged_out() if name not in left]
        if not waiting:
            raise NotNow("no host waits for a login", "a lost connection that needs none is made again by itself")
        failed: dict[str, RunbookError] = {}
        with asking.invited():
            for name in waiting:
                try:
                    self.ways[name].connect()
                except RunbookError as error:
                    failed[name] = error
        return failed
