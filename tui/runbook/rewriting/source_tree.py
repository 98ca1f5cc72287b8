"""Reads a part of a runbook's text as nested tables whose values are the text as the author wrote it."""

import re
from collections.abc import Sequence
from typing import Any

from tui.runbook.problem import Path
from tui.runbook.reading.locate import DocumentStatement, items, statements

Tree = dict[str, Any]
"""A table: by key, the text of a value, another table, or a list of these."""
BARE = re.compile(r"[A-Za-z0-9_-]+")


def tree_of(text: str, own: Sequence[DocumentStatement], top: Path) -> Tree:
    """The table that begins at `top`, of its statements without its header."""
    tree: Tree = {}
    for one in own:
        path = one.path[len(top) :]
        if one.header:
            _holder(tree, (*path, ""))
        else:
            _holder(tree, path)[str(path[-1])] = value_of(text[one.value : one.end])
    return tree


def _holder(tree: Tree, path: Path) -> Tree:
    """The table in which the last part of a path is a key; those on the way to it are made."""
    here: Any = tree
    for part, after in zip(path, path[1:], strict=False):
        if isinstance(part, int):
            here.extend({} for _ in range(part + 1 - len(here)))
            here = here[part]
        else:
            here = here.setdefault(part, [] if isinstance(after, int) else {})
    return here  # type: ignore[no-any-return]  # a path ends in a table


def value_of(written: str) -> Any:
    """A value: tables and arrays of tables opened, where no comment may stand in them; all else as it is written."""
    written = written.strip()
    if written[0] == "{":
        table: Tree = {}
        for pair in (written[start:end] for start, end in items(written, 0)):
            one = next(statements(pair))
            _holder(table, one.path)[str(one.path[-1])] = value_of(pair[one.value : one.end])
        return table
    if written[0] == "[" and "#" not in written:
        parts = [written[a:b] for a, b in items(written, 0)]
        return [value_of(part) for part in parts] if any(part[0] == "{" for part in parts) else _joined(parts, written)
    return written


def _joined(parts: list[str], written: str) -> str:
    """An array of plain values, on one line if it was written so or is short."""
    one = f"[{', '.join(parts)}]"
    return one if "\n" not in written or ("\n" not in one and len(one) <= 100) else written


def keyed(name: str) -> str:
    """A key as it is written."""
    return name if BARE.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
