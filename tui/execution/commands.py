"""Turns an action of the runbook into the command a transport runs, and into the text an operator reads."""

from collections.abc import Mapping

from tui.execution.secrets import Secrets
from tui.runbook.model import Action, Host, Runbook, seconds
from tui.runbook.variables import fill, fill_command
from tui.transports.base import Command


def host_of(runbook: Runbook, action: Action) -> tuple[str, Host]:
    """The name and the entry of the host an action runs on."""
    name = action.on or runbook.runbook.default_host
    return name, runbook.hosts[name]


def shown(runbook: Runbook, action: Action, values: Mapping[str, str]) -> str:
    """The command as it will run; a value that is not known yet stays as {{ name }}."""
    return fill(action.run or "", values).strip()


def prepare(runbook: Runbook, action: Action, values: Mapping[str, str], secrets: Secrets, key: str) -> Command:
    """The command with every value filled in and quoted, and its secrets beside it.

    Raises:
        RunbookError: a value or a secret is not known yet.
    """
    _, host = host_of(runbook, action)
    script = fill_command(action.run or "", values)
    preamble = fill_command(host.preamble, values)
    return Command(
        script=f"{preamble}\n{script}" if preamble else script,
        directory=fill(action.directory or host.directory, values),
        environment={name: fill(value, values) for name, value in host.environment.items()},
        secrets=secrets.environment(action.secrets),
        stdin=fill(action.stdin, values).encode(),
        timeout=seconds(action.timeout or runbook.runbook.default_timeout),
        key=key,
    )
