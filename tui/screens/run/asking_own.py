"""Has a command of the operator's own run beside the step at hand: asked for, allowed, and in sight while it runs."""

from functools import partial

from textual.app import SuspendNotSupported

from tui.dialogs import Confirm, TypeName
from tui.errors import NotNow
from tui.execution.commands import directory_of
from tui.execution.conductor.by_person.own_commands import LOGIN_SHELL
from tui.front.asks import asks
from tui.front.front_page import FrontPage
from tui.runbook.facts import connection_of
from tui.runbook.groups.members import hosts_named
from tui.runbook.model import Action, Danger, Step
from tui.runbook.shell.destroys import danger_of
from tui.screens.run.own_command import AskOwnCommand, OwnCommand
from tui.screens.run.text import Doing, Start, host_name_of, start_rows
from tui.session.state import SessionState
from tui.transports.terminals.joining import HereTerminal
from tui.widgets.step.beside import host_and_target

BESIDE = "No step has this: nothing of the runbook undoes what it changes."
ANYTHING = "In a terminal anything can be done: it counts as a change."


@asks
async def ask_own_command(screen: FrontPage[None], step: Step) -> None:
    """Ask for a command or a terminal and for what allows it, and run it; its output is beside the step's."""
    conductor = screen.app.acting()
    asked = await screen.app.ask(_dialog(conductor.state, step))
    if asked is None:
        return
    command = asked.command or LOGIN_SHELL
    text = conductor.own.text_of(asked.host, command)
    danger = danger_of(text)
    if asked.terminal and danger is Danger.NONE:
        danger = Danger.CAUTION
    confirmed = await _confirmed(screen, conductor.state, asked, text, danger)
    if confirmed is None:
        return
    if not asked.terminal:
        conductor.own.run(step.id, asked.host, command, confirmed)
        return
    here = HereTerminal()
    try:
        with screen.app.suspend(), here.raw():
            conductor.own.run(step.id, asked.host, command, confirmed, here)
            conductor.wait()
    except (SuspendNotSupported, OSError) as error:
        raise NotNow("this terminal cannot be given away", "open the session in another one") from error


def _dialog(state: SessionState, step: Step) -> AskOwnCommand:
    hosts = [name for name, host in state.runbook.hosts.items() if not host.group]
    shown = []
    for name in hosts:
        _, target = host_and_target(state, Action(run="", on=name))
        shown.append(f"{name}  {target}".rstrip())
    first = next((action for action in step.actions if action.on_host), None)
    return AskOwnCommand(hosts, shown, hosts_named(state.runbook, first.on if first else "")[0])


async def _confirmed(
    screen: FrontPage[None], state: SessionState, asked: OwnCommand, text: str, danger: Danger
) -> str | None:
    """What allows it, as steps of that danger are allowed; empty for what only reads, None where it is not allowed."""
    if danger is Danger.NONE:
        return ""
    action = Action(run=text, on=asked.host)
    name, target = host_and_target(state, action)
    doing = Doing(name, target, directory_of(state.runbook, action, state.facts), (text,))
    body = partial(start_rows, Start((ANYTHING if asked.terminal else BESIDE,), (doing,)))
    if danger is Danger.DESTRUCTIVE:
        wanted = host_name_of(state, connection_of(state.runbook, asked.host))
        return await screen.app.ask(TypeName("A command of your own", body, wanted))
    yes = "Open it" if asked.terminal else "Run it"
    asked_first = Confirm("A command of your own", body, yes=yes, kind="! CHANGES")
    return danger.value if await screen.app.ask(asked_first) else None
