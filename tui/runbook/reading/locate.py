"""Finds the line on which a value of a TOML document stands, because the TOML reader does not keep it."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import tomli

from tui.runbook.problem import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}")


class DocumentLines:
    """The lines of a document that `tomli` accepts; lines count from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._lines = {path: self._line(at) for path, at in _Scanner(text).scan().items()}

    def of(self, path: Path) -> int:
        """The line of the value, or of the nearest thing around it that is written down."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at)


def statement(text: str, key: str = "") -> tuple[int, int] | None:
    """Where the first statement of a valid document begins and ends; with a key, the one at its top that sets it."""
    scanner = _Scanner(text)
    while scanner.gap() < len(text):
        start = scanner.at
        if key and text[start] == "[":
            return None
        scanner.statement(())
        if not key or (key,) in scanner.offsets:
            return start, scanner.at
    return None


class DocumentStatement(NamedTuple):
    """A header or a `key = value` of a document: where it stands, the path that it opens or sets, and its value.

    `header` says how many brackets a header has, 0 for a `key = value`; `value` is where the value of that begins.
    """

    start: int
    end: int
    path: Path
    header: int = 0
    value: int = 0


def statements(text: str) -> Iterator[DocumentStatement]:
    """The statements of a valid document, in their order."""
    scanner = _Scanner(text)
    table: Path = ()
    while scanner.gap() < len(text):
        start = scanner.at
        brackets = 2 if text.startswith("[[", start) else 1 if text[start] == "[" else 0
        if brackets:
            table = scanner.statement(table)
            yield DocumentStatement(start, scanner.at, table, brackets)
        else:
            path, value = scanner.pair(table)
            yield DocumentStatement(start, scanner.at, path, 0, value)


def items(text: str, at: int) -> list[tuple[int, int]]:
    """Where the elements of the array, or the pairs of the inline table, that begins there begin and end."""
    scanner, found = _Scanner(text), []
    close = {"[": "]", "{": "}"}[text[at]]
    scanner.at = at + 1
    while text[scanner.gap()] != close:
        start = scanner.at
        if close == "]":
            scanner.value(())
        else:
            scanner.pair(())
        found.append((start, scanner.at))
        if text[scanner.gap()] == ",":
            scanner.at += 1
    return found


class _Scanner:
    """Walks a valid document once and notes the offset at which every path is first written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self.gap() < len(self.text):
            table = self.statement(table)
        return self.offsets

    def statement(self, table: Path) -> Path:
        """One header or one `key = value`; returns the table that follows."""
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1 if self.text[start] == "[" else 0
        if not brackets:
            self.pair(table)
            return table
        self.at += brackets
        table = self.header(self.key(), start, brackets == 2)
        self.at += brackets
        return table

    def header(self, key: Path, start: int, element: bool) -> Path:
        """The path a header opens; in an array of tables it is the array's newest element."""
        path: Path = ()
        for depth, part in enumerate(key, 1):
            path = (*path, part)
            last = depth == len(key)
            if last and element:
                self.counts[path] = self.counts.get(path, 0) + 1
                self.offsets.setdefault(path, start)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
            if last:
                self.offsets[path] = start
            else:
                self.offsets.setdefault(path, start)
        return path

    def pair(self, table: Path) -> tuple[Path, int]:
        """One `key = value`; returns the path that it sets, and where the value begins."""
        start = self.at
        path = table
        for part in self.key():
            path = (*path, part)
            self.offsets.setdefault(path, start)
        self.at += 1
        self.blank()
        begins = self.at
        self.value(path)
        return path, begins

    def key(self) -> Path:
        """A key, dotted or not, and the blanks and dots in it."""
        parts: list[str] = []
        while True:
            self.blank()
            match = self.match(_BASIC) or self.match(_LITERAL) or self.match(_BARE_KEY)
            parts.append(_key_text(match))
            self.blank()
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def value(self, path: Path) -> None:
        self.offsets.setdefault(path, self.at)
        char = self.text[self.at]
        if char == "[":
            self.array(path)
        elif char == "{":
            self.inline_table(path)
        elif not (char == '"' and (self.match(_LONG_BASIC) or self.match(_BASIC))) and not (
            char == "'" and (self.match(_LONG_LITERAL) or self.match(_LITERAL))
        ):
            self.match(_SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        position = 0
        while self.text[self.gap()] != "]":
            self.value((*path, position))
            position += 1
            if self.text[self.gap()] == ",":
                self.at += 1
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while self.text[self.gap()] != "}":
            self.pair(path)
            if self.text[self.gap()] == ",":
                self.at += 1
        self.at += 1

    def match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def blank(self) -> None:
        self.match(_BLANK)

    def gap(self) -> int:
        """Skip blanks, line ends and comments; returns where that ends."""
        self.match(_GAP)
        return self.at


def _key_text(written: str) -> str:
    if written[:1] == '"':
        return str(next(iter(tomli.loads(f"{written} = 0"))))
    return written[1:-1] if written[:1] == "'" else written
