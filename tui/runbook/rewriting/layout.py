"""Lays out the values of a runbook in few lines that can be read: none is longer than `WIDTH` if it can be broken."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tomli

from tui.runbook.model import ACTION_KINDS
from tui.runbook.reading.locate import items
from tui.runbook.rewriting.source_tree import Tree, keyed

WIDTH = 140
LAST = ("expect", "capture", "retry", "until", "original")
"""What of an action is read after what it does."""
_CLOSED = 2
"""Characters that a table still takes behind its last pair."""
_AROUND = 9
"""Characters of a number with a letter, and of what is around a table."""


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
    """The table with a probe that has no parameters as a text, and texts alone where nothing else is expected."""
    probe = table.get("probe")
    if isinstance(probe, dict) and probe.keys() == {"service", "check"} and _plain(*probe.values()):
        table = {**table, "probe": f'"{probe["service"][1:-1]} {probe["check"][1:-1]}"'}
    wanted = table.get("expect")
    if not isinstance(wanted, dict) or wanted.keys() != {"contains"} or not isinstance(wanted["contains"], str):
        return table
    found = [wanted["contains"][start:end] for start, end in items(wanted["contains"], 0)]
    return {**table, "expect": found[0] if len(found) == 1 else wanted["contains"]}


def _plain(*values: Any) -> bool:
    """Whether these are texts that a text may hold as they are."""
    return all(isinstance(value, str) and re.fullmatch(r"(['\"])[\w-]+\1", value) for value in values)


def pair_lines(key: str, value: Any, before: str = "") -> list[str]:
    """`key = value` in a table of its own: what is too long for a line is broken."""
    name = before + keyed(key)
    line = f"{name} = {inline(value)}"
    if longest(line) > WIDTH and isinstance(value, dict):
        return [line for inner, one in value.items() for line in pair_lines(inner, one, f"{name}.")]
    if longest(line) > WIDTH and isinstance(value, list):
        return [f"{name} = [", *(line for item in value for line in element_lines(item)), "]"]
    if longest(line) > WIDTH and value.startswith("[") and "\n" not in value and "#" not in value:
        return [f"{name} = [", *_packed([value[start:end] for start, end in items(value, 0)]), "]"]
    return line.split("\n")


def _packed(values: list[str]) -> list[str]:
    """The elements of an array, several in a line."""
    lines = [""]
    for value in values:
        if lines[-1] and len(lines[-1]) + len(value) + 6 > WIDTH:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else '    '}{value},"
    return lines


def element_lines(item: Any, indent: int = 4) -> list[str]:
    """An element of an array."""
    return f"{' ' * indent}{inline(item)},".split("\n")


def action_lines(action: Any, number: int) -> list[str]:
    """A numbered action: what does not fit in its line follows below it under the same number."""
    if not isinstance(action, dict):
        return f"{number} = {inline(action)}".split("\n")
    action = shorter(action)
    orders = (_pairs(action), _ending_with_command(action)) if "run" in action else (_pairs(action),)
    return min((_filled(pairs, number) for pairs in orders), key=len)


def _filled(pairs: Iterable[str], number: int) -> list[str]:
    """Pairs in as many lines as they need, in their order."""
    text, fresh = f"{number} = {{ ", True
    more = iter("abcdefghijklmnopqrstuvwxyz")
    for pair in pairs:
        last = text.rpartition("\n")[2]
        if not fresh and len(last) + len(pair.partition("\n")[0]) + 2 > WIDTH - (0 if "\n" in pair else _CLOSED):
            text, fresh = f"{text} }}\n{number}{next(more)} = {{ ", True
        text += pair if fresh else f", {pair}"
        fresh = False
    return f"{text} }}".split("\n")


def _ending_with_command(action: Tree) -> Iterator[str]:
    """The pairs of an action with what its command is for before it: then a long command has a line of its own."""
    said = [key for key in action if key not in (*ACTION_KINDS, "original")]
    for key in (*said, *(key for key in (*ACTION_KINDS, "original") if key in action)):
        yield from _each(keyed(key), action[key])


def _pairs(action: Tree) -> Iterator[str]:
    """The pairs of an action in the order in which they are read; what comes before its command stays with it."""
    kind = next((key for key in ACTION_KINDS if key in action), "")
    small = [key for key in action if key not in ("title", kind, *LAST)]
    if kind:
        head = [f"title = {action['title']}"] if "title" in action else []
        written = inline(action[kind])
        if "\n" in written or len(", ".join([*head, f"{kind} = {written}"])) + _AROUND > WIDTH:
            written = _broken(written) if kind == "run" else written
            head += [f"{key} = {inline(action[key])}" for key in small] if "\n" in written else []
            small = [] if "\n" in written else small
        if isinstance(action[kind], dict) and len(f"{kind} = {written}") + _AROUND > WIDTH:
            yield from (*head, *_each(kind, action[kind]))
        else:
            yield ", ".join([*head, f"{kind} = {written}"])
    for key in (*small, *(key for key in LAST if key in action)):
        yield from _each(keyed(key), action[key])


def _broken(written: str) -> str:
    """A long command as one that begins in a line of its own."""
    said = tomli.loads(f"x = {written}")["x"] if "\n" not in written else ""
    if not isinstance(said, str):
        return written
    return f"'''\n{said}'''" if said and "'''" not in f"{said}'" and said.isprintable() else written


def _each(name: str, value: Any) -> Iterator[str]:
    """A pair; one that is too long for a line as those of the table that it has, or with its elements in lines."""
    pair = f"{name} = {inline(value)}"
    if len(pair) + _AROUND <= WIDTH or "\n" in pair:
        yield pair
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _each(f"{name}.{keyed(inner)}", one)
    elif isinstance(value, list):
        lines = "".join(f"    {inline(item)},\n" for item in value)
        yield f"{name} = [\n{lines}]"
    elif value.startswith("[") and "#" not in value:
        lines = "\n".join(_packed([value[start:end] for start, end in items(value, 0)]))
        yield f"{name} = [\n{lines}\n]"
    else:
        yield pair
