"""Writes a runbook's tables by their ids, and its steps in the few lines that say the same; comments stay."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tomli

from tui.runbook.model import ACTION_KINDS
from tui.runbook.problem import Path
from tui.runbook.reading.edition.second_edition import ANNOUNCED
from tui.runbook.reading.edition.second_keys import ACTION_KEYS
from tui.runbook.reading.locate import DocumentStatement, statements
from tui.runbook.rewriting.layout import WIDTH, action_lines, element_lines, inline, longest, pair_lines, shorter
from tui.runbook.rewriting.source_tree import BARE, Tree, keyed, tree_of

_HELD = ("steps", "diagnosis", "solutions")
FLAT = ("rollback_reasons", "followups", "checklist")
_FIRST = ("symptoms", "text", "note")
_MARKS = ("methods", "source", "when", "needed_if", "needed_with", "mutates", "danger", "point_of_no_return", "alone")
_SMALL = (
    "budget",
    "approve",
    "signoff",
    "undo",
    "checklist",
    "passage",
    "on",
    "directory",
    "timeout",
    "secrets",
    "reads",
    "repeatable",
    "errexit",
    "downtime",
    "answer",
)
"""Keys of a step that are not sentences, in the order in which its marks have them."""
_BY_ID = ("sections", "troubleshooting", *FLAT)


def compact(text: str) -> str:
    """The text of a file in the second edition with its tables by their ids; itself where that cannot be."""
    document = tomli.loads(text)
    found = list(statements(text))
    if not all(_convertible(document.get(key), key) for key in _BY_ID) or any(
        not one.header and one.path[0] in _BY_ID and (len(one.path) == 1 or one.path[-1] in _HELD) for one in found
    ):
        return text
    return "".join(_Writer(text, document, found).parts())


def _convertible(value: Any, key: str) -> bool:
    """Whether each thing of an array has an id, and one of its own."""
    if value is None:
        return True
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return False
    ids = [one.get("id") for one in value]
    inner = all(_convertible(one.get(held), held) for one in value for held in _HELD if isinstance(one, dict))
    return (
        inner
        and len(set(map(str, ids))) == len(ids)
        and all(isinstance(one, str) and BARE.fullmatch(one) for one in ids)
    )


class _Writer:
    """Writes one file again, region by region: a table with all that belongs to it alone."""

    def __init__(self, text: str, document: dict[str, Any], found: list[DocumentStatement]) -> None:
        self._text = text
        self._document = document
        self._found = found
        self._flat = ""

    def parts(self) -> Iterator[str]:
        """The text, from the beginning to the end."""
        at = place = 0
        while place < len(self._found):
            top = self._found[place]
            after = place + 1
            while after < len(self._found) and _belongs(self._found[after].path, top.path):
                after += 1
            if _table(top):
                region = self._found[place:after]
                yield self._gap(self._text[at : top.start], top)
                yield self._region(top, region[1:])
                at = region[-1].end
            else:
                after = place + 1
            place = after
        yield self._text[at:]

    def _gap(self, gap: str, top: DocumentStatement) -> str:
        """What stands before a table; those of a list have a line each, and no blank ones between them."""
        inside = self._flat == top.path[0] and not gap.strip()
        self._flat = str(top.path[0]) if top.path[0] in FLAT else ""
        return "\n" if inside else gap

    def _region(self, top: DocumentStatement, own: list[DocumentStatement]) -> str:
        end = own[-1].end if own else top.end
        commented = any("#" in self._text[a:b] for a, b in self._between(top, own))
        tree = tree_of(self._text, own, top.path)
        if top.path[0] in FLAT:
            return self._item(top, tree, self._text[top.end : end] if commented else "")
        if commented or self._has_deep_comment(own):
            return self._renamed(top, own, end)
        lines = step_lines(tree) if _is_step(top.path) else [*_table_lines(tree)]
        return "\n".join([f"[{self._name(top.path)}]", *lines])

    def _between(self, top: DocumentStatement, own: list[DocumentStatement]) -> Iterator[tuple[int, int]]:
        ends = [top.end, *(one.end for one in own)]
        yield from zip(ends, [*(one.start for one in own), self._line_end(ends[-1])], strict=True)

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end

    def _has_deep_comment(self, own: list[DocumentStatement]) -> bool:
        """Whether a comment may stand inside an array; a `#` in a text does not count."""
        arrays = (self._text[one.value : one.end] for one in own if not one.header)
        strings = re.compile(r"'''.*?'''|\"\"\".*?\"\"\"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'", re.DOTALL)
        return any(one[0] in "[{" and "#" in strings.sub("", one) for one in arrays)

    def _item(self, top: DocumentStatement, tree: Tree, commented: str) -> str:
        """A thing of a list, on a line below the list's header."""
        name = str(top.path[0])
        item = self._at(top.path)
        line = f"{item['id']} = {inline({key: value for key, value in tree.items() if key != 'id'})}"
        if commented or longest(line) > WIDTH:
            self._flat = ""
            return f"[{self._name(top.path)}]" + re.sub(r"(?m)^id\s*=.*\n?", "", self._text[top.end : self._end(top)])
        first = top.path[1] == 0
        return f"[{name}]\n{line}" if first else line

    def _end(self, top: DocumentStatement) -> int:
        return max(one.end for one in self._found if _belongs(one.path, top.path) or one is top)

    def _renamed(self, top: DocumentStatement, own: list[DocumentStatement], end: int) -> str:
        """A table with comments in it: its headers have other names, and it has no id; the rest is as it was."""
        text, at = [], top.start
        for one in (top, *own):
            if one.header:
                brackets = "[" if one is top else "[" * one.header
                name = f"{brackets}{self._name(one.path)}{']' * len(brackets)}"
                text += [self._text[at : one.start], name]
                at = one.end
            elif one.path == (*top.path, "id"):
                text.append(self._text[at : one.start].rstrip("\n"))
                at = one.end
        return "".join([*text, self._text[at:end]])

    def _name(self, path: Path) -> str:
        """A path as a header has it: by ids where the model has arrays."""
        found: list[str] = []
        for place, part in enumerate(path):
            if isinstance(part, str):
                found.append(keyed(part))
            elif path[place - 1] in (*_BY_ID, *_HELD):
                found.append(self._at(path[: place + 1])["id"])
        return ".".join(found)

    def _at(self, path: Path) -> Any:
        here: Any = self._document
        for part in path:
            here = here[part]
        return here


def _belongs(path: Path, top: Path) -> bool:
    """Whether a statement is of a table, and of no other that is written by its id."""
    inside = path[: len(top)] == top and len(path) > len(top)
    return inside and (_is_step(top) or path[len(top)] not in _HELD)


def _is_step(path: Path) -> bool:
    return len(path) > 2 and path[-2] in ("steps", "diagnosis")


def _table(one: DocumentStatement) -> bool:
    return one.header == 2 and len(one.path) > 1 and one.path[0] in _BY_ID and one.path[-2] in (*_BY_ID, *_HELD)


def _table_lines(tree: Tree) -> Iterator[str]:
    """A section, a trouble or a solution, without the steps that it has."""
    tree = {key: value for key, value in tree.items() if key != "id"}
    yield from _about_lines(tree, ("title", "short", "source", "when"))
    for key in [*(key for key in _FIRST if key in tree), *(key for key in tree if key not in _FIRST)]:
        if key == "signs" and isinstance(tree[key], list):
            yield from ["signs = [", *(line for sign in tree[key] for line in element_lines(sign)), "]"]
        else:
            yield from pair_lines(key, tree[key])


def step_lines(tree: Tree) -> list[str]:
    """A step: what it is, what is read first, and what it does."""
    tree = {key: value for key, value in tree.items() if key != "id"}
    if tree.get("mutates") == "true" and tree.get("danger", "").strip("\"'") in ANNOUNCED:
        del tree["mutates"]
    actions = tree.pop("actions", None)
    if isinstance(actions, list) and len(actions) == 1 and isinstance(actions[0], dict):
        tree, actions = _one_action(tree, actions[0])
    elif actions is None:
        tree, actions = _one_action({key: tree[key] for key in tree if key not in ACTION_KEYS}, _own(tree))
    lines = _about_lines(tree, ("title", "short", *_MARKS, *_SMALL))
    lines += [line for key in _FIRST if key in tree for line in pair_lines(key, tree[key])]
    rest = [key for key in tree if key not in _FIRST]
    kinds = [key for key in rest if key in ACTION_KINDS]
    for key in [*kinds, *(key for key in rest if key not in kinds)]:
        lines += pair_lines(key, tree[key])
    if isinstance(actions, list):
        lines += _list_of(actions)
    elif actions is not None:
        lines += pair_lines("actions", actions)
    return lines


def _own(tree: Tree) -> Tree:
    """The action that stands on a step itself."""
    return {key: tree[key] for key in tree if key in ACTION_KEYS}


def _one_action(tree: Tree, action: Tree) -> tuple[Tree, list[Tree] | None]:
    """A step and its action: on the step itself where that is not longer and no key is of both."""
    action = shorter(action)
    alone = [line for key, value in action.items() if key not in _SMALL for line in pair_lines(key, value)]
    if action.keys() & tree.keys() or len(action_lines(action, 1)) < len(alone):
        return tree, [action]
    return {**tree, **action}, None


def _about_lines(tree: Tree, keys: Iterable[str]) -> list[str]:
    """What a thing says of itself on one line, taken out of its table; the title has its own where it does not fit."""
    about = {key: tree.pop(key) for key in keys if key in tree}
    alone: list[str] = []
    while len(about) > 1 and longest(line := f"about = {inline(about)}") > WIDTH:
        long = "title" if "title" in about else max(about, key=lambda key: len(inline(about[key])))
        alone += pair_lines(long, about.pop(long))
    if len(about) > 1:
        return [*alone[:1], line, *alone[1:]] if alone else [line]
    return [*alone, *(line for key, value in about.items() for line in pair_lines(key, value))]


def _list_of(actions: list[Any]) -> list[str]:
    actions = [shorter(action) if isinstance(action, dict) else action for action in actions]
    if len(actions) == 1:
        return action_lines(actions[0], 1)
    line = f"actions = [{', '.join(map(inline, actions))}]"
    if "\n" not in line and len(line) <= WIDTH - 20:
        return [line]
    return [line for number, action in enumerate(actions, 1) for line in action_lines(action, number)]
