"""Puts together what surrounds a runbook in one of its environments, by the runbook, the settings and the options."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.execution.beginning.surroundings import Surroundings
    from tui.runbook.model import Runbook
    from tui.session.state import SessionState
    from tui.transports.base import Transport


def surroundings(
    runbook: "Runbook",
    options: Mapping[str, str],
    values: Mapping[str, str],
    reach: "Callable[[Runbook], Mapping[str, Transport]]",
    environment: str,
) -> "Surroundings":
    """The runbook in an environment, with what the operator's options and settings say of its hosts and values."""
    from tui.config import load_config, said_of
    from tui.execution.beginning.surroundings import Surroundings
    from tui.runbook.model import Environment, runbook_id
    from tui.runbook.pointing import in_environment, overridden, plain_name, pointed_values

    environment = environment or plain_name(runbook)
    there = runbook.environments.get(environment, Environment())
    known = runbook_id(runbook)
    runbook = in_environment(runbook, environment)
    config = load_config()
    said = said_hosts(runbook, said_of(config.hosts, known, environment, there.hosts), options, values)
    own = said_of(config.variables, known, environment, there.variables)
    placed = overridden(runbook, said, values)
    return Surroundings(
        runbook=placed,
        transports=reach(placed),
        said=frozenset(said),
        settings={name: value for name, value in own.items() if name in runbook.variables and name not in values},
        pointed=pointed_values(runbook, said),
    )


def said_hosts(
    runbook: "Runbook", settings: Mapping[str, str], options: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, str]:
    """Where the operator says that hosts of this runbook are: by the settings for it, then by the options.

    Args:
        values: those of variables that the options give; a directory of the settings gives way to them.
    """
    from tui.runbook.pointing import directory_of

    known = {name: place for name, place in settings.items() if name in runbook.hosts}
    for name, place in known.items():
        if directory_of(runbook.hosts[name]) in values:
            known[name] = place.partition(":")[0]
    return {**known, **options}


def answered_for(
    runbook: "Runbook", environment: str, resumed: "SessionState | None", values: Mapping[str, str]
) -> "Runbook":
    """The runbook whose hosts a rehearsal answers for: in the environment that is named, else in the session's own."""
    from tui.runbook.pointing import in_environment, overridden

    begun = resumed.started.environment if resumed is not None and resumed.started is not None else ""
    lists = resumed.started.groups if resumed is not None and resumed.started is not None else {}
    return _with_invented(overridden(in_environment(runbook, environment or begun), {}, values), lists)


def _with_invented(runbook: "Runbook", lists: Mapping[str, tuple[str, ...]]) -> "Runbook":
    """The runbook with hosts for the groups that a command lists: those of a session, else invented ones."""
    from tui.runbook.groups.printed_hosts import invented, with_lists

    return with_lists(runbook, {**invented(runbook), **lists})


def rehearsed(
    runbook: "Runbook",
    answered: "Runbook",
    values: Mapping[str, str],
    transports: "Mapping[str, Transport]",
    environment: str,
) -> "Surroundings":
    """The surroundings in a drill: the hosts are the drill's own, which call themselves as those it answers for."""
    from msgspec.structs import replace

    from tui.config import load_config, said_of
    from tui.execution.beginning.surroundings import Surroundings
    from tui.runbook.model import Environment, runbook_id
    from tui.runbook.pointing import in_environment, overridden, plain_name

    name = environment or plain_name(runbook)
    there = runbook.environments.get(name, Environment())
    own = said_of(load_config().variables, runbook_id(runbook), name, there.variables)
    lists = {name: host.targets or () for name, host in answered.hosts.items() if host.targets_from}
    placed = _with_invented(overridden(in_environment(runbook, environment), {}, values), lists)
    hosts = {
        key: replace(host, expect_hostname=answered.hosts[key].expect_hostname) for key, host in placed.hosts.items()
    }
    return Surroundings(
        runbook=replace(placed, hosts=hosts),
        transports=transports,
        settings={key: value for key, value in own.items() if key in runbook.variables and key not in values},
    )
