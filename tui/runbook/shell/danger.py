"""Looks at a command for what goes wrong at night: secrets in argv, programs that never end, unannounced changes."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tui.runbook.model import Action
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.shell.counting import may_change
from tui.runbook.shell.programs import SimpleCommand, inner_code, simple_commands
from tui.runbook.shell.read_only import Change, changes

_ENDLESS = frozenset({"htop", "watch", "less", "more", "vi", "vim", "nano", "man", "iotop", "nethogs", "glances"})


def action_doubts(action: Action, mutates: bool, secrets: frozenset[str]) -> Iterator[UnplacedProblem]:
    """What is doubtful in one action; paths are relative to it. `secrets` are the secrets' environment variables."""
    if action.run is None:
        return
    commands = simple_commands(action.run)
    for command in commands:
        yield from _secret_in_argv(command, secrets)
        yield from _never_ends(command, bool(action.stdin))
    if not mutates and not action.reads:
        yield from unsaid(changes(action.run, action.stdin), ("run",), "in a step that does not say so")
    if action.retry is not None and may_change(action):
        yield UnplacedProblem(
            path=("retry",), message="what changes something is never run again by itself", hint="remove it"
        )
    for program in inner_code(action.run):
        yield UnplacedProblem(
            path=("run",),
            message=f"a value becomes code for {program}",
            hint="pass it as an argument or in an environment variable",
        )
    if re.search(r"\[\[[^\n]*\{\{ [^\n]*\]\]", action.run) and re.search(r"\s-(eq|ne|lt|le|gt|ge)\s", action.run):
        yield UnplacedProblem(
            path=("run",), message="[[ … ]] computes with a value, and runs what it says", hint="use [ … ]"
        )


def unsaid(found: Iterable[Change], path: Path, where: str) -> Iterator[UnplacedProblem]:
    """A fault for the first change that nothing announces, the certain ones before those that are only possible."""
    for change in sorted(found, key=lambda one: not one.known)[:1]:
        if change.known:
            yield UnplacedProblem(
                path=path, message=f"{quoted(change.words)} changes production {where}", hint="mutates = true"
            )
        else:
            yield UnplacedProblem(
                path=path,
                message=f"{quoted(change.words)} is not known to only read, so it counts as a change",
                hint="mutates = true on the step, or reads = true on the action if it only reads",
            )


def _secret_in_argv(command: SimpleCommand, secrets: frozenset[str]) -> Iterator[UnplacedProblem]:
    """A secret's variable among the arguments of a program, where `ps` shows it; a shell builtin has no argv."""
    if not command.program or command.program in ("printf", "echo", "export", "[", "test", "[[", ":", "read", "set"):
        return
    for word in command.arguments:
        for variable in secrets if "$" in word.expanded else ():
            if re.search(rf"\$(?:{variable}\b|\{{{variable}[}}:%#])", word.expanded):
                message = (
                    f"the secret ${variable} is an argument of {command.program}, where every user of the host sees it"
                )
                yield UnplacedProblem(
                    path=("run",), message=message, hint="give it by standard input, a 0600 file or the environment"
                )


def _never_ends(command: SimpleCommand, has_stdin: bool) -> Iterator[UnplacedProblem]:
    why = _endless(command) or ("" if has_stdin or command.fed else _interactive(command))
    if why:
        yield UnplacedProblem(path=("run",), message=why[0], hint=why[1])


def _endless(command: SimpleCommand) -> tuple[str, str] | None:
    program, arguments = command.program, command.texts
    if command.bounded:
        return None
    if program in _ENDLESS:
        return f"{program} waits for a person", "use a command that prints and ends"
    if program == "tail" and any(re.fullmatch(r"-\w*[fF]|--follow.*", word) for word in arguments):
        return "tail -f never ends", "tail -n 100, or timeout 30 tail -f"
    if program == "top" and not any(re.fullmatch(r"-\w*b\w*", word) for word in arguments):
        return "top without -b waits for a person", "top -b -n 1"
    if program == "journalctl" and {"-f", "--follow"} & set(arguments):
        return "journalctl -f never ends", "journalctl -n 100"
    if program in ("docker", "docker-compose") and "logs" in arguments and {"-f", "--follow"} & set(arguments):
        return "logs -f never ends", "logs --tail=100"
    if program == "ping" and not any(re.match(r"-[cw]", word) for word in arguments):
        return "ping without -c never ends", "ping -c 3"
    return None


def _edits(program: str, arguments: Sequence[str]) -> bool:
    """Whether a program opens an editor, and waits until a person leaves it."""
    if program in ("crontab", "sudoedit", "visudo", "vipw", "vigr"):
        return program != "crontab" or "-e" in arguments
    verbs = {
        "kubectl": "edit",
        "oc": "edit",
        "systemctl": "edit",
        "ansible-vault": "edit",
        "virsh": "edit",
        "sops": "edit",
    }
    return program in verbs and next((word for word in arguments if not word.startswith("-")), "") == verbs[program]


def _interactive(command: SimpleCommand) -> tuple[str, str] | None:
    program, arguments = command.program, command.texts
    if command.manage_verb in ("shell", "dbshell", "shell_plus") and not {"-c", "--command"} & set(arguments):
        return f"manage.py {command.manage_verb} waits for a person", "give it -c, or its text by stdin"
    if program == "ssh":
        return "ssh inside a command opens a connection of its own", "name a host with `on`"
    if command.compose_verb == "exec" and "-T" not in arguments:
        return "docker-compose exec without -T needs a terminal", "docker-compose exec -T"
    if program == "docker" and "exec" in arguments and any(re.fullmatch(r"-i?ti?", word) for word in arguments):
        return "docker exec -t needs a terminal", "leave -t out"
    if _edits(program, arguments):
        return f"{program} waits for a person: it opens an editor", "interactive = …, or give it what to change"
    if program in ("mysql", "psql", "redis-cli", "python", "python3", "bash", "sh") and not arguments:
        return f"{program} without arguments waits for a person", "say what it should run"
    if program == "sudo":
        return "sudo -i opens a shell", "sudo COMMAND"
    return None
