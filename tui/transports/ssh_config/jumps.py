"""The hosts on the way to a host, by ProxyJump and ProxyCommand; one that leads to itself is refused at once."""

import socket
from collections.abc import Callable

from msgspec.structs import replace

from tui.errors import HostError
from tui.transports.base import Answering
from tui.transports.ssh_config.nested_ssh import nested
from tui.transports.ssh_config.resolved import NO_LOOP, Resolved, outlined, resolve
from tui.transports.ssh_config.started import DEEP, MAX_JUMPS


def before(where: Resolved, resolved: Callable[..., Resolved] = resolve) -> Resolved:
    """The jump host that opens the way to a target which has any.

    Args:
        resolved: says what the configuration has of it.

    Raises:
        HostError: the configuration cannot be used for it.
    """
    *others, last = where.jump.split(",")
    middle = _of(last, where, resolved)
    return replace(middle, jump=",".join(others)) if others else middle


def knock(where: Resolved, timeout: float) -> Answering:
    """Whether an SSH server answers where the way to a host begins; UNKNOWN where a command makes the way."""
    for _ in range(MAX_JUMPS + 1):
        if not where.jump:
            break
        where = _of(where.jump.split(",")[0], where, outlined)
    if where.command or where.jump:
        return Answering.UNKNOWN
    try:
        with socket.create_connection((where.host, where.port), timeout) as link:
            return Answering.YES if link.recv(4).startswith(b"SSH") else Answering.NO
    except OSError:
        return Answering.NO


def refuse_circle(where: Resolved, behind: tuple[Resolved, ...]) -> None:
    """Make sure that the way ends.

    Args:
        behind: the targets that this one is a jump host on the way to, the last one first.

    Raises:
        HostError: it leads to itself, or over more hosts than anybody has.
    """
    by = "ProxyJump" if all(one.jump for one in behind) else "ProxyCommand"
    if any(_is_same(where, one) for one in behind):
        names = " → ".join(one.target for one in reversed((where, *behind)))
        raise HostError(f"{behind[-1].target}: {by} leads to itself: {names}", NO_LOOP.format(by))
    if len(behind) > MAX_JUMPS:
        raise HostError(f"{where.target}: more than {MAX_JUMPS} jumps", f"fix {by} in the SSH configuration")


def refuse_endless(where: Resolved, behind: tuple[Resolved, ...] = ()) -> None:
    """Make sure that a way ends of which `ssh` goes a part by itself: one that does not starts `ssh` without an end.

    Args:
        behind: as for `refuse_circle`.

    Raises: as `refuse_circle`.
    """
    while (following := before(where, outlined) if where.jump else nested(where.command)) is not None:
        behind = (where, *behind)
        where = following
        refuse_circle(where, behind)


def leads_to_itself(where: Resolved) -> HostError:
    """What is told where only the processes showed that a way has no end."""
    return HostError(f"{where.target}: ProxyCommand leads to itself: {DEEP}", NO_LOOP.format("ProxyCommand"))


def _of(jump: str, where: Resolved, resolved: Callable[..., Resolved]) -> Resolved:
    user, _, rest = jump.removeprefix("ssh://").rstrip("/").rpartition("@")
    host, port = _host_port(rest)
    return resolved(host, user or None, port, where.files)


def _is_same(one: Resolved, other: Resolved) -> bool:
    """Whether two targets are one host: by the same user at the same address, reached the same way."""
    return all(getattr(one, name) == getattr(other, name) for name in ("host", "port", "user", "jump", "command"))


def _host_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port[1:]) if port.startswith(":") else None
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon and port.isdigit() and ":" not in host else (text, None)
