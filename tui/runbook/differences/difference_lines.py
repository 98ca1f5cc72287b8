"""Writes the differences between two versions of a runbook for the person who reviews them."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice

from tui.runbook.differences.difference import Edit, EditKind
from tui.text.amounts import counted

SIGNS = {
    EditKind.ADDED: "+",
    EditKind.REMOVED: "-",
    EditKind.MOVED: ">",
    EditKind.CHANGED: "~",
}
DANGER = "danger"
LONG = 60
"""Characters of two values that stand in one line."""


def difference_lines(found: Sequence[Edit], before: str, after: str) -> Iterator[str]:
    """The differences in lines, those of danger first; `before` and `after` are what the two versions are called."""
    dangers = sum(one.danger for one in found)
    if not found:
        yield f"{before} and {after} say the same"
        return
    of_them = f", {dangers} of them about danger" if dangers else ""
    yield f"{before} -> {after}: {counted(len(found), 'difference')}{of_them}"
    heading = ""
    for one in found:
        title = DANGER if one.danger else one.part
        if title != heading:
            heading = title
            yield ""
            yield f"{title[0].upper()}{title[1:]}"
        yield from _lines(one)


def _lines(one: Edit) -> Iterator[str]:
    part = f"{one.part}: " if one.danger and one.part != "steps" else ""
    head = f"  {SIGNS[one.kind]} {part}{one.what}{f', {one.field}' if one.field else ''}"
    long = "\n" in one.before + one.after or len(one.before) + len(one.after) > LONG
    if one.kind is EditKind.MOVED:
        yield f"{head}: was {one.before}, is {one.after}"
    elif not one.before and not one.after:
        yield head
    elif one.kind is EditKind.CHANGED and not long:
        yield f"{head}: {one.before} -> {one.after}"
    elif one.kind is not EditKind.CHANGED and not long:
        yield f"{head}: {one.before or one.after}"
    else:
        yield f"{head}:"
        yield from (f"      {line}" for line in _line_by_line(one.before, one.after))


def _line_by_line(before: str, after: str) -> Iterator[str]:
    """Both texts as one, what went behind `-` and what came behind `+`; of what is the same a line beside those."""
    lines = islice(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1), 2, None)
    for number, line in enumerate(lines):
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}".rstrip()
        elif number:
            yield "  …"
