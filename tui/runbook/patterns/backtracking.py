"""Finds in a regular expression what would make it hang on a text that does not match."""

import re

from msgspec import Struct

_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?#[^)]*\)|\(\?P=\w+\)|"
    r"\(\?(?:P<\w+>|<?[=!]|[a-zA-Z-]*:|>|\(\w+\))|\(\?[a-zA-Z-]+\)|\(|\)|\||[*+?][?+]?|\{\d*(?:,\d*)?\}[?+]?|.",
    re.DOTALL,
)
_MANY = 10
"""A repetition up to this number or beyond counts as one without an end."""


class PatternShape(Struct, frozen=True):
    """`nested`: a repetition that can be cut in many ways is itself repeated. `risky`: it may take long."""

    nested: bool
    risky: bool


class _Item(Struct):
    """A part of a pattern: `endless` repeats without an end, `wide` matches nearly everything."""

    endless: bool = False
    optional: bool = False
    wide: bool = False
    loose: bool = False
    holds: bool = False


def shape_of(pattern: str) -> PatternShape:
    """What of a pattern may take long."""
    stack: list[list[list[_Item]]] = [[[]]]
    nested = risky = False
    for piece in _PIECE.findall(pattern):
        here = stack[-1][-1]
        if piece == "|":
            stack[-1].append([])
        elif piece == ")" and len(stack) > 1:
            group = _group(stack.pop())
            stack[-1][-1].append(group)
        elif re.fullmatch(r"[*+?][?+]?|\{\d*(?:,\d*)?\}[?+]?", piece) and here:
            if _endless(piece):
                nested = nested or here[-1].loose
                risky = risky or here[-1].loose or here[-1].holds
                here[-1].endless = True
            here[-1].optional = here[-1].optional or piece[0] in "*?" or piece.startswith(("{0", "{,"))
        elif piece.startswith("(?P=") or re.fullmatch(r"\\[1-9]", piece):
            risky = True
            here.append(_Item())
        elif piece == "(" or (piece.startswith("(?") and not piece.endswith(")")) or piece.startswith("(?("):
            stack.append([[]])
        elif not piece.startswith("(?"):
            here.append(_Item(wide=piece == "." or piece.startswith("[^") or piece in (r"\S", r"\W", r"\D")))
    return PatternShape(nested, risky)


def _group(alternatives: list[list[_Item]]) -> _Item:
    loose = any(map(_loose, alternatives))
    holds = len(alternatives) > 1 or any(item.endless or item.holds for items in alternatives for item in items)
    optional = any(all(item.optional for item in items) for items in alternatives)
    return _Item(loose=loose, holds=holds, optional=optional)


def _loose(items: list[_Item]) -> bool:
    """Whether the same text can be cut into these in many ways: nothing in it says where one ends."""
    many = [item for item in items if item.endless or item.loose]
    return bool(many) and (any(item.wide for item in many) or all(i.endless or i.optional or i.loose for i in items))


def _endless(piece: str) -> bool:
    if piece[0] in "*+":
        return True
    if piece[0] == "?":
        return False
    least, comma, most = piece.rstrip("?+")[1:-1].partition(",")
    return (not most if comma else int(least or 0) >= _MANY) or int(most or 0) >= _MANY
