"""Asks a host for the values that the operator may choose from, by the command the runbook has for it."""

from collections.abc import Mapping

from tui.errors import RunbookError
from tui.execution.commands import prepare, values_of
from tui.execution.secrets import Secrets
from tui.execution.text import sanitise
from tui.runbook.model import Action, Runbook
from tui.session.clock import Clock
from tui.transports.base import CancelToken, Stream, Transport

MOST = 50
"""More choices than this help nobody; the command should print the likely ones first."""


def choices_from(
    runbook: Runbook,
    name: str,
    given: Mapping[str, str],
    transports: Mapping[str, Transport],
    secrets: Secrets,
    clock: Clock,
) -> tuple[str, ...]:
    """What the command of variable `name` prints, one choice a line; none where it does not succeed. Blocks."""
    variable = runbook.variables[name]
    action = Action(run=variable.choices_from, on=variable.on, timeout="20s")
    output = bytearray()

    def keep(stream: Stream, data: bytes) -> None:
        if stream is Stream.OUT:
            output.extend(data[: 1 << 16])

    try:
        command = prepare(runbook, action, values_of(runbook, given, clock.now()), secrets, f"choices/{name}")
        outcome = transports[variable.on or runbook.runbook.default_host].run(command, keep, CancelToken())
    except RunbookError:
        return ()
    lines = [sanitise(line).strip() for line in bytes(output).splitlines()]
    return tuple(dict.fromkeys(line for line in lines if line))[:MOST] if outcome.exit_status == 0 else ()
