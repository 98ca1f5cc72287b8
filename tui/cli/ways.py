"""Makes the ways to the hosts of a runbook: what each is reached by."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.runbook.model import Host, Runbook
    from tui.transports.asking import Asking
    from tui.transports.base import Transport


SEVERAL = 16
"""Hosts from which on their connections share one heap."""
MANY = 100
"""Hosts from which on more files may be open than a shell lets a program have where nobody has set it."""


def transports_of(
    runbook: "Runbook", ssh_config: Path | None = None, asking: "Asking | None" = None
) -> "dict[str, Transport]":
    """A transport for every host; hosts that name another's connection share it."""
    from tui.config import load_config
    from tui.runbook.facts import connection_of
    from tui.runbook.model import SudoWay, runbook_id
    from tui.transports.later import LaterTransport

    if len(runbook.hosts) > SEVERAL:
        from tui.threads import one_heap

        one_heap()
    if len(runbook.hosts) > MANY:
        from tui.transports.sockets import room_for

        room_for(len(runbook.hosts))
    own = load_config().connect_with.get(runbook_id(runbook), {})
    made: dict[str, Transport] = {}
    for name, host in runbook.hosts.items():
        if host.connection or host.group:
            continue
        way = LaterTransport
        if host.sudo is SudoWay.ASKED:
            from tui.transports.sudo import SudoTransport as way  # few hosts need it, and the first frame waits for it
        if host.local:
            made[name] = way(name, partial(_local, name))
        elif host.engine == "ssm":
            made[name] = way(name, partial(_ssm, name, host))
        else:
            make = _openssh if own.get(name, host.connect_with) == "openssh" else _ssh
            made[name] = way(name, partial(make, name, host, ssh_config, asking))
    for name, host in runbook.hosts.items():
        if host.connection:
            made[name] = made[connection_of(runbook, name)]
    return made


def _local(name: str) -> "Transport":
    from tui.transports.local.transport import LocalTransport

    return LocalTransport(name)


def _ssm(name: str, host: "Host") -> "Transport":
    from tui.transports.ssm.output_bucket import output_bucket
    from tui.transports.ssm.transport import SSMTransport

    bucket = output_bucket(host.large_output, host.region) if host.large_output else None
    return SSMTransport(name, host.target, user=host.user, region=host.region, large_output=bucket)


def _ssh(name: str, host: "Host", ssh_config: Path | None, asking: "Asking | None") -> "Transport":
    from tui.transports.ssh.transport import SSHTransport

    files = (ssh_config,) if ssh_config else None
    return SSHTransport(name, host.target, user=host.user or None, port=host.port, config_files=files, asking=asking)


def _openssh(name: str, host: "Host", ssh_config: Path | None, asking: "Asking | None") -> "Transport":
    from tui.transports.openssh.transport import OpenSSHTransport

    files = (ssh_config,) if ssh_config else None
    return OpenSSHTransport(
        name, host.target, user=host.user or None, port=host.port, config_files=files, asking=asking
    )
