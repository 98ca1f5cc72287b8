"""The program's own source, parsed, for the tests that hold what stands where."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TUI = Path(__file__).parents[2] / "tui"


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _sources() -> tuple[tuple[Path, str], ...]:
    return tuple((path, path.read_text(encoding="utf-8")) for path in sorted(TUI.rglob("*.py")))


def trees(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules in whose text one of the words stands, or without words all, each with its path in tui/."""
    for path, text in _sources():
        if not words or any(word in text for word in words):
            yield str(path.relative_to(TUI)), _parsed(path)
