"""Reads the text of a runbook's or a scenario's file, or says why it cannot be read."""

from pathlib import Path

import tomli

from tui.errors import RunbookInvalid
from tui.runbook.problem import Problem, visible

MAX_BYTES = 5_000_000


def read_text(path: Path) -> str:
    """The text of a runbook file.

    Raises:
        RunbookInvalid: there is none, or it is not text of a bearable size.
    """
    name = visible(str(path), 300)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RunbookInvalid(*_unreadable(name, error)) from None
    except ValueError:
        raise RunbookInvalid(f"{name} is not a file name", "name a runbook file") from None
    if len(data) > MAX_BYTES:
        raise RunbookInvalid(
            f"{name} is larger than {MAX_BYTES // 1_000_000} MB", "a runbook is text of some kilobytes"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem(
            file=name,
            line=line,
            message=f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8",
            hint="save the file as UTF-8",
        )
        raise invalid((problem,), name) from None


def unmarked(text: str) -> str:
    """The text without the mark that editors on Windows begin a file with; the lines stay as they are."""
    return text.removeprefix("\ufeff")


def syntax_problem(error: tomli.TOMLDecodeError, text: str, name: str) -> Problem:
    """What `tomli` says, with the line it stumbled over."""
    line = getattr(error, "lineno", 1)
    column = getattr(error, "colno", 1)
    lines = text.replace("\r\n", "\n").split("\n")
    shown = visible(lines[line - 1].strip(), 80) if line <= len(lines) else ""
    message = visible(getattr(error, "msg", str(error)), 200)
    return Problem(
        file=name,
        line=line,
        message=f"not TOML, column {column}: {message}",
        hint=f"the line is: {shown}" if shown else "the file ends there",
    )


def _unreadable(name: str, error: OSError) -> tuple[str, str]:
    match error:
        case FileNotFoundError():
            return f"there is no file {name}", "name a runbook with -f FILE"
        case IsADirectoryError():
            return f"{name} is a directory", "name the file in it, as in -f runbook.toml"
        case PermissionError():
            return f"{name} may not be read", "check its permissions with ls -l"
    return f"{name} cannot be read: {visible(error.strerror or 'unknown error', 100)}", "name another file with -f FILE"


def invalid(problems: tuple[Problem, ...], name: str) -> RunbookInvalid:
    """The error that lists all of the problems of a file."""
    count = len(problems)
    return RunbookInvalid(
        f"{name} has {count} problem{'' if count == 1 else 's'}", "correct it; `runbook lint` checks again", problems
    )
