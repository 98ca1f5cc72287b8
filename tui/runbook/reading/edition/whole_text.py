"""Joins the files of a runbook into the one text that is read, and that a session keeps."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path as File
from typing import Any

import tomli
from msgspec import Struct

from tui.errors import RunbookInvalid
from tui.runbook.problem import Problem, quoted, visible
from tui.runbook.reading.edition.second_keys import SECOND, IncludedFile, SecondEdition
from tui.runbook.reading.file_text import invalid, read_text, syntax_problem, unmarked
from tui.runbook.reading.locate import DocumentLines, statement
from tui.runbook.reading.structure import check_as

MARK = "# part: "
"""The line before each part in the whole text begins with this."""


class Beginning(Struct, frozen=True):
    """Where a file begins in the whole text: the line of its first line, and what messages call it."""

    line: int
    name: str


class WholeText(Struct, frozen=True):
    """The text of a runbook with all of its parts; `name` is what messages call the file that was asked for."""

    text: str
    name: str
    beginnings: tuple[Beginning, ...] = ()

    def placed(self, problem: Problem) -> Problem:
        """The problem with the file and the line that a person finds it at."""
        place = bisect_right([one.line for one in self.beginnings], problem.line) - 1
        if place < 0 or not problem.line:
            return problem
        here = self.beginnings[place]
        return Problem(
            file=here.name,
            line=max(1, problem.line - here.line + 1),
            key=problem.key,
            message=problem.message,
            hint=problem.hint,
            severity=problem.severity,
        )


class IncludedPart(Struct, frozen=True):
    """A part as it was read: its file, its text, and what the whole text calls it.

    `agreed` where it is a file that another team owns.
    """

    path: File
    text: str
    mark: str
    agreed: bool


class _Joiner:
    """Reads the parts that a runbook includes, and collects what is wrong with them."""

    def __init__(self, path: File, text: str) -> None:
        self._folder = path.parent
        self._main = visible(str(path), 300)
        self._text = text
        self._seen: set[File] = {path.resolve()}
        self._kinds: dict[str, type] = {}
        self.parts: list[IncludedPart] = []
        self.problems: list[Problem] = []

    def add(self, place: int, entry: str | IncludedFile) -> None:
        """Read what one entry of `include` names."""
        wanted = entry if isinstance(entry, str) else entry.file
        try:
            found = self._files(wanted, pattern=isinstance(entry, str))
        except (ValueError, OSError, NotImplementedError):
            found = []
        if not found:
            hint = "name a file, or a pattern as in runbook/*.toml, from the folder of this file"
            self._wrong(place, f"no file is {quoted(wanted)}", hint)
        for path in found:
            if path.resolve() in self._seen:
                self._wrong(place, f"{quoted(path.relative_to(self._folder))} is included twice", "name it once")
                continue
            self._seen.add(path.resolve())
            self._read(place, path, "" if isinstance(entry, str) else entry.sha256 or "")

    def _files(self, wanted: str, pattern: bool) -> list[File]:
        if not wanted.strip() or File(wanted).is_absolute():
            return []
        if not pattern or not set("*?[") & set(wanted):
            one = self._folder / wanted
            return [one] if one.is_file() else []
        return sorted(path for path in self._folder.glob(wanted) if path.is_file())

    def _read(self, place: int, path: File, sha256: str) -> None:
        mark = visible(str(path.relative_to(self._folder)), 300)
        name = visible(str(path), 300)
        try:
            text = read_text(path)
        except RunbookInvalid as error:
            self.problems += [one for one in error.problems if isinstance(one, Problem)] or [
                Problem(file=name, message=error.message, hint=error.hint)
            ]
            return
        came = hashlib.sha256(text.encode()).hexdigest()
        if sha256 and came != sha256:
            hint = f"read what has changed; then write sha256 = {quoted(came)}"
            self._wrong(place, f"{quoted(mark)} is not the file that was agreed on", hint)
        text = unmarked(text)
        try:
            document = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            self.problems.append(syntax_problem(error, text, name))
            return
        self.problems += self._misplaced(text, name, document)
        self.parts.append(IncludedPart(path, text if text.endswith("\n") else text + "\n", mark, bool(sha256)))

    def _misplaced(self, text: str, name: str, document: dict[str, Any]) -> Iterator[Problem]:
        """What of a part would mean something else behind another file than it does in its own."""
        for key in ("format", "include"):
            if key in document:
                message, hint = f"a part has no {quoted(key)}", "it stands in the file that includes the part"
                line = DocumentLines(text).of((key,))
                yield Problem(file=name, line=line, key=key, message=message, hint=hint)
                return
        first = statement(text)
        if first is not None and not text.startswith("[", first[0]):
            line = text.count("\n", 0, first[0]) + 1
            yield Problem(file=name, line=line, message="a part begins with a table", hint="as in [[sections]]")
            return
        for key, value in document.items():
            if not isinstance(value, self._kinds.setdefault(key, type(value))):
                hint = f"a file that has [[{visible(key)}.…]] begins with its [[{visible(key)}]]"
                message = f"{quoted(key)} is not begun in this file"
                line = DocumentLines(text).of((key,))
                yield Problem(file=name, line=line, key=visible(key), message=message, hint=hint)

    def first(self, document: dict[str, Any]) -> None:
        """Learn which of the main file's keys are tables, and which are arrays."""
        self._kinds.update({key: type(value) for key, value in document.items()})

    def _wrong(self, place: int, message: str, hint: str) -> None:
        line = DocumentLines(self._text).of(("include", place))
        self.problems.append(Problem(file=self._main, line=line, key=f"include[{place}]", message=message, hint=hint))


def joined(path: File, text: str) -> WholeText:
    """The text of a runbook file with those of the parts that it includes, in their order.

    The `include` becomes a comment, so that a session which keeps the text asks no other file.

    Raises:
        RunbookInvalid: a part cannot be read, is not the one that was agreed on, or does not begin with a table.
    """
    return put_together(path, text, parts_of(path, text))


def parts_of(path: File, text: str) -> tuple[IncludedPart, ...]:
    """The parts that a runbook file includes, in their order.

    Raises:
        RunbookInvalid: one cannot be read, is not the one that was agreed on, or does not begin with a table.
    """
    document = _with_parts(text)
    if document is None:
        return ()
    asked, faults = check_as(SecondEdition, {"include": document["include"]})
    if faults:
        return ()
    joiner = _Joiner(path, text)
    joiner.first({key: value for key, value in document.items() if key != "include"})
    for place, entry in enumerate(asked.include):
        joiner.add(place, entry)
    if joiner.problems:
        raise invalid(tuple(joiner.problems), str(path))
    return tuple(joiner.parts)


def _with_parts(text: str) -> dict[str, Any] | None:
    """The document where it is one of the second edition that includes something, and can be read."""
    if "include" not in text:
        return None
    try:
        document = tomli.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if document.get("format") == SECOND and "include" in document else None


def put_together(path: File, text: str, parts: Sequence[IncludedPart]) -> WholeText:
    """The text of a runbook file, and behind it those of its parts."""
    span = statement(text, "include") if parts else None
    if span is None:
        return WholeText(text, str(path))
    told = text[span[0] : span[1]].replace("\n", "\n# ")
    main = f"{text[: span[0]]}# {told}{text[span[1] :]}"
    texts = [main if main.endswith("\n") else main + "\n"]
    line = texts[0].count("\n") + 1
    beginnings = [Beginning(1, visible(str(path), 300))]
    for part in parts:
        texts.append(f"{MARK}{part.mark}\n{part.text}")
        beginnings.append(Beginning(line + 1, visible(str(part.path), 300)))
        line += texts[-1].count("\n")
    return WholeText("".join(texts), str(path), tuple(beginnings))
