"""Finds the runbooks of a folder: a repository may hold many, each with an id of its own."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from tui.errors import RunbookError
from tui.resources import NAME
from tui.runbook.model import runbook_id

PLACES = ("*.toml", f"*/{NAME}", "runbooks/*.toml")
"""Where runbooks are looked for, from a folder."""
MOST = 100
"""Files that are looked into."""
BEGINNING = 64 * 1024
"""Bytes of a file that tell whether it is a runbook."""
_EDITION = re.compile(r"^format\s*=\s*\d", re.MULTILINE)
_TABLE = re.compile(r"^\[", re.MULTILINE)
_ABOUT = re.compile(r"^\[runbook\]", re.MULTILINE)


class FoundRunbook(Struct, frozen=True):
    """A runbook of a folder; `problem` says why it cannot be used."""

    path: Path
    id: str = ""
    title: str = ""
    problem: str = ""


def runbook_files(folder: Path) -> list[Path]:
    """The files of a folder that are runbooks, the one that is called `runbook.toml` first; parts are none."""
    found: dict[Path, None] = {}
    try:
        for pattern in PLACES:
            for path in sorted(folder.glob(pattern))[:MOST]:
                if _is_runbook(path):
                    found[path] = None
    except OSError:
        pass
    return sorted(found, key=lambda path: (path != folder / NAME, str(path)))


def found_runbooks(files: Sequence[Path]) -> Iterator[FoundRunbook]:
    """What each of the files is."""
    from tui.runbook.reading.load import load  # the first screen asks for the files alone

    for path in files:
        try:
            runbook = load(path)
        except RunbookError as error:
            yield FoundRunbook(path, problem=error.message)
        else:
            yield FoundRunbook(path, runbook_id(runbook), runbook.runbook.title)


def _is_runbook(path: Path) -> bool:
    """Whether a file begins as a runbook does: with its edition, before its tables, of which one is about it."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            text = file.read(BEGINNING).decode("utf-8", errors="replace")
    except OSError:
        return False
    edition, table = _EDITION.search(text), _TABLE.search(text)
    return bool(edition and table and edition.start() < table.start() and _ABOUT.search(text))
