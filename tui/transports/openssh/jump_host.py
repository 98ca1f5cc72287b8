"""A jump host that somebody logged in to: ssh reaches every host behind it over that one connection."""

import shlex
import shutil
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress

from msgspec import Struct

from tui.errors import AuthenticationRefused
from tui.transports.asking import Asking
from tui.transports.openssh.master import Master
from tui.transports.ssh_config.jumps import before
from tui.transports.ssh_config.resolved import Resolved, outlined

LogIn = Callable[[Resolved, bool, Sequence[str]], Master]
"""Logs in to a host: which, whether without a question, and further options for ssh."""


class Through(Struct, frozen=True):
    """The way over such a connection."""

    hop: Master
    target: str
    let_go: Callable[[], None]

    def options(self) -> list[str]:
        """What has ssh go that way, which asks nothing and makes no connection of its own."""
        place = self.hop.place
        command = [shutil.which("ssh") or "ssh", "-F", str(place.config), "-S", str(place.control)]
        words = [one.replace("%", "%%") for one in [*command, "-o", "BatchMode=yes"]]
        return ["-o", f"ProxyCommand={shlex.join(words)} -W '[%h]:%p' -- {shlex.quote(self.target)}"]


def held(where: Resolved, asking: Asking) -> Through | None:
    """The way to a host over a connection that is there already; None where ssh goes the whole way itself."""
    if not where.jump:
        return None
    middle = before(where, outlined)
    found = asking.hops.held(_place(middle))
    return Through(found[0], middle.target, found[1]) if found and isinstance(found[0], Master) else None


def logged_in(where: Resolved, asking: Asking, log_in: LogIn) -> Through | None:
    """The same, the connection being made where there is none; None where its jump host wants nothing typed.

    Raises:
        HostError: it is not reached, or nobody logs in.
    """
    if not where.jump:
        return None
    middle = before(where, outlined)
    jumps = ["-J", middle.jump] if "," in where.jump else []

    def reached() -> tuple[Master, bool]:
        with suppress(AuthenticationRefused):
            return log_in(middle, True, jumps), False
        return asking.at_terminal(lambda: log_in(middle, False, jumps)), True

    hop, let_go, typed = asking.hops.through(_place(middle), reached, asks=True)
    if not typed:
        let_go()
        return None
    return Through(hop, middle.target, let_go)


def _place(middle: Resolved) -> Hashable:
    """What tells this jump host from another, and from one that this program itself logged in to."""
    return ("openssh", middle.target, middle.host, middle.port, middle.user, middle.jump, middle.command)
