"""Says in words what each environment of a runbook is, for the set-up and for those who read the runbook."""

from collections.abc import Iterator

from tui.runbook.groups.members import target_words, written
from tui.runbook.model import Environment, Runbook
from tui.runbook.pointing import environment_names, in_environment


def environment_words(runbook: Runbook) -> dict[str, str]:
    """What each environment is: what its author says of it, and where its hosts are."""
    told = {}
    for name in environment_names(runbook):
        hosts = written(in_environment(runbook, name))
        places = [f"{host} at {where}" for host, one in hosts.items() if (where := target_words(one))]
        told[name] = " · ".join(filter(None, (runbook.environments.get(name, Environment()).text, *places)))
    return told


def environment_lines(runbook: Runbook) -> Iterator[tuple[str, str]]:
    """The name of each environment with the same, and with the values that differ there."""
    for name, words in environment_words(runbook).items():
        values = runbook.environments.get(name, Environment()).variables
        yield name, " · ".join(filter(None, (words, *(f"{key} = {value}" for key, value in values.items()))))
