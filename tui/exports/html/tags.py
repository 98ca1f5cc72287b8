"""Builds HTML in which every text is data: what is not an `Html` is made printable and escaped."""

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from tui.text.drawn import Drawn
from tui.text.looks import DEFAULT, Look, nearest
from tui.text.sanitise import LIMIT, sanitise


class Html(str):
    """Markup that this package made."""

    __slots__ = ()


Child: TypeAlias = "str | Html | Iterable[Child] | None"

_PLAIN = re.compile(r"[ !#-%(-;=?-~]*")
"""Text that stays as it is: printable, ASCII, and nothing that HTML reads otherwise; as nearly every text."""

_VOID = frozenset(("meta", "br", "hr", "line", "rect", "path", "polyline"))


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """An element; `class_` is the attribute class, `_` in other names is `-`; None and False leave one out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if not _absent(value))
    if name in _VOID and not children:
        return Html(f"<{name}{written}>" if name in ("meta", "br", "hr") else f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children[0] if len(children) == 1 else children)}</{name}>")


def joined(children: Child) -> Html:
    """One piece of markup out of many; texts are escaped."""
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, str):
        return Html(_escaped(children))
    return Html("".join([joined(child) for child in children]))


def block(lines: Iterable[str | Html], class_: str) -> Html:
    """Lines as they are, which scroll in a box of their own; it can be reached by the keyboard."""
    return tag("pre", Html("\n".join(joined(line) for line in lines)), class_=class_, tabindex=0)


def coloured(line: Drawn) -> Html:
    """A line of output; what has colours or is bold has classes of the page's own style, of which there are 33."""
    made: list[Child] = []
    at = 0
    for start, end, look in line.runs:
        made += [line.text[at:start], tag("span", line.text[start:end], class_=_classes(look))]
        at = end
    return joined([*made, line.text[at:]])


def _classes(look: Look) -> str:
    front, back = (look.behind, look.colour) if look.reverse else (look.colour, look.behind)
    behind = "g" if look.reverse else ""
    colour = f"g{nearest(back)}" if back != DEFAULT else behind or (f"c{nearest(front)}" if front != DEFAULT else "")
    return " ".join(filter(None, (colour, "b" if look.bold else "")))


def table(heads: Iterable[str], rows: Iterable[Iterable[Child]]) -> Html:
    """A table whose cells carry their column's name, so that a narrow page can put them below each other."""
    names = tuple(heads)
    body = (
        tag("tr", [tag("td", cell, data_label=name) for name, cell in zip(names, row, strict=True)]) for row in rows
    )
    return tag("table", tag("thead", tag("tr", [tag("th", name) for name in names])), tag("tbody", list(body)))


def _absent(value: str | int | float | bool | None) -> bool:
    return value is None or value is False or value == ""


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_escaped(str(value))}"'


def _escaped(text: str) -> str:
    return text if len(text) <= LIMIT and _PLAIN.fullmatch(text) else escape(sanitise(text))
