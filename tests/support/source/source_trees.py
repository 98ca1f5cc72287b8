"""The program's own source, parsed and gone through once, for the tests that hold what stands where."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

TUI = Path(__file__).parents[3] / "tui"
Node = TypeVar("Node", bound=ast.AST)


@cache
def parsed(path: Path) -> ast.Module:
    """A module's tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _by_kind(path: Path) -> dict[type[ast.AST], list[ast.AST]]:
    """All nodes of a module but those that say whether a name is read or written, by their kind."""
    found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    left: list[ast.AST] = [parsed(path)]
    while left:
        node = left.pop()
        found[node.__class__].append(node)
        for name, value in node.__dict__.items():
            if value.__class__ is list:
                left += [one for one in reversed(value) if isinstance(one, ast.AST)]
            elif name != "ctx" and isinstance(value, ast.AST):
                left.append(value)
    return dict(found)


def nodes_of(path: Path, *kinds: type[Node]) -> Iterator[Node]:
    """The nodes of these kinds in a module."""
    there = _by_kind(path)
    for kind in kinds:
        yield from there.get(kind, ())  # type: ignore[misc]  # they are kept by their kind


@cache
def sources() -> dict[Path, str]:
    """The text of each module of the program."""
    return {path: path.read_text(encoding="utf-8") for path in sorted(TUI.rglob("*.py"))}


def _having(words: tuple[str, ...]) -> Iterator[Path]:
    for path, text in sources().items():
        if not words or any(word in text for word in words):
            yield path


def trees(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules in whose text one of the words stands, or without words all, each with its path in tui/."""
    for path in _having(words):
        yield str(path.relative_to(TUI)), parsed(path)


def nodes(*kinds: type[Node], words: tuple[str, ...] = ()) -> Iterator[tuple[str, Node]]:
    """The nodes of these kinds in the modules in whose text one of the words stands, each with its module's path."""
    for path in _having(words):
        for node in nodes_of(path, *kinds):
            yield str(path.relative_to(TUI)), node
