"""Points hosts of a runbook elsewhere, as an environment or `--host NAME=TARGET:DIRECTORY` says, and sets values."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import asdict, replace

from tui.errors import UsageError
from tui.runbook.model import Environment, Host, HostOverride, Runbook
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.variables import names
from tui.runbook.walk import texts_of
from tui.text.nearest import did_you_mean

ENVIRONMENT = "environment"
PLAIN = "production"
"""What the environment is called that has the hosts and values of the runbook itself, where its author says nothing."""
_WAYS: Mapping[str, object] = {"target": "", "targets": None, "targets_from": "", "local": False, "connection": ""}
"""The ways to a host, of which it has one."""


def overridden(runbook: Runbook, hosts: Mapping[str, str], values: Mapping[str, str]) -> Runbook:
    """The runbook with hosts pointed elsewhere and other defaults for its variables.

    A variable that is the directory of a host has the directory that the host is pointed to; where it says nothing
    else, nobody is asked for it.

    Args:
        hosts: by name, TARGET, TARGET:DIRECTORY or local:DIRECTORY.
        values: by the name of the variable.

    Raises:
        UsageError: a host or a variable is not in the runbook, or a directory and a variable's value contradict.
    """
    strange = [name for name in values if name not in runbook.variables]
    if strange:
        raise UsageError(f"no variable {', '.join(strange)}", f"the runbook has: {', '.join(runbook.variables)}")
    wrong = [name for name in hosts if name not in runbook.hosts]
    if wrong:
        raise UsageError(f"no host {', '.join(wrong)}", f"the runbook has: {', '.join(runbook.hosts)}")
    if hosts:
        _are_no_groups(runbook, hosts)
    directories = pointed_values(runbook, hosts)
    for name, directory in directories.items():
        if values.get(name, directory) != directory:
            what = f"{name} is {values[name]} by --set, and {directory} by --host"
            raise UsageError(what, "give one of them, or the same directory")
    places = {name: _pointed(runbook.hosts[name], place) for name, place in hosts.items()}
    pointed = replace(runbook, hosts={**runbook.hosts, **places})
    variables = {name: replace(runbook.variables[name], default=value) for name, value in values.items()}
    for name, directory in directories.items():
        variable = runbook.variables[name]
        variables[name] = replace(variable, default=directory, ask=variable.ask and _used(pointed, name))
    return replace(pointed, variables={**runbook.variables, **variables})


def _are_no_groups(runbook: Runbook, names: Iterable[str]) -> None:
    from tui.runbook.groups.members import is_group, members

    for name in names:
        if is_group(runbook, name):
            one = next((one.name for one in members(runbook.hosts[name].targets or ())), "NAME")
            raise UsageError(f"{name} is a group of hosts", f"point each of them: --host {one}=TARGET")


def pointed_values(runbook: Runbook, hosts: Mapping[str, str]) -> dict[str, str]:
    """The variables that the operator would be asked for and that are the directory of hosts pointed elsewhere.

    Where several hosts have the same one, all of them are to be pointed to one directory.
    """
    found: dict[str, set[str]] = {}
    for name, host in runbook.hosts.items():
        variable = directory_of(host)
        if variable in runbook.variables and runbook.variables[variable].ask:
            found.setdefault(variable, set()).add(hosts.get(name, "").partition(":")[2])
    return {name: min(places) for name, places in found.items() if len(places) == 1 and "" not in places}


def directory_of(host: Host) -> str:
    """The variable that is a host's directory; empty where it is something else."""
    found = PLACEHOLDER.fullmatch(host.directory.strip())
    return found[1] if found else ""


def _pointed(host: Host, place: str) -> Host:
    where, _, directory = place.partition(":")
    local = where == "local"
    return replace(
        host,
        target="" if local else where,
        local=local,
        connection="",
        user="",
        port=None,
        directory=directory or host.directory,
    )


def _used(runbook: Runbook, variable: str) -> bool:
    """Whether anything else of a runbook names a variable: a text, or the facts that a step depends on."""
    others = replace(runbook, variables={name: one for name, one in runbook.variables.items() if name != variable})
    return any(text == variable or variable in names(text) for *_, text in texts_of(others))


def plain_name(runbook: Runbook) -> str:
    """The name of the environment that has the hosts and values of the runbook itself."""
    word = re.sub(r"[^a-z0-9_]+", "-", runbook.runbook.environment.casefold()).strip("-")
    return word if re.match(r"[a-z]", word) else PLAIN


def environment_names(runbook: Runbook) -> tuple[str, ...]:
    """The environments to choose from, the plain one last; none where the runbook declares none."""
    if not runbook.environments:
        return ()
    plain = plain_name(runbook)
    return (*(name for name in runbook.environments if name != plain), plain)


def environment_fact(runbook: Runbook, name: str) -> dict[str, str]:
    """The environment as a fact that steps may depend on; nothing where the runbook declares none."""
    return {ENVIRONMENT: name or plain_name(runbook)} if runbook.environments else {}


def chosen_fact(name: str) -> dict[str, str]:
    """The same of an environment that was chosen; nothing while none is."""
    return {ENVIRONMENT: name} if name else {}


def known_environment(known: Sequence[str], name: str) -> None:
    """Make sure that a name which was given is that of an environment.

    Raises:
        UsageError: it is not.
    """
    if name and name not in known:
        hint = did_you_mean(name, known) or f"the runbook has: {', '.join(known)}"
        raise UsageError(f"no environment {name!r}", hint if known else "the runbook has no [environments]")


def wants_environment(known: Sequence[str], name: str) -> None:
    """Make sure that an environment is chosen where there are several: none of them is taken by itself.

    Raises:
        UsageError: none is.
    """
    if known and not name:
        hint = " or ".join(f"--environment {one}" for one in known)
        raise UsageError(f"this runbook has {len(known)} environments, and none is chosen: {', '.join(known)}", hint)


def in_environment(runbook: Runbook, name: str) -> Runbook:
    """The runbook with the hosts and values that it has in an environment; "" is the plain one.

    In another one than that the runbook's own `environment` is the name of it.
    """
    if not runbook.environments:
        return runbook
    name = name or plain_name(runbook)
    one = runbook.environments.get(name, Environment())
    about = runbook.runbook
    if name != plain_name(runbook) or not about.environment:
        about = replace(about, environment=name)
    hosts = {host: _there(runbook.hosts[host], other) for host, other in one.hosts.items() if host in runbook.hosts}
    values = {
        key: replace(runbook.variables[key], default=value)
        for key, value in one.variables.items()
        if key in runbook.variables
    }
    if about is runbook.runbook and not hosts and not values:
        return runbook
    from tui.runbook.groups.members import expanded, without_members

    others = without_members(runbook.hosts, (host for host in hosts if runbook.hosts[host].group))
    there = replace(
        runbook,
        runbook=about,
        hosts={**others, **{host: hosts[host] for host in others if host in hosts}},
        variables={**runbook.variables, **values},
    )
    return expanded(there)


def _there(host: Host, other: HostOverride) -> Host:
    """A host as an environment has it."""
    given = {key: value for key, value in asdict(other).items() if value is not None}
    if any(given.get(way) for way in _WAYS):
        given = {**_WAYS, **given}
    return replace(host, **given)
