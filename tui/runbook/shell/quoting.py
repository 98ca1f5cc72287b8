"""Writes values into shell commands so that the shell reads them as plain text, wherever they stand."""

import re
from collections.abc import Mapping

from tui.errors import RunbookError
from tui.runbook.problem import quoted
from tui.runbook.shell.lexer import read
from tui.runbook.shell.placeholders import HereDocument, QuotingContext, Script, unset

_SAFE = re.compile(r"[A-Za-z0-9@%+:,./_-]+")
_RESERVED = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "time")
)


def fill_quoted(template: str, values: Mapping[str, str], partial: bool = False) -> str:
    """See `variables.fill_command`."""
    script = read(template)
    for found in script.placeholders:
        if found.name not in values:
            if partial:
                continue
            raise no_value(found.name)
        if found.refusal:
            raise RunbookError(f"{found.name} cannot be written into the command: {found.refusal}", found.remedy)
        if "\0" in values[found.name]:
            raise RunbookError(f"the value of {found.name} holds a NUL, which no command line can carry")
    for body in script.bodies:
        _check_body(template, script, body, values)
    return _filled(template, script, values, 0, len(template))


def no_value(name: str) -> RunbookError:
    """Why nothing is run or opened that names this value."""
    return RunbookError(f"{name} has no value yet", "run the step that captures it, or give it at set-up with --set")


def _filled(template: str, script: Script, values: Mapping[str, str], start: int, end: int) -> str:
    parts = []
    at = start
    for found in script.placeholders:
        if start <= found.start < end:
            value = values.get(found.name)
            written = unset(found.name) if value is None else _written(value, found.place, template[found.end :][:1])
            parts += [template[at : found.start], written]
            at = found.end
    return "".join([*parts, template[at:end]])


def _check_body(template: str, script: Script, body: HereDocument, values: Mapping[str, str]) -> None:
    """Refuse values with which a line of the here-document would read as its end.

    Inside `$(…)` bash takes a line for the end that only begins with the delimiter, as `EOF)` does.
    """
    inside = [found.name for found in script.placeholders if body.start <= found.start < body.end]
    if not inside:
        return
    own = template[body.start : body.end].split("\n")
    for line in _filled(template, script, values, body.start, body.end).split("\n"):
        if line not in own and (line.lstrip("\t") if body.strip_tabs else line).startswith(body.delimiter):
            raise RunbookError(
                f"a value of {', '.join(inside)} would end the here-document at {quoted(body.delimiter)}",
                "give the here-document another delimiter, or hand the value over by `stdin`",
            )


def _written(value: str, place: QuotingContext, following: str) -> str:
    match place:
        case QuotingContext.SINGLE:
            return value.replace("'", "'\\''")
        case QuotingContext.DOUBLE:
            return re.sub(r'([\\"$`])', r"\\\1", value)
        case QuotingContext.HERE:
            return re.sub(r"([\\$`])", r"\\\1", value)
        case QuotingContext.HERE_LITERAL:
            return value
        case QuotingContext.COMMENT:
            return "".join(char if char.isprintable() else " " for char in value)
        case _:
            if _SAFE.fullmatch(value) and value not in _RESERVED and following not in ("<", ">", "=", "("):
                return value
            return "'" + value.replace("'", "'\\''") + "'"
