"""Reads tables that are written by their ids, and steps in their shortest form, into the arrays that the model has."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from tui.runbook.model import ACTION_KINDS
from tui.runbook.problem import Path, UnplacedProblem, quoted
from tui.runbook.reading.edition.per_method import MethodWords, PerMethod

Document = dict[str, Any]
ABOUT = "about"
"""What a section, a trouble, a solution or a step may say of itself on one line."""
_SAID_SHORT = frozenset(
    {
        "runbook",
        "window",
        "hosts",
        "variables",
        "services",
        "monitors",
        "methods",
        "flows",
        "messages",
        "dashboards",
        "endpoints",
    }
)
"""What else may say something so: tables, tables of tables, and arrays of them."""
_ALONE = ("rollback_reasons", "followups", "checklist")
"""What is in arrays that hold no other array."""


_NUMBER = re.compile(r"(\d+)[a-z]?")
"""The key of a numbered action; with a letter it is what follows of it."""
Moved = dict[Path, Path]


def written_at(path: Path, moved: Mapping[Path, Path]) -> Path:
    """Where something was before it was moved."""
    for length in range(len(path), 0, -1):
        if path[:length] in moved:
            return (*moved[path[:length]], *path[length:])
    return path


def by_id(raw: Document) -> tuple[Document, Moved, Moved, list[UnplacedProblem]]:
    """The document with its arrays, where their things are written, then their actions, and what is wrong with it."""
    words, document = MethodWords.taken(raw)
    lister = _Lister(words)
    for key in _SAID_SHORT & document.keys():
        document[key] = lister.said(document[key], (key,))
    for key in ("sections", "troubleshooting", *_ALONE):
        if key in document:
            document[key] = lister.parts(document[key], (key,), (key,))
    faults = [replace(fault, path=written_at(fault.path, lister.numbers)) for fault in lister.faults]
    return document, lister.moves, lister.numbers, [*words.faults, *faults]


def _number_of(key: str) -> str:
    """The number that a key is, without its letter; empty where it is none."""
    number = _NUMBER.fullmatch(key)
    return number[1] if number else ""


class _Lister:
    """Goes through one document, and keeps where what it moved was written."""

    def __init__(self, words: MethodWords) -> None:
        self._words = words
        self.moves: Moved = {}
        self.numbers: Moved = {}
        self._by_number: set[Path] = set()
        self.faults: list[UnplacedProblem] = []

    def said(self, value: Any, path: Path) -> Any:
        """A table, or those in it, with the keys that they have in `about`."""
        if isinstance(value, list):
            return [self.said(one, (*path, place)) for place, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        item, said = self._with_about(value, path) if ABOUT in value else (value, ())
        self.moves.update({(*path, key): (*path, ABOUT, key) for key in said})
        inside = len(path) == 1 and path[0] not in ("runbook", "window")
        return {key: self.said(one, (*path, key)) for key, one in item.items()} if inside else item

    def parts(self, value: Any, path: Path, written: Path) -> Any:
        """The parts of an array or of a table by ids; those of sections, issues and solutions have parts themselves."""
        if not isinstance(value, (list, dict)):
            return value
        found: list[Any] = []
        for item, where in self._each(value, written):
            here: Path = (*path, len(found))
            self._moved(here, where)
            found.append(self._part(item, here, where) if isinstance(item, dict) else item)
        return found

    def _part(self, item: Document, path: Path, written: Path) -> Document:
        item, said = self._with_about(item, written)
        self.moves.update({(*path, key): (*written, ABOUT, key) for key in said})
        for key in ("steps", "diagnosis"):
            if key in item:
                item[key] = self._steps(item[key], (*path, key), (*written, key))
        if "solutions" in item:
            item["solutions"] = self.parts(item["solutions"], (*path, "solutions"), (*written, "solutions"))
        return item

    def _steps(self, value: Any, path: Path, written: Path) -> Any:
        if not isinstance(value, (list, dict)):
            return value
        found: list[Any] = []
        for item, where in self._each(value, written):
            item, said = self._with_about(self._numbered(item, where), where) if isinstance(item, dict) else (item, ())
            for step in self._told(item, where, said):
                here: Path = (*path, len(found))
                self._moved(here, where)
                self.moves.update({(*here, key): (*where, ABOUT, key) for key in said})
                found.append(self._step(step, here, where) if isinstance(step, dict) else step)
        return found

    def _numbered(self, step: Document, written: Path) -> Document:
        """A step whose actions have a number each, with a list of them."""
        found = [(key, number) for key in step if (number := _number_of(key))]
        if not found:
            return step
        if "actions" in step:
            message, hint = "a step has numbered actions or a list of them, not both", "give those of the list numbers"
            self.faults.append(UnplacedProblem(path=(*written, "actions"), message=message, hint=hint))
        actions: list[Any] = []
        for place, (key, number) in enumerate(found):
            action = {"run": step[key]} if isinstance(step[key], str) and key != number else step[key]
            if key != number and actions and isinstance(actions[-1], dict) and isinstance(action, dict):
                here: Path = (*written, "actions", len(actions) - 1)
                actions[-1] = self._joined(actions[-1], action, here, (*written, key), self.numbers)
                continue
            self.numbers[(*written, "actions", len(actions))] = (*written, key)
            actions.append(action)
            if place and int(number) <= int(found[place - 1][1]):
                message = f"action {key} stands below {found[place - 1][0]}"
                hint = "they are done in the order in which they stand: number them so"
                self.faults.append(UnplacedProblem(path=(*written, key), message=message, hint=hint))
        rest = {key: value for key, value in step.items() if not _number_of(key)}
        self._by_number.add(written)
        return {**rest, "actions": actions}

    def _with_about(self, item: Document, written: Path) -> tuple[Document, Iterable[str]]:
        """A thing with the keys that it has in `about`, and which those are."""
        about = item.get(ABOUT, {})
        rest = {key: value for key, value in item.items() if key != ABOUT}
        if not isinstance(about, dict):
            hint = 'about = { title = "Look around", source = "12-14" }'
            fault = UnplacedProblem(path=(*written, ABOUT), message="about is a table of short keys", hint=hint)
            self.faults.append(fault)
            return rest, ()
        for key in about:
            self._twice(key, rest, (*written, ABOUT, key))
        return {**rest, **about}, about

    def _told(self, item: Any, written: Path, said: Iterable[str]) -> Iterator[Any]:
        """The step, or those that it is for each of several methods."""
        if not isinstance(item, dict):
            yield item
            return
        told = PerMethod(self._words, written)
        yield from told.steps(item)
        for fault in told.faults:
            inside = fault.path[len(written) :]
            path = (*written, ABOUT, *inside) if str(inside[0]) in said else fault.path
            self.faults.append(replace(fault, path=path))

    def _each(self, value: list[Any] | Document, written: Path) -> Iterator[tuple[Any, Path]]:
        if isinstance(value, list):
            yield from ((item, (*written, place)) for place, item in enumerate(value))
            return
        for key, item in value.items():
            here: Path = (*written, key)
            if isinstance(item, dict) and item.get("id", key) != key:
                message = f"it is {quoted(key)} by its table, and {quoted(item['id'])} by its id"
                self.faults.append(UnplacedProblem(path=(*here, "id"), message=message, hint="remove the id"))
            yield ({"id": key, **item} if isinstance(item, dict) else item), here

    def _step(self, step: Document, path: Path, written: Path) -> Document:
        if isinstance(step.get("actions"), list):
            step = {**step, "actions": self._actions(step["actions"], (*path, "actions"), (*written, "actions"))}
        return step

    def _actions(self, actions: list[Any], path: Path, written: Path) -> list[Any]:
        """The actions; a table that is none by itself belongs to the one above it."""
        found: list[Any] = []
        left, numbered = False, written[:-1] in self._by_number
        for place, item in enumerate(actions):
            follows = isinstance(item, dict) and not item.keys() & set(ACTION_KINDS) and not numbered
            left = item is None or (left and follows)
            if left:
                continue  # another method's, and what follows of it
            if found and follows:
                above = {"run": found[-1]} if isinstance(found[-1], str) else found[-1]
                if isinstance(above, dict):
                    found[-1] = self._joined(above, item, (*path, len(found) - 1), (*written, place), self.moves)
                    continue
            self._moved((*path, len(found)), (*written, place))
            found.append(item)
        return found

    def _joined(self, above: Document, below: Document, path: Path, written: Path, moves: Moved) -> Document:
        """A table and what follows of it; tables that both have are joined."""
        joined = dict(above)
        for key, value in below.items():
            here, where = (*path, key), (*written, key)
            moves[here] = where
            if isinstance(value, dict) and isinstance(above.get(key), dict):
                joined[key] = self._joined(above[key], value, here, where, moves)
            else:
                self._twice(key, above, where)
                joined[key] = value
        return joined

    def _twice(self, key: str, table: Document, written: Path) -> None:
        if key in table:
            fault = UnplacedProblem(path=written, message=f"{quoted(key)} is said twice", hint="say it once")
            self.faults.append(fault)

    def _moved(self, path: Path, written: Path) -> None:
        if path != written:
            self.moves[path] = written
