"""Asks the operator's machine for the hosts of groups, by the commands that the runbook has for them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from tui.errors import RunbookError
from tui.execution.beginning.surroundings import Surroundings
from tui.execution.measuring.prober import THIS_MACHINE
from tui.execution.preflight import Finding, Report, RowVerdict
from tui.runbook.groups.printed_hosts import listed, with_lists
from tui.runbook.model import Runbook
from tui.runbook.shell.script import first_line
from tui.session.state import SessionState
from tui.text.amounts import counted
from tui.text.sanitise import sanitise
from tui.transports.base import CancelToken, Command, Stream, Transport
from tui.transports.local.transport import LocalTransport

GROUP = "hosts"
"""The kind of a row about which hosts a group has."""
PATIENCE = 30.0
"""Seconds that a command may take."""
MOST_BYTES = 1 << 16
"""What is kept of its output: a list of hosts is shorter."""


def listed_hosts(runbook: Runbook, name: str, machine: Callable[[], Transport]) -> tuple[str, ...]:
    """The addresses that the command of a group prints; blocks until it has ended.

    Raises:
        RunbookError: it did not succeed, or what it printed cannot be the hosts of a group.
    """
    output, errors = bytearray(), bytearray()

    def keep(stream: Stream, data: bytes) -> None:
        kept = output if stream is Stream.OUT else errors
        kept.extend(data[: MOST_BYTES + 1 - len(kept)])

    command = Command(script=runbook.hosts[name].targets_from, timeout=PATIENCE)
    outcome = machine().run(command, keep, CancelToken())
    if outcome.exit_status != 0:
        said = [line for line in sanitise(bytes(errors).decode(errors="replace")).splitlines() if line.strip()]
        raise RunbookError(f"the hosts of {name} are not known: its command {outcome}", said[-1][:200] if said else "")
    if len(output) > MOST_BYTES:
        raise RunbookError(f"the command for the hosts of {name} prints too much", "it prints one address a line")
    return listed(runbook, name, bytes(output).decode(errors="replace"))


def relisted(
    here: Surroundings, reach: Callable[[Runbook], Mapping[str, Transport]] | None, report: Report, drill: bool
) -> tuple[Surroundings, tuple[Finding, ...]]:
    """The surroundings with the hosts that the groups' commands print now, and a row for each, having reported it.

    A group whose command fails keeps the hosts that it has.

    Args:
        reach: makes the ways to the hosts of a runbook; None keeps those that there are.
        drill: no command is run in one; its hosts are invented.
    """
    if drill or not any(host.targets_from for host in here.runbook.hosts.values()):
        return here, ()
    runbook, rows = groups_listed(here.runbook, report)
    if runbook == here.runbook:
        return here, rows
    return replace(here, runbook=runbook, transports=reach(runbook) if reach is not None else here.transports), rows


def groups_listed(runbook: Runbook, report: Report) -> tuple[Runbook, tuple[Finding, ...]]:
    """The runbook with the hosts that the groups' commands print now, and a row for each, having reported it."""
    rows = []
    for name, host in runbook.hosts.items():
        if not host.targets_from:
            continue
        report(Finding(name=name, kind=GROUP, verdict=RowVerdict.WAITING))
        try:
            found = listed_hosts(runbook, name, partial(LocalTransport, THIS_MACHINE))
            runbook = with_lists(runbook, {name: found})
            words = f"{counted(len(found), 'host')} by {first_line(host.targets_from)}"
            row = Finding(name=name, kind=GROUP, verdict=RowVerdict.OK, detail=words)
        except RunbookError as error:
            row = Finding(name=name, kind=GROUP, verdict=RowVerdict.FAILED, detail=error.message, hint=error.hint)
        rows.append(row)
        report(row)
    return runbook, tuple(rows)


def differing_lists(runbook: Runbook, state: SessionState) -> Iterator[str]:
    """What the groups' commands of a session print today beside what they printed when it began, a line for each.

    Blocks while they run. Those of a drill were invented, and nothing is run.
    """
    groups = state.started.groups if state.started is not None else {}
    for name, before in groups.items():
        if state.drill:
            yield f"{name}: its {counted(len(before), 'host')} were invented for the drill"
            continue
        try:
            today = listed_hosts(runbook, name, partial(LocalTransport, THIS_MACHINE))
        except RunbookError as error:
            yield f"? {error.message}"
            continue
        new, gone = (
            ", ".join(host for host in one if host not in other) for one, other in ((today, before), (before, today))
        )
        words = [f"{what} {hosts}" for what, hosts in (("new", new), ("gone", gone)) if hosts]
        told = f"today {'; '.join(words)}" if words else "the same today"
        yield f"{'!' if words else '✔'} {name}: {counted(len(before), 'host')} in the session, {told}"
