"""Reads a runbook file into the model, or says everything that is wrong with it at once."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import tomli

from tui.runbook.groups.each_faults import each_faults
from tui.runbook.groups.group_faults import group_faults
from tui.runbook.groups.host_by_host import handed_down, one_step_each
from tui.runbook.groups.members import expanded
from tui.runbook.model import Runbook
from tui.runbook.problem import Problem, UnplacedProblem, key_of, visible
from tui.runbook.reading.edition.second_edition import NOTHING_MOVED, Moves, first_edition, plain
from tui.runbook.reading.edition.second_keys import SECOND
from tui.runbook.reading.edition.whole_text import WholeText, joined
from tui.runbook.reading.file_text import MAX_BYTES, invalid, read_text, syntax_problem, unmarked
from tui.runbook.reading.locate import DocumentLines
from tui.runbook.reading.references import references
from tui.runbook.reading.structure import check
from tui.runbook.shell.counting import counted
from tui.runbook.templates.filling import unfilled
from tui.runbook.walk import Text, texts_of

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
        whole = WholeText(unmarked(read_text(path)), str(path)) if of_session else read_whole(path)
        return load_whole(whole, path.parent, of_session)


def load_with_text(path: Path) -> tuple[Runbook, str]:
    """The runbook in a file, and the whole text that it was read from; raises as `load` does.

    Who needs both reads once: between two readings somebody may save the file.
    """
    with nothing_collected():
        whole = read_whole(path)
        return load_whole(whole, path.parent), whole.text


def load_text(text: str, name: str, of_session: bool = False) -> Runbook:
    """The runbook in a text; `name` is what messages call it, and see `load` for `of_session`.

    Raises:
        RunbookInvalid: it is not right; `problems` has every fault.
    """
    with nothing_collected():
        return load_whole(WholeText(unmarked(text), name), None, of_session)


def load_whole(whole: WholeText, beside: Path | None, of_session: bool = False) -> Runbook:
    """The runbook in the whole text of a file and its parts; see `examine` for the arguments.

    Raises:
        RunbookInvalid: it is not right; `problems` has every fault.
    """
    runbook, problems = examine(whole, beside, of_session)
    return _accepted(runbook, problems, whole.name)


def read_whole(path: Path) -> WholeText:
    """The text of a runbook file with those of the parts that it includes.

    Raises:
        RunbookInvalid: it, or a part, cannot be read.
    """
    return joined(path, unmarked(read_text(path)))


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


def examine(
    whole: WholeText, beside: Path | None = None, of_session: bool = False, doubts: Doubts = no_doubts
) -> tuple[Runbook | None, tuple[Problem, ...]]:
    """The runbook (as far as it can be read) and all its faults, in the order of their lines.

    Args:
        of_session: it is the one that a session keeps.
        beside: the folder from which the runbook names its source document.
        doubts: what else is said of a runbook that can be read, with its texts.
    """
    text, name = whole.text, visible(whole.name, 300)
    try:
        raw = tomli.loads(text)
        runbook, faults, moves = _read(raw)
    except tomli.TOMLDecodeError as error:
        return None, (whole.placed(syntax_problem(error, text, name)),)
    except RecursionError:
        return None, (Problem(file=name, message="the file is nested too deeply", hint="a runbook needs few levels"),)
    except ValueError as error:
        message = visible(str(error), 200)
        return None, (Problem(file=name, message=f"a value cannot be read: {message}", hint="correct it"),)
    runbook = handed_down(runbook)
    texts = texts_of(runbook)
    faults += [*group_faults(runbook), *each_faults(runbook)]
    runbook = expanded(runbook)
    faults += references(runbook, texts, _document_lines(runbook, beside))
    if of_session:
        faults = [fault for fault in faults if not {"expect", "capture"} & set(fault.path)]
    else:
        faults += unfilled(texts)
    written = moves.back((*faults, *doubts(runbook, texts)))
    return runbook, tuple(map(whole.placed, located(written, raw, text, name)))


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


def _read(raw: dict[str, Any]) -> tuple[Runbook, list[UnplacedProblem], Moves]:
    """The runbook of a document, what is wrong with its shape, and where what was moved in it is written."""
    document, moves, found = plain(raw) if raw.get("format") == SECOND else (raw, NOTHING_MOVED, [])
    try:
        runbook = msgspec.convert(document, Runbook)
    except msgspec.ValidationError as error:
        runbook, faults = check(document)
        found += faults or [UnplacedProblem(path=(), message=visible(str(error), 200))]
    return runbook, found if document is not raw else first_edition(found), moves


def _accepted(runbook: Runbook | None, problems: tuple[Problem, ...], name: str) -> Runbook:
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors or runbook is None:
        raise invalid(errors, visible(name, 300))
    return one_step_each(counted(runbook))
