"""What a shell is given for a command of the runbook, and how it is shown together with its standard input."""

import re

from tui.runbook.model import Action
from tui.text.command import spelled

ERREXIT = "set -e"
BEGINS = "# what runs:\n"
"""The line between what a host begins every command with (its file's variables, its preamble) and the command."""
_SAID = re.compile(r"set [-+][a-z]*e")


def script_of(action: Action) -> str:
    """The template that runs: a script of several lines stops at the first that fails, unless it says otherwise."""
    text = (action.run or "").strip()
    if "\n" not in text or not action.errexit or _SAID.match(text):
        return text
    return f"{ERREXIT}\n{text}"


def with_input(command: str, stdin: str) -> str:
    """A command for the eye, with the lines of its standard input below it."""
    if not stdin:
        return command
    return "\n".join([command, *(f"< {line}" for line in stdin.removesuffix("\n").split("\n"))])


def first_line(command: str) -> str:
    """The line that tells most of a command, where there is room for one."""
    lines = command.strip().split("\n")
    return spelled(lines[1] if lines[0] == ERREXIT and len(lines) > 1 else lines[0])
