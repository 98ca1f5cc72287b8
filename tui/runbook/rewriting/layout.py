"""Lays out the values of a runbook in few lines that can be read: none is longer than `WIDTH` if it can be broken."""

from collections.abc import Iterator
from typing import Any

import tomli

from tui.runbook.model import ACTION_KINDS
from tui.runbook.reading.locate import items
from tui.runbook.rewriting.source_tree import Tree, keyed

WIDTH = 140
LAST = ("expect", "capture", "retry", "until", "original")
"""What of an action is read after what it does."""
_CLOSED = 3
"""Characters that a table still takes behind its last pair."""


def inline(value: Any) -> str:
    """A value as it stands inside another one."""
    if isinstance(value, dict):
        return f"{{ {', '.join(pairs_of(value))} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return str(value)


def pairs_of(table: Tree) -> Iterator[str]:
    """The pairs of a table."""
    return (f"{keyed(key)} = {inline(value)}" for key, value in table.items())


def longest(text: str) -> int:
    """How long the longest line of a text is."""
    return max(map(len, text.split("\n")))


def shorter(table: Tree) -> Tree:
    """The table, with what its output has to contain as texts alone where nothing else is expected."""
    wanted = table.get("expect")
    if not isinstance(wanted, dict) or wanted.keys() != {"contains"} or not isinstance(wanted["contains"], str):
        return table
    found = [wanted["contains"][start:end] for start, end in items(wanted["contains"], 0)]
    return {**table, "expect": found[0] if len(found) == 1 else wanted["contains"]}


def pair_lines(key: str, value: Any, before: str = "") -> list[str]:
    """`key = value` in a table of its own: what is too long for a line is broken."""
    name = before + keyed(key)
    line = f"{name} = {inline(value)}"
    if longest(line) > WIDTH and isinstance(value, dict):
        return [line for inner, one in value.items() for line in pair_lines(inner, one, f"{name}.")]
    if longest(line) > WIDTH and isinstance(value, list):
        return [f"{name} = [", *(line for item in value for line in element_lines(item)), "]"]
    return line.split("\n")


def element_lines(item: Any, indent: int = 4) -> list[str]:
    """An element of an array."""
    return f"{' ' * indent}{inline(item)},".split("\n")


def action_lines(action: Any, indent: int = 4) -> list[str]:
    """An action in a list: what does not fit in its line follows in tables below it, which belong to it."""
    if not isinstance(action, dict):
        return element_lines(action, indent)
    text, fresh = " " * indent + "{ ", True
    for pair in _pairs(shorter(action), indent):
        last = text.rpartition("\n")[2]
        if not fresh and len(last) + len(pair.partition("\n")[0]) + 2 > WIDTH - (0 if "\n" in pair else _CLOSED):
            text, fresh = f"{text} }},\n{' ' * (indent + 2)}{{ ", True
        text += pair if fresh else f", {pair}"
        fresh = False
    return f"{text} }},".split("\n")


def _pairs(action: Tree, indent: int) -> Iterator[str]:
    """The pairs of an action in the order in which they are read; what comes before its command stays with it."""
    kind = next((key for key in ACTION_KINDS if key in action), "")
    small = [key for key in action if key not in ("title", kind, *LAST)]
    if kind:
        head = [f"title = {action['title']}"] if "title" in action else []
        written = inline(action[kind])
        if "\n" in written or indent + len(", ".join([*head, written])) + len(kind) + 6 > WIDTH:
            written = _broken(written) if kind == "run" else written
            head += [f"{key} = {inline(action[key])}" for key in small] if "\n" in written else []
            small = [] if "\n" in written else small
        yield ", ".join([*head, f"{kind} = {written}"])
    for key in (*small, *(key for key in LAST if key in action)):
        yield from _each(keyed(key), action[key], indent)


def _broken(written: str) -> str:
    """A long command as one that begins in a line of its own."""
    said = tomli.loads(f"x = {written}")["x"] if "\n" not in written else ""
    if not isinstance(said, str):
        return written
    return f"'''\n{said}'''" if said and "'''" not in f"{said}'" and said.isprintable() else written


def _each(name: str, value: Any, indent: int) -> Iterator[str]:
    """A pair; one that is too long for a line as those of the table that it has, or with its elements in lines."""
    pair = f"{name} = {inline(value)}"
    if len(pair) + indent + 6 <= WIDTH or "\n" in pair:
        yield pair
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _each(f"{name}.{keyed(inner)}", one, indent)
    elif isinstance(value, list):
        margin = " " * (indent + 4)
        lines = "".join(f"{margin}{inline(item)},\n" for item in value)
        yield f"{name} = [\n{lines}{' ' * (indent + 2)}]"
    else:
        yield pair
