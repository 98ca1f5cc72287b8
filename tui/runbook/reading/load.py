"""Reads a runbook file into the model, or says everything that is wrong with it at once."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import tomli

from tui.errors import RunbookInvalid
from tui.runbook.model import Runbook
from tui.runbook.problem import Problem, UnplacedProblem, key_of, visible
from tui.runbook.reading.locate import DocumentLines
from tui.runbook.reading.references import references
from tui.runbook.reading.structure import check
from tui.runbook.shell.counting import counted
from tui.runbook.templates.filling import unfilled
from tui.runbook.walk import Text, texts_of

MAX_BYTES = 5_000_000
Doubts = Callable[[Runbook, Sequence[Text]], Iterable[UnplacedProblem]]


def no_doubts(runbook: Runbook, texts: Sequence[Text]) -> Iterable[UnplacedProblem]:
    """What is said of a runbook that is only loaded: its errors and nothing else."""
    return ()


def load(path: Path, of_session: bool = False) -> Runbook:
    """The runbook in a file; one `of_session` opens, whatever is refused today in its texts.

    Raises:
        RunbookInvalid: it cannot be read, or is not right; `problems` has every fault.
    """
    with nothing_collected():
        runbook, problems = examine(read_text(path), str(path), path.parent, of_session)
        return _accepted(runbook, problems, str(path))


def load_text(text: str, name: str, of_session: bool = False) -> Runbook:
    """The runbook in a text; `name` is what messages call it, and see `load` for `of_session`.

    Raises:
        RunbookInvalid: it is not right; `problems` has every fault.
    """
    with nothing_collected():
        runbook, problems = examine(text, name, of_session=of_session)
        return _accepted(runbook, problems, name)


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Nothing that is read becomes garbage: to look for it again and again takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


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
        raise _invalid((problem,), name) from None


def unmarked(text: str) -> str:
    """The text without the mark that editors on Windows begin a file with; the lines stay as they are."""
    return text.removeprefix("\ufeff")


def examine(
    text: str, name: str, beside: Path | None = None, of_session: bool = False, doubts: Doubts = no_doubts
) -> tuple[Runbook | None, tuple[Problem, ...]]:
    """The runbook (as far as it can be read) and all its faults, in the order of their lines.

    Args:
        of_session: it is the one that a session keeps.
        beside: the folder from which the runbook names its source document.
        doubts: what else is said of a runbook that can be read, with its texts.
    """
    name = visible(name, 300)
    try:
        raw = tomli.loads(unmarked(text))
        runbook, faults = _read(raw)
    except tomli.TOMLDecodeError as error:
        return None, (_syntax(error, text, name),)
    except RecursionError:
        return None, (Problem(file=name, message="the file is nested too deeply", hint="a runbook needs few levels"),)
    except ValueError as error:
        message = visible(str(error), 200)
        return None, (Problem(file=name, message=f"a value cannot be read: {message}", hint="correct it"),)
    texts = texts_of(runbook)
    faults += references(runbook, texts, _document_lines(runbook, beside))
    if of_session:
        faults = [fault for fault in faults if not {"expect", "capture"} & set(fault.path)]
    else:
        faults += unfilled(texts)
    return runbook, located((*faults, *doubts(runbook, texts)), raw, text, name)


def located(faults: Iterable[UnplacedProblem], raw: object, text: str, name: str) -> tuple[Problem, ...]:
    """The faults with their lines, in the order of the file, each once."""
    faults = list(faults)
    if not faults:
        return ()
    lines = DocumentLines(text)
    problems = {
        Problem(
            file=name,
            line=lines.of(fault.path),
            key=key_of(fault.path, raw),
            message=fault.message,
            hint=fault.hint,
            severity=fault.severity,
        ): None
        for fault in faults
    }
    return tuple(sorted(problems, key=lambda problem: problem.line))


def _document_lines(runbook: Runbook, beside: Path | None) -> int | None:
    """How many lines the source document has; None where the runbook names none, or it is not to be found."""
    name = runbook.runbook.document
    try:
        if beside is None or not name or not (beside / name).is_file():
            return None
        with (beside / name).open("rb") as file:
            return len(file.read(MAX_BYTES).splitlines())
    except (OSError, ValueError):
        return None


def _read(raw: dict[str, Any]) -> tuple[Runbook, list[UnplacedProblem]]:
    try:
        return msgspec.convert(raw, Runbook), []
    except msgspec.ValidationError as error:
        runbook, faults = check(raw)
        return runbook, faults or [UnplacedProblem(path=(), message=visible(str(error), 200))]


def _syntax(error: tomli.TOMLDecodeError, text: str, name: str) -> Problem:
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


def _accepted(runbook: Runbook | None, problems: tuple[Problem, ...], name: str) -> Runbook:
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors or runbook is None:
        raise _invalid(errors, visible(name, 300))
    return counted(runbook)


def _invalid(problems: tuple[Problem, ...], name: str) -> RunbookInvalid:
    count = len(problems)
    return RunbookInvalid(
        f"{name} has {count} problem{'' if count == 1 else 's'}", "correct it; `runbook lint` checks again", problems
    )
