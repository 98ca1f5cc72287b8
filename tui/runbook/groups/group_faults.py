"""Checks groups of hosts: that each names hosts, every one once, and that what runs on one can run on many."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tui.runbook.groups.members import HOST, group_named, is_group, members
from tui.runbook.groups.ranges import MOST, MOST_BY_OPENSSH, WrongRange, spelled
from tui.runbook.model import Action, Host, HostOverride, Probe, Runbook
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.variables import names
from tui.runbook.walk import KEY, Text, steps_of
from tui.text.amounts import counted

EXAMPLE = 'targets = ["web[01:40].example.com"]'


def group_faults(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Every fault of the groups, of a runbook that has no host for each member yet."""
    whose: dict[str, str] = {}
    for name, host in runbook.hosts.items():
        if not host.group:
            continue
        path: Path = ("hosts", name)
        if host.targets is not None:
            yield from _addresses(name, host.targets, (*path, "targets"))
        yield from _unfit(host, path)
        for one in members(host.targets or ()):
            if one.name in runbook.hosts:
                message = f"{quoted(one.name)}, a host of group {quoted(name)}, is a host of the runbook as well"
                yield UnplacedProblem(path=(*path, "targets"), message=message, hint="give that one another name")
            elif whose.setdefault(one.name, name) != name:
                message = f"{quoted(one.name)} is in group {quoted(whose[one.name])} as well"
                yield UnplacedProblem(path=(*path, "targets"), message=message, hint="a host is in one group")
    for name, there in runbook.environments.items():
        for host_name, other in there.hosts.items():
            path = ("environments", name, "hosts", host_name)
            if other.targets is not None:
                yield from _addresses(host_name, other.targets, (*path, "targets"))
            if host_name in runbook.hosts:
                yield from _other_kind(runbook.hosts[host_name], host_name, other, path)
    yield from _too_many(runbook)
    if any(host.group for host in runbook.hosts.values()):
        yield from _taken(runbook)


def _too_many(runbook: Runbook) -> Iterator[UnplacedProblem]:
    groups = [(name, host) for name, host in runbook.hosts.items() if host.targets]
    for found, most, by in (
        (groups, MOST, ""),
        ([one for one in groups if one[1].connect_with == "openssh"], MOST_BY_OPENSSH, " that ssh connects"),
    ):
        every = sum(len(members(host.targets or ())) for _, host in found)
        if every > most:
            message = f"the groups have {counted(every, 'host')} in all{by}"
            hint = f"{most} at most: each has a connection of its own"
            yield UnplacedProblem(path=("hosts", found[-1][0], "targets"), message=message, hint=hint)


def _addresses(name: str, targets: tuple[str, ...], path: Path) -> Iterator[UnplacedProblem]:
    if not targets:
        yield UnplacedProblem(path=path, message=f"group {quoted(name)} has no hosts", hint=EXAMPLE)
    counts: Counter[str] = Counter()
    for place, pattern in enumerate(targets):
        try:
            found = spelled(pattern)
        except WrongRange as error:
            yield UnplacedProblem(path=(*path, place), message=error.message, hint=error.hint)
            continue
        again = next((address for address in found if counts[address]), "")
        counts.update(found)
        if again:
            message = f"{quoted(again)} comes twice in group {quoted(name)}"
            yield UnplacedProblem(path=(*path, place), message=message, hint="every host of a group is there once")


def _other_kind(host: Host, name: str, other: HostOverride, path: Path) -> Iterator[UnplacedProblem]:
    """A group that would be one host in an environment, or one host that would be a group: steps fit one of the two."""
    for key in ("targets", "targets_from") if not host.group else ():
        if getattr(other, key) is not None:
            message = f"{quoted(name)} is one host, and a group here"
            yield UnplacedProblem(path=(*path, key), message=message, hint="give it a target")
    for key in ("target", "local", "connection") if host.group else ():
        if getattr(other, key):
            message = f"{quoted(name)} is a group, and one host here"
            yield UnplacedProblem(path=(*path, key), message=message, hint='targets = ["…"], also of one host')


def _unfit(host: Host, path: Path) -> Iterator[UnplacedProblem]:
    """What a host has and a group cannot."""
    if PLACEHOLDER.search(host.targets_from):
        message = "the command that lists a group's hosts knows no values: it runs before they are given"
        yield UnplacedProblem(path=(*path, "targets_from"), message=message, hint="write it out")
    if host.sudo:
        message = "a group whose sudo asks for a password is not supported"
        yield UnplacedProblem(
            path=(*path, "sudo"), message=message, hint="let sudo ask for none there, or name one host"
        )


def _taken(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """What is called as the host at hand is."""
    message, hint = f"{quoted(HOST)} is the host at hand, where there are groups", "choose another name"
    for key in ("variables", "secrets"):
        if HOST in getattr(runbook, key):
            yield UnplacedProblem(path=(key, HOST), message=message, hint=hint)
    for path, step in steps_of(runbook):
        for place, action in enumerate(step.actions):
            if HOST in action.capture:
                yield UnplacedProblem(path=(*path, "actions", place, "capture", HOST), message=message, hint=hint)


def on_group_faults(runbook: Runbook, path: Path, action: Action) -> Iterator[UnplacedProblem]:
    """What an action on a group cannot have, and what only one on a group has."""
    if group_named(runbook, action):
        for name, capture in action.capture.items():
            if capture.secret:
                message = "a secret of each host of a group cannot be captured"
                yield UnplacedProblem(path=(*path, "capture", name), message=message, hint="read it in the command")
        service = runbook.services.get(action.probe.service) if action.probe else None
        if service and is_group(runbook, service.through) and service.through != action.on:
            message = f"its service is asked through group {quoted(service.through)}"
            yield UnplacedProblem(path=(*path, "on"), message=message, hint=f'on = "{service.through}"')
        return
    if is_group(runbook, action.on):
        message = f"{quoted(action.on)} is a group, on which only commands (run) and probes are done"
        yield UnplacedProblem(path=(*path, "on"), message=message, hint="name one of its hosts")
    for key in ("at_once", "stop_after"):
        if getattr(action, key) is not None:
            message = f'"{key}" means nothing on one host'
            yield UnplacedProblem(path=(*path, key), message=message, hint='on = the name of a group: "targets"')


def asked_alike(path: Path, group: str, probe: Probe) -> UnplacedProblem:
    """That a probe would ask the same once for every host of a group."""
    hint = f'{quoted(probe.service)} with through = "{group}", or {{{{ host }}}} in its settings'
    return UnplacedProblem(path=path, message=f"it asks the same for every host of {quoted(group)}", hint=hint)


def captured_on_groups(runbook: Runbook, texts: Iterable[Text]) -> Iterator[UnplacedProblem]:
    """The uses of values that every host of a group has one of, where no host is at hand to say which is meant."""
    groups = {
        name: group
        for _, step in steps_of(runbook)
        for action in step.actions
        if (group := group_named(runbook, action))
        for name in action.capture
    }
    if not groups:
        return
    at_hand = {(*path, "actions", place): group_named(runbook, one) for path, place, one in _actions(runbook)}
    alone = {
        name for *_, one in _actions(runbook) if not group_named(runbook, one) for name in one.capture if name in groups
    }
    for name in sorted(alone):
        message = f"{quoted(name)} is captured on group {quoted(groups[name])} and elsewhere as well"
        path = next(
            (*path, "actions", place, "capture", name)
            for path, place, one in _actions(runbook)
            if name in one.capture and not group_named(runbook, one)
        )
        yield UnplacedProblem(path=path, message=message, hint="give one of the two another name")
    for path, kind, _, text in texts:
        found = {text} & groups.keys() if kind == KEY and _is_fact(path) else names(text) & groups.keys()
        place = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in at_hand), ())
        for name in sorted(found):
            if at_hand.get(place) != groups[name]:
                message = f"each host of {quoted(groups[name])} has a {quoted(name)} of its own"
                hint = f'only commands with on = "{groups[name]}" can use it'
                yield UnplacedProblem(path=path, message=message, hint=hint)


def _is_fact(path: Path) -> bool:
    return len(path) > 1 and path[-2] in ("when", "needed_if")


def _actions(runbook: Runbook) -> Iterator[tuple[Path, int, Action]]:
    for path, step in steps_of(runbook):
        for place, action in enumerate(step.actions):
            yield path, place, action
