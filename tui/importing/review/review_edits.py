"""Changes one action of a step in a runbook's text; everything else of the text stays as it is."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import tomli
from msgspec import Struct

from tui.errors import RunbookError
from tui.runbook.model import ACTION_KINDS
from tui.runbook.problem import Path
from tui.runbook.reading.edition.by_id import ABOUT, by_id, written_at
from tui.runbook.reading.edition.second_edition import steps_in
from tui.runbook.reading.locate import DocumentStatement, items, statements
from tui.runbook.shell.read_only import changes
from tui.text.toml_text import toml_text

_OF_ACTIONS = (*ACTION_KINDS, "on", "directory", "stdin", "secrets", "answer", "capture", "original", "reads", "expect")
_NUMBERED = re.compile(r"\d+[a-z]?$")
_CARRIED = ("on", "directory", "stdin", "secrets", "capture")
"""What another command in an action's place keeps of it."""
OTHERS = "(others change)"
"""Whether another action of the step changes something, beside what the step says, while one is changed."""
Change = Callable[[dict[str, Any], dict[str, Any]], None]
"""Changes an action, and what else its step has, in place."""


class StepText(Struct, frozen=True):
    """A step in a runbook's text: where its statements are, and what they say."""

    own: tuple[DocumentStatement, ...]
    says: Mapping[str, Any]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """Its actions, one where they stand on the step itself."""
        several = self.says.get("actions")
        if several is not None:
            return [one if isinstance(one, dict) else {"run": one} for one in several]
        return [{key: self.says[key] for key in _OF_ACTIONS if key in self.says}]


def step_text(text: str, step_id: str) -> StepText | None:
    """The step of this id; None where there is none that can be changed here."""
    document, moved, _, _ = by_id(tomli.loads(text))
    for path, step in steps_in(document):
        if step.get("id") == step_id:
            own = tuple(_of(text, written_at(path, moved)))
            return StepText(own, step) if own else None
    return None


def _of(text: str, path: Path) -> list[DocumentStatement]:
    """The statements of a step that has a table and keys of its own; none of one on fewer lines."""
    found = [one for one in statements(text) if one.path[: len(path)] == path]
    short = any(one.path[len(path) :][:1] == (ABOUT,) or _NUMBERED.match(str(one.path[-1])) for one in found[1:])
    return found if found and found[0].header and not short else []


def written(text: str, step: StepText) -> str:
    """The step as it stands in the text."""
    return text[step.own[0].start : step.own[-1].end].rstrip("\n")


def changed(text: str, step_id: str, place: int, change: Change) -> str:
    """The text with one action of a step changed.

    Raises:
        RunbookError: there is no such step in this file.
    """
    step = step_text(text, step_id)
    if step is None:
        raise RunbookError(f"no step {step_id} is written in this file", "change it by hand")
    action, rest = dict(step.actions[place]), {key: one for key, one in step.says.items() if key not in _OF_ACTIONS}
    before = dict(rest)
    rest[OTHERS] = any(_changes(one) for at, one in enumerate(step.actions) if at != place)
    change(action, rest)
    del rest[OTHERS]
    edits = []
    if "actions" in step.says:
        at = next(one for one in step.own if one.path[-1] == "actions")
        start, end = items(text, at.value)[place]
        edits.append((start, end, f"{{ {', '.join(_pairs(action))} }}"))
    else:
        old = [one for one in step.own[1:] if one.path[-1] in _OF_ACTIONS]
        edits += [(one.start, _line_end(text, one.end), "") for one in old[1:]]
        edits.append((old[0].start, old[0].end, "\n".join(_pairs(action))))
    edits += _of_step(text, step, before, rest)
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _changes(action: Mapping[str, Any]) -> bool:
    """Whether an action changes something, or may."""
    if "run" not in action:
        return "interactive" in action and not action.get("reads")
    return not action.get("reads") and next(changes(action["run"], str(action.get("stdin", ""))), None) is not None


def _of_step(
    text: str, step: StepText, before: Mapping[str, Any], rest: Mapping[str, Any]
) -> list[tuple[int, int, str]]:
    """The edits by which what else a step has becomes what it is to be."""
    where = {one.path[-1]: one for one in step.own[1:]}
    edits = [(where[key].start, _line_end(text, where[key].end), "") for key in before if key not in rest]
    title = where["title"]
    for key, one in rest.items():
        if key not in before:
            edits.append((title.end, title.end, f"\n{key} = {_value(one)}"))
        elif before[key] != one:
            edits.append((where[key].start, where[key].end, f"{key} = {_value(one)}"))
    return edits


def by_hand(action: dict[str, Any], step: dict[str, Any]) -> None:
    """Have a person do it."""
    said = action.get("manual") or action.get("original")
    said = said or next((action[kind] for kind in ACTION_KINDS if kind in action), "")
    action.clear()
    action["manual"] = said
    _calm(step)


def text_only(action: dict[str, Any], step: dict[str, Any]) -> None:
    """Have it read: the words stand in the step's text, and nothing of them runs."""
    said = action.get("original") or next((action[kind] for kind in ACTION_KINDS if kind in action), "")
    step["text"] = "\n".join(one for one in (step.get("text", ""), said) if one)
    by_hand(action, step)
    action["manual"] = f"Read: {step['title']}"


def reads(action: dict[str, Any], step: dict[str, Any]) -> None:
    """Say that it changes nothing."""
    action["reads"] = True
    _calm(step)


def _calm(step: dict[str, Any]) -> None:
    """Take from a step what says that it changes something, where none of its other actions does."""
    if not step.get(OTHERS):
        step.pop("mutates", None)
        step.pop("danger", None)


def mutates(action: dict[str, Any], step: dict[str, Any]) -> None:
    """Say that it changes something."""
    action.pop("reads", None)
    if "danger" not in step:
        step["mutates"] = True


def another(command: str) -> Change:
    """Another command in its place, marked by what it does as an import does it."""

    def change(action: dict[str, Any], step: dict[str, Any]) -> None:
        kept: dict[str, Any] = {key: action[key] for key in _CARRIED if key in action}
        said = action.get("original") or next((action[kind] for kind in ACTION_KINDS if kind in action), "")
        action.clear()
        action |= {"run": command, **kept, "original": said}
        if next(changes(command, str(kept.get("stdin", ""))), None) is not None:
            mutates(action, step)

    return change


def _pairs(action: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(one)}" for key, one in action.items()]


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return toml_text(value)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            inside = ", ".join(f"{toml_text(str(key))} = {_value(one)}" for key, one in value.items())
            return f"{{ {inside} }}" if inside else "{}"
    return str(value)


def _line_end(text: str, at: int) -> int:
    """Behind the line in which a statement ends."""
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
