"""Makes a host of the runbook for each member of a group, so that a member is a host like any other."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from tui.once import once
from tui.runbook.facts import host_named
from tui.runbook.groups.ranges import WrongRange, spelled
from tui.runbook.model import Action, Host, Monitor, Probe, Runbook, Service
from tui.runbook.problem import quoted
from tui.runbook.walk import steps_of
from tui.text.amounts import counted

HOST = "host"
"""The name by which a text of a group names the member at hand."""
_AT_HAND = re.compile(r"\{\{ *host *\}\}")
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class GroupMember(Struct, frozen=True):
    """One host of a group: what it is called, and its address."""

    name: str
    target: str


@lru_cache(maxsize=256)
def members(targets: tuple[str, ...]) -> tuple[GroupMember, ...]:
    """The hosts of a group, each once, in the order in which they are written; a wrong pattern has none.

    A host is called what its address begins with, up to the first dot, where that tells all of them apart.
    """
    found: dict[str, None] = {}
    for pattern in targets:
        try:
            found.update(dict.fromkeys(spelled(pattern)))
        except WrongRange:
            continue
    short = Counter(address.partition(".")[0] for address in found)
    plain = all(count == 1 and _LABEL.fullmatch(name) for name, count in short.items())
    return tuple(GroupMember(address.partition(".")[0] if plain else address, address) for address in found)


def expanded(runbook: Runbook) -> Runbook:
    """The runbook with a host for each member of its groups; one that is there stays what it is."""
    added = {
        one.name: _host(host, one)
        for host in runbook.hosts.values()
        for one in members(host.targets or ())
        if one.name not in runbook.hosts
    }
    return replace(runbook, hosts={**runbook.hosts, **added}) if added else runbook


def without_members(hosts: Mapping[str, Host], groups: Iterable[str]) -> dict[str, Host]:
    """The hosts without the members of these groups."""
    theirs = ((hosts[name], one) for name in groups if name in hosts for one in members(hosts[name].targets or ()))
    gone = {one.name for group, one in theirs if hosts.get(one.name) == _host(group, one)}
    return {name: host for name, host in hosts.items() if name not in gone}


def at_hand(text: str, name: str) -> str:
    """A text with the name in the place of the host at hand."""
    return _AT_HAND.sub(lambda _: name, text)


def _host(group: Host, member: GroupMember) -> Host:
    """A member: everything that the group says of a host, and its own address."""

    def own(text: str) -> str:
        return at_hand(text, member.name)

    return replace(
        group,
        targets=None,
        targets_from="",
        target=member.target,
        user=own(group.user),
        directory=own(group.directory),
        file=own(group.file),
        preamble=own(group.preamble),
        expect_hostname=own(group.expect_hostname),
        environment={name: own(text) for name, text in group.environment.items()},
    )


def is_group(runbook: Runbook, name: str) -> bool:
    """Whether a host of the runbook is a group."""
    return name in runbook.hosts and runbook.hosts[name].group


@once
def group_of(runbook: Runbook) -> Mapping[str, str]:
    """The group of each host that is a member of one."""
    return {one.name: name for name in runbook.hosts for one in members(runbook.hosts[name].targets or ())}


def hosts_named(runbook: Runbook, on: str) -> tuple[str, ...]:
    """The hosts on which something runs that names `on`: the members of a group, else the one."""
    name = host_named(runbook, on)
    host = runbook.hosts[name]
    return tuple(one.name for one in members(host.targets or ())) if host.group else (name,)


def group_named(runbook: Runbook, action: Action) -> str:
    """The group whose hosts an action runs on or asks about, each by itself; empty where it is one host."""
    if (action.run is None and action.probe is None) or not is_group(runbook, action.on):
        return ""
    return action.on


def monitored_hosts(runbook: Runbook, monitor: Monitor) -> tuple[str, ...]:
    """The hosts of the group that a monitor measures, each by itself; none where it has one figure of its own."""
    service = runbook.services.get(monitor.probe.service) if monitor.probe else None
    group = next((one for one in (monitor.on, service.through if service else "") if is_group(runbook, one)), "")
    return hosts_named(runbook, group) if group else ()


def asked_through(runbook: Runbook, service: Service, values: Mapping[str, str] | None) -> str:
    """The host through which a service is asked; of a group the one at hand, empty where it is this machine.

    Args:
        values: those that are known there; where none are, or no host is at hand, it is the group.
    """
    at_hand = (values or {}).get(HOST, "") if is_group(runbook, service.through) else ""
    return at_hand or service.through


def names_host(service: Service, probe: Probe) -> bool:
    """Whether what a probe asks differs from host to host, since it or its service names the one at hand."""
    return any(_AT_HAND.search(text) for text in asked_texts(service, probe))


def asked_texts(service: Service, probe: Probe) -> tuple[str, ...]:
    """The texts of which what a probe asks is made."""
    given = (one for some in probe.given.values() for one in (some if isinstance(some, tuple) else (some,)))
    return service.file, *service.settings.values(), *(one for one in given if isinstance(one, str))


@once
def each_host(runbook: Runbook) -> Mapping[str, str]:
    """The names that have a value on each host of a group, with what stands for it where no host is at hand."""
    if not any(host.group for host in runbook.hosts.values()):
        return {}
    actions = (action for _, step in steps_of(runbook) for action in step.actions if group_named(runbook, action))
    return {name: name.upper() for name in (HOST, *(name for action in actions for name in action.capture))}


def written(runbook: Runbook) -> dict[str, Host]:
    """The hosts as the author wrote them: a group, and none of its members."""
    known = group_of(runbook)
    return {name: host for name, host in runbook.hosts.items() if name not in known}


def target_words(host: Host) -> str:
    """Where a host is, or the hosts of a group and how many they are; empty where it has no address of its own."""
    if host.targets is None:
        return f"what {quoted(host.targets_from)} prints" if host.targets_from else host.target
    if host.targets_from:
        return f"{counted(len(members(host.targets)), 'host')} by {quoted(host.targets_from)}"
    return f"{', '.join(host.targets)} ({counted(len(members(host.targets)), 'host')})"
