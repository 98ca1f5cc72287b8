"""Points hosts of a runbook elsewhere, and says which variables that answers: `--host NAME=TARGET:DIRECTORY`."""

from collections.abc import Mapping

from msgspec.structs import replace

from tui.errors import UsageError
from tui.runbook.model import Host, Runbook
from tui.runbook.shell.placeholders import PLACEHOLDER
from tui.runbook.templates.variables import names
from tui.runbook.walk import texts_of


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
