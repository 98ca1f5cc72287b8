"""Checks what is to run by AWS Systems Manager, which carries commands alone and keeps what it carries."""

import re
from collections.abc import Iterator, Set

from tui.runbook.facts import host_named
from tui.runbook.groups.members import members
from tui.runbook.model import Action, Host, Runbook, SecretSource
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.templates.variables import names
from tui.runbook.walk import steps_of

INSTANCE = re.compile(r"(i|mi)-[0-9a-f]{8,17}", re.ASCII)
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w!.*'()-]+)*/?", re.ASCII)
KEPT = "AWS keeps what Systems Manager carries"
READ_THERE = "read it on the instance, as from its parameter store, in the command"


def engine_host_faults(host: Host, path: Path) -> Iterator[UnplacedProblem]:
    """What a host by Systems Manager cannot have, and what only one has."""
    if host.engine != "ssm":
        if host.region:
            message = "a region is of a host by Systems Manager"
            yield UnplacedProblem(path=(*path, "region"), message=message, hint='engine = "ssm"')
        if host.large_output:
            message = "a bucket for large output is of a host by Systems Manager"
            yield UnplacedProblem(path=(*path, "large_output"), message=message, hint='engine = "ssm"')
        return
    if host.large_output and not BUCKET.fullmatch(host.large_output):
        message = f"{quoted(host.large_output)} is not a bucket of S3"
        yield UnplacedProblem(path=(*path, "large_output"), message=message, hint='as in "s3://ops-output/runbook"')
    for key in ("local", "connection"):
        if getattr(host, key):
            yield _unfit((*path, "engine"), f'"engine" means nothing beside "{key}"', "write it where the target is")
    for key in ("port", "sudo"):
        if getattr(host, key):
            yield _unfit(
                (*path, key), f'"{key}" means nothing by Systems Manager', "commands run as root, or as its user"
            )
    if host.connect_with != "own":
        yield _unfit((*path, "connect_with"), '"connect_with" means nothing by Systems Manager', "remove it")
    for place, target in enumerate((host.target,) if host.targets is None else host.targets):
        found = members((target,)) if host.targets is not None else ()
        wrong = [one for one in ([each.target for each in found] or [target]) if not INSTANCE.fullmatch(one)]
        if target and wrong and not names(target):
            at: Path = (*path, "target") if host.targets is None else (*path, "targets", place)
            yield _unfit(at, f"{quoted(wrong[0])} is not the id of an instance", 'as in "i-0123456789abcdef0"')


def engine_faults(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """What cannot be done on the hosts by Systems Manager."""
    carried = _carried(runbook)
    if not carried:
        return
    for name, secret in runbook.secrets.items():
        if secret.source is SecretSource.HOST_FILE and host_named(runbook, secret.on) in carried:
            yield _unfit(("secrets", name, "on"), f"{KEPT}: no secret is read from there", READ_THERE)
    for name, service in runbook.services.items():
        if service.through in carried:
            if service.kind not in ("host", "kubernetes"):
                message = f"{quoted(service.through)} is reached by Systems Manager, which has no tunnels"
                yield _unfit(("services", name, "through"), message, "ask it by a command (run) there")
            elif service.secrets or service.from_file:
                yield _unfit(("services", name, "through"), f"{KEPT}: a service there has no secrets", READ_THERE)
    for name, monitor in runbook.monitors.items():
        if monitor.run is not None and monitor.secrets and host_named(runbook, monitor.on) in carried:
            yield _unfit(("monitors", name, "secrets"), f"{KEPT}: a command there gets no secrets", READ_THERE)
    for path, step in steps_of(runbook):
        for place, action in enumerate(step.actions):
            yield from _action(runbook, carried, action, (*path, "actions", place))
        if step.look is not None:
            yield from _action(runbook, carried, step.look, (*path, "look"))


def _action(runbook: Runbook, carried: Set[str], action: Action, path: Path) -> Iterator[UnplacedProblem]:
    if not (action.run or action.interactive) or host_named(runbook, action.on) not in carried:
        return
    if action.secrets:
        yield _unfit((*path, "secrets"), f"{KEPT}: a command there gets no secrets", READ_THERE)
    if action.interactive:
        yield _unfit((*path, "interactive"), "Systems Manager carries no terminals", "aws ssm start-session, by hand")
    for name, capture in action.capture.items():
        if capture.secret:
            yield _unfit((*path, "capture", name), f"{KEPT}: no secret is captured there", READ_THERE)


def _carried(runbook: Runbook) -> frozenset[str]:
    """The hosts and groups that Systems Manager reaches, with those that use the connection of one."""
    found = {name for name, host in runbook.hosts.items() if host.engine == "ssm"}
    over = {name: host.connection for name, host in runbook.hosts.items() if host.connection}
    for _ in over:  # as often as a chain can be long
        found |= {name for name, other in over.items() if other in found}
    return frozenset(found)


def _unfit(path: Path, message: str, hint: str) -> UnplacedProblem:
    return UnplacedProblem(path=path, message=message, hint=hint)
