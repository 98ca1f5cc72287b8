"""What the commands have in common: their options, and how an error of ours is said."""

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click

from tui.cli.printing import complain, for_programs
from tui.errors import RunbookError, RunbookInvalid

FILE = click.option(
    "-f", "--file", type=click.Path(path_type=Path), help="The runbook (default: the nearest runbook.toml)."
)


class Leading(click.Group):
    """A group whose first command is meant where none of them is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what is not a command for the arguments of the first one."""
        if not args and ctx.resilient_parsing:  # a shell asks what may come here: a command's name
            return super().parse_args(ctx, args)
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def settings(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a session is about."""
    options = (
        click.option("--flow", help="Which flow of the runbook."),
        click.option("--environment", default="", help="Which of the runbook's environments.", metavar="NAME"),
        click.option("--method", default="", help="Which of the flow's methods."),
        click.option("--operator", default="", help="Who does it (default: the login name)."),
        click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A variable's value."),
        click.option("--change", default="", help="The change's reference."),
        click.option("--reason", default="", help="Why it runs outside the window."),
    )
    for option in reversed(options):
        command = option(command)
    return command


DEMO = click.option("--demo", is_flag=True, help="The bundled runbook, which is rehearsed with.")
HOSTS = click.option(
    "--as",
    "--hosts",
    "which",
    type=click.Choice(["session", "today"]),
    default=None,
    help="Whose hosts and values hold, if others than the session's are said today.",
)


_OF_A_SESSION = re.compile(r"[\w.-]+", re.ASCII)
"""The ids that this program gives: a shell shows what it completes as it is, and a folder may have any name."""


def _sessions_beginning(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The ids of this machine's sessions that begin like that, the newest first, for a shell that completes one."""
    from tui.cli.wiring import open_store

    try:
        names = open_store().names()
    except RunbookError:  # a shell has no place for it: the command itself says so
        return []
    return [name for name in reversed(names) if name.startswith(incomplete) and _OF_A_SESSION.fullmatch(name)]


def session_named(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The argument that names a session; `default` stands for it where it is left out."""
    return click.argument("session", default=default, shell_complete=_sessions_beginning)


def reaching(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say where hosts are."""
    options = (
        FILE,
        click.option("--host", "hosts", multiple=True, metavar="NAME=TARGET", help="Point a host elsewhere."),
        click.option("-F", "--ssh-config", type=click.Path(path_type=Path, exists=True), help="As ssh's own -F."),
        click.option("--ask-never", is_flag=True, help="Ask for no password, code or passphrase to log in."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say an error of ours in one or two lines, and end with its exit status."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("as_json"):
            for_programs()
        try:
            return command(*args, **kwargs)
        except RunbookError as error:
            fail(error)
        except KeyboardInterrupt:
            with suppress(OSError):
                complain("interrupted", "`runbook resume` continues it")
            sys.exit(130)

    return run


def fail(error: RunbookError) -> NoReturn:
    """Print an error with every problem it carries, and end."""
    problems = error.problems if isinstance(error, RunbookInvalid) else ()
    complain(error.message, *map(str, problems), error.hint)
    sys.exit(error.exit_code)


def pairs(given: tuple[str, ...], option: str) -> dict[str, str]:
    """NAME=VALUE options as a mapping.

    Raises:
        click.BadParameter: one has no "=".
    """
    for pair in given:
        if "=" not in pair:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint=option)
    return {name: value for name, _, value in (pair.partition("=") for pair in given)}


def chosen_values(given: dict[str, Any]) -> dict[str, str]:
    """The variables' values that --set gives."""
    return pairs(given.get("values", ()), "--set")
