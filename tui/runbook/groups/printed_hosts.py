"""Reads the hosts of a group out of what a command printed, and keeps them in the runbook."""

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from tui.errors import RunbookError
from tui.runbook.groups.members import expanded, group_of, members, without_members
from tui.runbook.groups.ranges import ADDRESS, MOST, MOST_BY_OPENSSH
from tui.runbook.model import Runbook
from tui.runbook.problem import quoted
from tui.text.amounts import counted

LONGEST = 253
"""Characters of a host's name at most (RFC 1035)."""
INVENTED = 5
"""Hosts of a group in a drill, where no command is run and nobody says how many there are."""


def unlisted(runbook: Runbook) -> tuple[str, ...]:
    """The groups whose hosts a command prints, and is still to print."""
    return tuple(name for name, host in runbook.hosts.items() if host.targets_from and host.targets is None)


def lists_of(runbook: Runbook) -> dict[str, tuple[str, ...]]:
    """The hosts of each group whose command has printed them."""
    return {name: host.targets or () for name, host in runbook.hosts.items() if host.targets_from and host.targets}


def with_lists(runbook: Runbook, lists: Mapping[str, tuple[str, ...]]) -> Runbook:
    """The runbook with these hosts in those of its groups that a command lists."""
    wanted = {name: addresses for name, addresses in lists.items() if runbook.hosts[name].targets_from}
    if not wanted:
        return runbook
    others = without_members(runbook.hosts, wanted)
    groups = {name: replace(runbook.hosts[name], targets=addresses) for name, addresses in wanted.items()}
    return expanded(replace(runbook, hosts={**others, **groups}))


def invented(runbook: Runbook) -> dict[str, tuple[str, ...]]:
    """Hosts for each group whose list a command would print: a drill runs none."""
    return {name: tuple(f"{name}{number:02}" for number in range(1, INVENTED + 1)) for name in unlisted(runbook)}


def _not_too_many(runbook: Runbook, name: str, count: int, others: Collection[str]) -> None:
    """Raises RunbookError where a group of `count` hosts has too many; `others` names the group of each other host."""
    ssh = runbook.hosts[name].connect_with == "openssh"
    through_ssh = sum(runbook.hosts[group].connect_with == "openssh" for group in others)
    for total, most, which in (
        (count + len(others), MOST, ""),
        (count * ssh + through_ssh, MOST_BY_OPENSSH, " that ssh connects"),
    ):
        if total > most:
            raise RunbookError(
                f"the groups have {counted(total, 'host')}{which} with those of {name}", f"{most} at most"
            )


def listed(runbook: Runbook, name: str, printed: str) -> tuple[str, ...]:
    """The hosts of a group, by what its command printed: one a line, empty lines left out.

    Raises:
        RunbookError: they cannot be a group's.
    """
    found = [line.strip() for line in printed.splitlines() if line.strip()]
    command = "the command of targets_from prints one address a line"
    if not found:
        raise RunbookError(f"no host of {name} was printed", command)
    others = group_of(with_lists(runbook, {name: ()}))
    _not_too_many(runbook, name, len(found), others.values())
    for number, address in enumerate(found, 1):
        if len(address) > LONGEST or not ADDRESS.fullmatch(address):
            raise RunbookError(f"line {number} for {name} is not a host's address: {quoted(address[:60])}", command)
    again = next((address for place, address in enumerate(found) if address in found[:place]), "")
    if again:
        raise RunbookError(f"{again} was printed twice for {name}", "every host of a group is there once")
    taken = {*runbook.hosts} - {one for one, group in group_of(runbook).items() if group == name}
    for one in members(tuple(found)):
        if one.name in taken:
            whose = f"in group {others[one.name]} as well" if one.name in others else "a host of the runbook as well"
            raise RunbookError(f"{one.name}, printed for {name}, is {whose}", "every host is there once")
    return tuple(found)
