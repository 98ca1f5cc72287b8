"""Puts a runbook's files into the shorter form, once it is sure that they still say the same."""

import os
import tempfile
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tui.errors import RunbookError, RunbookInvalid
from tui.runbook.model import Runbook
from tui.runbook.reading.edition.whole_text import WholeText, parts_of, put_together
from tui.runbook.reading.file_text import read_text, unmarked
from tui.runbook.reading.load import load, load_whole
from tui.runbook.rewriting.compact import compact
from tui.runbook.rewriting.shortened import shortened


class FixedFile(Struct, frozen=True):
    """A file in its shorter form, and how many lines it had."""

    path: Path
    text: str
    before: int

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())


def fixed(path: Path) -> tuple[FixedFile, ...]:
    """The files of a runbook that can be shorter; those that another team owns stay as they are.

    Raises:
        RunbookInvalid: it is not right, so nobody knows what it says.
        RunbookError: the shorter form would not say the same.
    """
    wanted = load(path)
    text = unmarked(read_text(path))
    parts = parts_of(path, text)
    for shorter_form in (shortest, shortened):
        main = shorter_form(text)
        shorter = tuple(part if part.agreed else replace(part, text=shorter_form(part.text)) for part in parts)
        if _says(path, put_together(path, main, shorter), wanted):
            pairs = [(path, text, main)]
            pairs += [(old.path, old.text, new.text) for old, new in zip(parts, shorter, strict=True)]
            return tuple(FixedFile(file, new, len(old.splitlines())) for file, old, new in pairs if new != old)
    raise RunbookError(f"{path} has no shorter form that says the same", "it was left as it is")


def shortest(text: str) -> str:
    """The text of a file in the form that the second edition is written in."""
    return compact(shortened(text))


def _says(path: Path, whole: WholeText, wanted: Runbook) -> bool:
    """Whether a text is the same runbook."""
    try:
        return replace(load_whole(whole, path.parent), format=wanted.format) == wanted
    except RunbookInvalid:
        return False  # as where another team's part has its sections in an array


def write(file: FixedFile) -> None:
    """Put a file in the place of the one that was read: whole, or not at all.

    Raises:
        RunbookError: it cannot be written.
    """
    path = file.path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as made:
                made.write(file.text)
            os.chmod(name, path.stat().st_mode & 0o7777)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise
    except OSError as error:
        raise RunbookError(f"{path} cannot be written: {error.strerror}", "it was left as it is") from None
