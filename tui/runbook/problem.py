"""What is wrong with a runbook, one fault at a time: where it is, what it is, and what would be right."""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from tui.text.nearest import did_you_mean

Part = str | int
Path = tuple[Part, ...]
"""Where a value stands in the document: table keys and positions in arrays, from the top."""

SHOWN = 60


class Problem(Struct, frozen=True, kw_only=True):
    """One fault: an `error` keeps the runbook from being used, a `warning` does not; `line` 0 is none."""

    file: str
    line: int = 0
    key: str = ""
    message: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        """One line, the way compilers write it, so that editors can jump there."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        kind = "warning: " if self.severity == "warning" else ""
        key = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {kind}{key}{self.message}{hint}"


class UnplacedProblem(Struct, frozen=True, kw_only=True):
    """A fault as the checks find it, before anybody has looked up its line."""

    path: Path
    message: str
    hint: str = ""
    severity: str = "error"


def visible(text: str, limit: int = SHOWN) -> str:
    """Text of an author in a message: what a terminal would obey is written as an escape, and it is cut to `limit`."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "replace").decode("ascii") for char in cut
    )


def quoted(value: object) -> str:
    """A value in double quotes, safe to show."""
    return f'"{visible(str(value))}"'


def nearest(wrong: str, known: Iterable[str], what: str = "known here") -> str:
    """A hint that names the closest of the known names, or all of them where none is close."""
    names = known if isinstance(known, frozenset) else frozenset(known)
    if meant := did_you_mean(wrong, names, quoted):
        return meant
    return f"{what}: {_listed(names)}" if names else f"none {what}"


@lru_cache(maxsize=8)
def _listed(names: frozenset[str]) -> str:
    return visible(", ".join(sorted(names)), 200)


def key_of(path: Path, document: object) -> str:
    """The path as people read it; an element of an array goes by its id where it has one."""
    text = ""
    here = document
    for part in path:
        here = _child(here, part)
        if isinstance(part, int):
            name = here.get("id") if isinstance(here, dict) else None
            text += f"[{visible(name)}]" if isinstance(name, str) and name else f"[{part}]"
        else:
            text += f".{visible(part)}" if text else visible(part)
    return text


def _child(value: object, part: Part) -> object:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, (list, tuple)) and isinstance(part, int) and part < len(value):
        return value[part]
    return None
