"""Hands a message to the command that the runbook has for it."""

from collections.abc import Mapping

from tui.errors import RunbookError
from tui.execution.epochs.claims import key_aside
from tui.execution.epochs.holding import Holding, told_by
from tui.execution.viewer import Announces
from tui.runbook.facts import host_named
from tui.runbook.model import Action, Runbook
from tui.runbook.shell.script import script_of
from tui.runbook.templates.variables import fill_command, worded
from tui.session.outcome import OutcomeKind
from tui.transports.base import CancelToken, Command, Transport

SEND_TIMEOUT = 30.0
"""Seconds that the command has."""


def send(
    runbook: Runbook,
    name: str,
    text: str,
    values: Mapping[str, str],
    transports: Mapping[str, Transport],
    holding: Holding,
    announces: Announces | None = None,
) -> None:
    """Hand a message to the command the runbook has for it, on standard input.

    Args:
        announces: the services of the settings, where they are told of it too; a message without a command is sent by
            them alone.

    Raises:
        TakenOver: another person has the session; nothing was sent.
        RunbookError: there is no such command, or it did not succeed.
    """
    holding.sure()
    message = runbook.messages[name]
    if announces is not None:
        announces.tell(worded(message.title, values), text)
        if not message.send:
            return
    if not message.send:
        raise RunbookError(
            f"message {name} has no way to be sent", "copy it, or give it a `send` command in the runbook"
        )
    host = host_named(runbook, message.on)
    output = bytearray()
    command = Command(
        script=fill_command(script_of(Action(run=message.send)), values),
        stdin=text.encode(),
        timeout=SEND_TIMEOUT,
        key=key_aside(values.get("session", "")),
        fence=holding.fence,
    )
    outcome = transports[host].run(command, lambda _, data: output.extend(data[-200:]), CancelToken())
    if outcome.fenced:
        holding.lose(told_by(outcome))
        raise told_by(outcome)
    if outcome.kind is not OutcomeKind.SUCCEEDED:
        last = output[-200:].decode(errors="replace").strip()
        raise RunbookError(f"message {name} was not sent: {outcome} {last}".rstrip(), "copy it and send it by hand")
