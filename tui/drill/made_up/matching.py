"""Writes a text that a regular expression matches, so that what a runbook looks for can be found in a drill."""

import re
from collections.abc import Mapping, Sequence
from re import _parser  # type: ignore[attr-defined]  # re's own reading of a pattern; typeshed leaves it out
from typing import Any

from tui.runbook.patterns.bounded import TooSlow, search

_PREFERRED = "xX1 a-_/.:"
_OTHERS = [chr(code) for code in range(33, 127)]
_CLASSES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


def matching(pattern: str, groups: Mapping[int, str] | None = None) -> str | None:
    """A text in which the pattern is found; None where none is thought of.

    Args:
        groups: what stands in groups of these numbers.
    """
    try:
        parts = _parser.parse(pattern, re.MULTILINE)
        texts = (_Writer(groups or {}, ahead).written(parts) for ahead in (True, False))
        return next((text for text in texts if search(pattern, text)), None)
    except (re.error, ValueError, RecursionError, OverflowError, TooSlow):
        return None


class _Writer:
    """Writes one text; what is in a group is at least one character long where it may be.

    `ahead`: what has to follow is written too, where the rest of the pattern does not write it.
    """

    def __init__(self, groups: Mapping[int, str], ahead: bool) -> None:
        self._given = groups
        self._ahead = ahead
        self._written: dict[int, str] = {}

    def written(self, parts: Any, least: int = 0) -> str:
        return "".join(self._part(str(kind), value, least) for kind, value in parts)

    def _part(self, kind: str, value: Any, least: int) -> str:
        match kind:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL":
                return "x" if value != ord("x") else "y"
            case "ANY":
                return "x"
            case "IN":
                return _of_set(value)
            case "BRANCH":
                return self.written(value[1][0], least)
            case "SUBPATTERN":
                number, _, _, inner = value
                text = self._given.get(number) if number is not None else None
                text = self.written(inner, 1) if text is None else text
                if number is not None:
                    self._written[number] = text
                return text
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                low, high, inner = value
                return self.written(inner, least) * min(max(int(low), least), int(high))
            case "ATOMIC_GROUP":
                return self.written(value, least)
            case "GROUPREF":
                return self._written.get(value, "")
            case "ASSERT":
                return self.written(value[1], least) if value[0] < 0 or self._ahead else ""
        return ""  # a place in the text, or what must not be there


def _of_set(items: Sequence[tuple[Any, Any]]) -> str:
    """A character of a set, one that is read easily where there is one."""
    negated = str(items[0][0]) == "NEGATE"
    inside = items[1:] if negated else items
    fitting = (one for one in (*_PREFERRED, *_OTHERS) if _in(one, inside) is not negated)
    return next(fitting, "")


def _in(character: str, items: Sequence[tuple[Any, Any]]) -> bool:
    code = ord(character)
    for kind, value in items:
        match str(kind):
            case "LITERAL" if code == value:
                return True
            case "RANGE" if value[0] <= code <= value[1]:
                return True
            case "CATEGORY" if re.match(_CLASSES[str(value)], character):
                return True
    return False
