"""Imports a Markdown document: reads it, makes a runbook of it, and says line by line what became of it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tui.errors import RunbookError
from tui.importing.drafted import Fate, RunbookDraft
from tui.importing.drafting import draft_of, every_step
from tui.importing.review.review_marks import with_marks
from tui.importing.toml_draft import toml_of
from tui.runbook.problem import visible
from tui.runbook.rewriting.fixing import shortest
from tui.runbook.source_document.drift import document_lines
from tui.text.amounts import counted

MAX_BYTES = 1_000_000
LONGEST_LINE = 50_000
MOST_OPEN = 2_000
"""Brackets that nothing closes, and marks of bold type above a thousand in a paragraph: each costs time to read."""


class ImportedRunbook(Struct, frozen=True):
    """A runbook's text, what became of each passage of its document, and how many steps and commands it has."""

    text: str
    fates: tuple[Fate, ...]
    steps: int
    commands: int

    @property
    def doubts(self) -> int:
        """How many passages a person should look at."""
        return sum(bool(fate.doubt) for fate in self.fates)


def read_document(path: Path) -> str:
    """The text of a Markdown document.

    Raises:
        RunbookError: it cannot be read, or it is not UTF-8, or too large.
    """
    name = visible(str(path), 300)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not a file name"
        raise RunbookError(f"{name} cannot be read: {why}", "name a Markdown file") from None
    if len(data) > MAX_BYTES:
        raise RunbookError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB", "import the pages of it one by one")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RunbookError(f"{name}:{line}: it is not UTF-8", "save the document as UTF-8") from None
    if any(len(line) > LONGEST_LINE for line in text.split("\n")):
        raise RunbookError(f"{name} has a line of more than {LONGEST_LINE} characters", "a runbook has none: remove it")
    if line := _overfull(text):
        message = f"{name}:{line}: more than {MOST_OPEN} brackets or marks of bold type that nothing closes"
        raise RunbookError(message, "a runbook has none: remove them")
    if not text.strip():
        raise RunbookError(f"{name} is empty", "name a Markdown file with the steps of a runbook")
    return text


def _overfull(text: str) -> int:
    """The line at which a document has too many marks of Markdown outside of its code blocks; 0 where it has not."""
    fenced, opened, marks, total = False, 0, 0, 0
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"^[> ]*(?:```|~~~)", line):
            fenced = not fenced
        if fenced or not line.strip():
            total += max(0, opened) + max(0, marks - 1_000)
            opened = marks = 0
        else:
            opened += line.count("[") - line.count("]")
            marks += line.count("*") + line.count("_")
        if total + max(0, opened) + max(0, marks - 1_000) > MOST_OPEN:
            return number
    return 0


def imported(text: str, document: str) -> ImportedRunbook:
    """The runbook that a document makes; the same text makes the same runbook.

    Args:
        document: the document's path, as the runbook names it.
    """
    draft = draft_of(text, Path(document).stem or "Runbook")
    fates = _in_order(draft)
    made = shortest(with_marks(toml_of(draft, document, document_lines(text)), fates))
    steps = every_step(draft)
    commands = sum(action.kind in ("run", "interactive") for step in steps for action in step.actions)
    return ImportedRunbook(made, fates, len(steps), commands)


def beside(document: Path, runbook: Path) -> str:
    """The document's path as a runbook names it: from the folder that the runbook is in."""
    return os.path.relpath(document.resolve(), runbook.resolve().parent)


def _in_order(draft: RunbookDraft) -> tuple[Fate, ...]:
    unlike = dict.fromkeys(sorted(draft.fates, key=lambda fate: (fate.start, fate.end, not fate.doubt, fate.became)))
    return tuple(unlike)


def report(made: ImportedRunbook, doubts_only: bool = False) -> Iterator[str]:
    """What became of the document, a line for each passage; what a person should look at begins with a `?`."""
    for fate in made.fates:
        if doubts_only and not fate.doubt:
            continue
        where = str(fate.start) if fate.start == fate.end else f"{fate.start}-{fate.end}"
        doubt = f": {fate.doubt}" if fate.doubt else ""
        yield f"{'?' if fate.doubt else ' '} {where:>9}  {fate.became}{doubt}"
    counts = (counted(made.steps, "step"), counted(made.commands, "command"), counted(made.doubts, "passage"))
    yield f"{', '.join(counts)} to look at"
