"""Asks a host for the values that a set-up offers, by the commands the runbook has for them."""

from collections.abc import Mapping

from msgspec import Struct

from tui.errors import RunbookError
from tui.execution.commands import prepare, values_of
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.facts import host_named
from tui.runbook.model import Action, Runbook
from tui.session.clock import Clock
from tui.text.sanitise import sanitise
from tui.transports.base import CancelToken, Stream, Transport

MOST = 50
"""More choices than this help nobody; the command should print the likely ones first."""


class OfferedValues(Struct, frozen=True):
    """The values that a runbook's hosts offer; `given` are those that are known of the variables before."""

    runbook: Runbook
    transports: Mapping[str, Transport]
    secrets: Secrets
    clock: Clock

    def choices(self, name: str, given: Mapping[str, str]) -> tuple[str, ...]:
        """What the command of variable `name` prints, one choice a line; none where it does not succeed. Blocks."""
        return self._printed(name, self.runbook.variables[name].choices_from, given)

    def defaults(self, names: list[str], given: Mapping[str, str]) -> dict[str, str]:
        """What the hosts say of these variables, in the runbook's order; a later one may name an earlier. Blocks."""
        found: dict[str, str] = {}
        for name in names:
            lines = self._printed(name, self.runbook.variables[name].default_from, {**given, **found})
            if lines:
                found[name] = lines[0]
        return found

    def _printed(self, name: str, command: str, given: Mapping[str, str]) -> tuple[str, ...]:
        variable = self.runbook.variables[name]
        action = Action(run=command, on=variable.on, timeout="20s")
        output = bytearray()

        def keep(stream: Stream, data: bytes) -> None:
            if stream is Stream.OUT:
                output.extend(data[: 1 << 16])

        try:
            values = values_of(self.runbook, given, self.clock.now())
            prepared = prepare(self.runbook, action, values, self.secrets, f"choices/{name}")
            outcome = self.transports[host_named(self.runbook, variable.on)].run(prepared, keep, CancelToken())
        except RunbookError:
            return ()
        lines = [sanitise(line).strip() for line in bytes(output).splitlines()]
        return tuple(dict.fromkeys(line for line in lines if line))[:MOST] if outcome.exit_status == 0 else ()
