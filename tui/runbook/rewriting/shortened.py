"""Writes a runbook in the shorter form of the second edition: only what becomes shorter is touched, comments stay."""

import re
from collections.abc import Iterator
from typing import Any

import tomli

from tui.runbook.problem import Path
from tui.runbook.reading.edition.second_edition import ANNOUNCED, steps_in
from tui.runbook.reading.edition.second_keys import FIRST, SHARED_KEYS
from tui.runbook.reading.locate import DocumentStatement, items, statements

Edit = tuple[int, int, str]
"""From where to where the text is replaced, and by what."""
_OF_ACTIONS = re.compile(r"\s*\.\s*actions\b(?=[^.\]]*(\.|\s*\]))")


def shortened(text: str) -> str:
    """The text of a file in the second edition, as short as it can say the same."""
    while (shorter := _shortened(text)) != text:  # what was said once may leave commands that are nothing else
        text = shorter
    return text


def _shortened(text: str) -> str:
    document = tomli.loads(text)
    edits = [*_edition(text, document)]
    written = _Written(text)
    for path, step in steps_in(document):
        edits += written.step(path, step)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _edition(text: str, document: dict[str, Any]) -> Iterator[Edit]:
    if document.get("format") == FIRST:
        at = next(one for one in statements(text) if one.path == ("format",))
        yield at.value, at.end, "2"


class _Written:
    """How the steps of one document are written."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._in: dict[Path, list[DocumentStatement]] = {}
        """The statements of each step, by its path."""
        for one in statements(text):
            if (path := _step_of(one.path)) is not None:
                self._in.setdefault(path, []).append(one)

    def step(self, path: Path, step: dict[str, Any]) -> list[Edit]:
        """What becomes shorter in one step; nothing in one that is an inline table."""
        own = self._in.get(path, [])
        if not own or own[0].path != path or own[0].header != 2:
            return []
        edits = list(self._mutates(path, step, own))
        actions = step.get("actions")
        if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
            return edits
        heads = [one for one in own if one.header == 2 and one.path[:-1] == (*path, "actions")]
        if heads and self._before(path, own, heads[0]):
            return edits + self._headed(path, step, own, heads)
        inline = next((one for one in own if one.path == (*path, "actions") and not one.header), None)
        return edits + (self._inline(path, step, inline) if inline is not None else [])

    def _mutates(self, path: Path, step: dict[str, Any], own: list[DocumentStatement]) -> Iterator[Edit]:
        if step.get("danger") in ANNOUNCED and step.get("mutates") is True:
            said = next((one for one in own if one.path == (*path, "mutates")), None)
            if said is not None:
                yield self._line(said)

    def _before(self, path: Path, own: list[DocumentStatement], head: DocumentStatement) -> bool:
        """Whether what stands at an action's header may stand on the step: no table of the step comes before it."""
        return not any(one.header for one in own[1 : own.index(head)])

    def _headed(
        self, path: Path, step: dict[str, Any], own: list[DocumentStatement], heads: list[DocumentStatement]
    ) -> list[Edit]:
        """Actions that have a header each."""
        actions = step["actions"]
        if len(actions) == 1:
            if actions[0].keys() & step.keys():
                return []
            inner = [one for one in own if one.header and len(one.path) > len(heads[0].path) and one is not heads[0]]
            moved = [
                (one.start, one.end, self._lifted(one))
                for one in inner
                if one.path[: len(path) + 1] == (*path, "actions")
            ]
            return [self._head(heads[0]), *moved]
        if all(action.keys() == {"run"} for action in actions) and not self._commented(heads[0].start, own[-1].end):
            return self._listed(path, own, heads)
        return self._shared(path, step, own, heads)

    def _lifted(self, head: DocumentStatement) -> str:
        """The header of an action's table as one of the step's."""
        return _OF_ACTIONS.sub("", self._text[head.start : head.end], count=1)

    def _listed(self, path: Path, own: list[DocumentStatement], heads: list[DocumentStatement]) -> list[Edit]:
        """Actions that are commands and nothing else, as a list of them."""
        runs = [one for one in own if one.path[-1] == "run" and one.path[:-2] == (*path, "actions")]
        texts = [self._text[one.value : one.end] for one in runs]
        listed = ", ".join(texts)
        if "\n" in listed or len(listed) > 100:
            listed = "\n" + "".join(f"    {text},\n" for text in texts)
        start = self._blank_before(heads[0].start)
        return [(start, runs[-1].end, f"actions = [{listed}]")]

    def _shared(
        self, path: Path, step: dict[str, Any], own: list[DocumentStatement], heads: list[DocumentStatement]
    ) -> list[Edit]:
        """What every command of a step says, said once."""
        commands = [action for action in step["actions"] if "run" in action]
        edits: list[Edit] = []
        said = []
        for key in sorted(SHARED_KEYS):
            values = [action.get(key) for action in commands]
            if len(commands) < 2 or key in step or values[0] is None or any(value != values[0] for value in values):
                continue
            lines = [one for one in own if one.path[-1] == key and one.path[:-2] == (*path, "actions")]
            lines = [one for one in lines if "run" in step["actions"][int(one.path[-2])]]
            if len(lines) != len(commands) or any(self._tail(one).strip() for one in lines):
                continue
            said.append(self._text[lines[0].start : lines[0].end])
            edits += [self._line(one) for one in lines]
        if not said:
            return []
        start = self._blank_before(heads[0].start)
        return [*edits, (start, start, "".join(f"{one}\n" for one in said))]

    def _inline(self, path: Path, step: dict[str, Any], actions: DocumentStatement) -> list[Edit]:
        """Actions in one array."""
        if self._commented(actions.start, actions.end):
            return []
        found = items(self._text, actions.value)
        if len(found) == 1 and not step["actions"][0].keys() & step.keys():
            pairs = items(self._text, found[0][0])
            return [(actions.start, actions.end, "\n".join(self._text[start:end] for start, end in pairs))]
        edits = []
        for (start, end), action in zip(found, step["actions"], strict=True):
            if action.keys() == {"run"}:
                ((first, last),) = items(self._text, start)
                command = self._text[first:last].partition("=")[2].strip()
                edits.append((start, end, command))
        return edits

    def _commented(self, start: int, end: int) -> bool:
        """Whether a comment may stand there; a `#` in a text counts as well."""
        return "#" in self._text[start:end] or "#" in self._tail_at(end)

    def _head(self, head: DocumentStatement) -> Edit:
        """A header that goes, with the blank lines before it; a comment beside it stays on its line."""
        comment = self._tail(head).strip()
        end = self._end_of_line(head.end)
        return self._blank_before(head.start), end, f"{comment}\n" if comment else ""

    def _line(self, one: DocumentStatement) -> Edit:
        """A line that goes; a comment beside it stays."""
        comment = self._tail(one).strip()
        return self._start_of_line(one.start), self._end_of_line(one.end), f"{comment}\n" if comment else ""

    def _tail(self, one: DocumentStatement) -> str:
        return self._tail_at(one.end)

    def _tail_at(self, end: int) -> str:
        return self._text[end : self._end_of_line(end)]

    def _start_of_line(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _end_of_line(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end + 1

    def _blank_before(self, at: int) -> int:
        """Where the blank lines before a statement begin, those next to it alone."""
        start = self._start_of_line(at)
        while start and not self._text[self._start_of_line(start - 1) : start].strip():
            start = self._start_of_line(start - 1)
        return start


def _step_of(path: Path) -> Path | None:
    """The path of the step that a statement belongs to."""
    for place, part in enumerate(path[:-1]):
        if part in ("steps", "diagnosis") and place and isinstance(path[place + 1], int):
            return path[: place + 2]
    return None
