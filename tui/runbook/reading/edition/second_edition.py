"""Reads the second edition into the document of the model: one action on a step, defaults, named commands."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import ACTION_KINDS, seconds
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.reading.edition.by_id import by_id, written_at
from tui.runbook.reading.edition.named_commands import NamedCommands
from tui.runbook.reading.edition.second_keys import (
    ACTION_KEYS,
    FORMS,
    NEW_KEYS,
    SHARED_KEYS,
    STEP_KEYS,
    SecondEdition,
    StepDefaults,
)
from tui.runbook.reading.structure import check_as

_OF_COMMANDS = ("timeout", "errexit")
_OF_STEPS = ("budget", "signoff")
ANNOUNCED = ("caution", "destructive")
Document = dict[str, Any]


class Moves(Struct, frozen=True):
    """Where what stands in the model's document is written in the author's, by the beginning of its path.

    What was moved several times has its last move first.
    """

    each: tuple[Mapping[Path, Path], ...]

    def back(self, faults: Iterable[UnplacedProblem]) -> Iterator[UnplacedProblem]:
        """The faults at the places at which an author finds them."""
        moved = [to for to in self.each if to]
        for fault in faults:
            path = fault.path
            for to in moved:
                path = written_at(path, to)
            yield replace(fault, path=path) if moved else fault


NOTHING_MOVED = Moves(())


def plain(raw: Document) -> tuple[Document, Moves, list[UnplacedProblem]]:
    """The document as the model has it, where each thing of it is written, and what is wrong with what is shorter."""
    own = {key: raw[key] for key in SecondEdition.__struct_fields__ if key in raw}
    second, faults = check_as(SecondEdition, own)
    listed, *before, wrong = by_id({key: value for key, value in raw.items() if key not in own})
    document, faults = listed, [*faults, *wrong]
    if "include" in own and not faults:
        message, hint = "parts are included by a file alone", "open the runbook as a file; a session keeps its parts"
        faults.append(UnplacedProblem(path=("include",), message=message, hint=hint))
    commands = NamedCommands(second.commands)
    faults += commands.faults(raw.get("hosts"))
    reader = _Reader(second.defaults, raw.get("defaults"), commands)
    for path, step in steps_in(document):
        reader.step(path, step)
    document = reader.put(document)
    commands.into(document)
    return document, Moves((reader.moves, *before)), [*faults, *reader.faults]


def first_edition(faults: list[UnplacedProblem]) -> list[UnplacedProblem]:
    """The faults of a file of the first edition: of a key that only the second one has they say so."""
    hint = "format = 2 has it: it stands at the top of the file"
    return [
        replace(fault, hint=hint)
        if fault.message.startswith("unknown key") and fault.path[-1:] and fault.path[-1] in NEW_KEYS
        else fault
        for fault in faults
    ]


def steps_in(document: Document) -> Iterator[tuple[Path, Document]]:
    """Every step of a document that looks like one, with its path."""
    for path, section in _tables(document, (), "sections"):
        yield from _tables(section, path, "steps")
    for path, issue in _tables(document, (), "troubleshooting"):
        yield from _tables(issue, path, "diagnosis")
        for place, solution in _tables(issue, path, "solutions"):
            yield from _tables(solution, place, "steps")


def _tables(table: Document, path: Path, key: str) -> Iterator[tuple[Path, Document]]:
    items = table.get(key)
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield (*path, key, place), item


def _time_of_waiting(actions: object) -> Document:
    """The budget of a step that waits for something, where it says none: as long as it may wait."""
    found = [
        str(until["within"])
        for action in (actions if isinstance(actions, list) else ())
        if isinstance(action, dict) and isinstance(until := action.get("until"), dict) and "within" in until
    ]
    return {"budget": max(found, key=seconds)} if found else {}


class _Reader:
    """Goes through the steps of one document, and keeps what they become."""

    def __init__(self, defaults: StepDefaults, given: object, commands: NamedCommands) -> None:
        said = given if isinstance(given, dict) else {}
        self._of_commands = {
            key: said[key] for key in _OF_COMMANDS if key in said and getattr(defaults, key) == said[key]
        }
        self._of_steps = {key: said[key] for key in _OF_STEPS if key in said and getattr(defaults, key) == said[key]}
        self._commands = commands
        self._steps: dict[Path, Document] = {}
        self.moves: dict[Path, Path] = {}
        self.faults: list[UnplacedProblem] = []

    def step(self, path: Path, written: Document) -> None:
        """Read one step."""
        step = {key: value for key, value in written.items() if key in STEP_KEYS}
        own = {key: value for key, value in written.items() if key in ACTION_KEYS}
        for key in sorted(written.keys() - STEP_KEYS - ACTION_KEYS):
            hint = nearest(key, STEP_KEYS | ACTION_KEYS | FORMS - written.keys())
            self._fault((*path, key), f"unknown key {quoted(key)}", hint)
        if "actions" not in step and own:
            step["actions"] = [own]
            self.moves[(*path, "actions", 0)] = path
        elif own:
            self._shared(path, step, own)
        step.setdefault("actions", [])
        if isinstance(step["actions"], list):
            step["actions"] = [self._action((*path, "actions", at), one) for at, one in enumerate(step["actions"])]
        if "look" in step:
            step["look"] = self._action((*path, "look"), step["look"])
        if step.get("danger") in ANNOUNCED:
            step.setdefault("mutates", True)
        self._steps[path] = {**self._of_steps, **_time_of_waiting(step["actions"]), **step}

    def _shared(self, path: Path, step: Document, own: Document) -> None:
        """What a step with several actions says once for those of its commands that do not say it."""
        for key in sorted(own.keys() - SHARED_KEYS):
            kind = key in ACTION_KINDS
            hint = "write it as one of its actions" if kind else "write it at the action that it is meant for"
            self._fault((*path, key), f"a step with actions has no {quoted(key)} of its own", hint)
        shared = {key: value for key, value in own.items() if key in SHARED_KEYS}
        for place, action in enumerate(step["actions"] if shared and isinstance(step["actions"], list) else ()):
            here: Path = (*path, "actions", place)
            if isinstance(action, str):
                action = {"run": action}
                self.moves[(*here, "run")] = here
            if isinstance(action, dict) and "run" in action:
                step["actions"] = [*step["actions"][:place], {**shared, **action}, *step["actions"][place + 1 :]]
                self.moves.update({(*here, key): (*path, key) for key in shared.keys() - action.keys()})

    def _action(self, path: Path, written: object) -> object:
        """One action; a text alone is a command, and texts that are expected are what its output contains."""
        if isinstance(written, str):
            self.moves[(*path, "run")] = self.moves.get(path, path)
            written = {"run": written}
        if isinstance(written, dict) and isinstance(written.get("probe"), str):
            written = {**written, "probe": self._probe((*path, "probe"), written["probe"])}
        if isinstance(written, dict) and isinstance(expect := written.get("expect"), (str, list)):
            self.moves[(*path, "expect", "contains")] = (*self.moves.get(path, path), "expect")
            written = {**written, "expect": {"contains": [expect] if isinstance(expect, str) else expect}}
        if not isinstance(written, dict) or not isinstance(written.get("run"), str):
            return written
        return self._commands.judged({**self._of_commands, **written}, "run")

    def _probe(self, path: Path, written: str) -> object:
        """A probe without parameters: its service and its check in one text."""
        service, *check = written.split()
        if len(check) != 1:
            hint = 'probe = "cache ping", or probe = { service = "cache", check = "ping" }'
            self._fault(path, f"{quoted(written)} is not a service and a check", hint)
        return {"service": service, "check": check[0] if check else ""}

    def _fault(self, path: Path, message: str, hint: str) -> None:
        self.faults.append(UnplacedProblem(path=path, message=message, hint=hint))

    def put(self, document: Document) -> Document:
        """The document with the steps that were read, and monitors and variables that say whether they only read."""
        document = dict(document)
        document["sections"] = self._each(document.get("sections"), ("sections",), self._of_section)
        document["troubleshooting"] = self._each(document.get("troubleshooting"), ("troubleshooting",), self._of_issue)
        if isinstance(document.get("monitors"), dict):
            document["monitors"] = {name: self._monitor(name, one) for name, one in document["monitors"].items()}
        for key, command in (("monitors", "run"), ("variables", "choices_from"), ("variables", "default_from")):
            if isinstance(document.get(key), dict):
                document[key] = {name: self._commands.judged(one, command) for name, one in document[key].items()}
        return {
            key: value
            for key, value in document.items()
            if value is not None or key not in ("sections", "troubleshooting")
        }

    def _monitor(self, name: str, monitor: Any) -> Any:
        if not isinstance(monitor, dict) or not isinstance(monitor.get("probe"), str):
            return monitor
        return {**monitor, "probe": self._probe(("monitors", name, "probe"), monitor["probe"])}

    def _each(self, items: Any, path: Path, read: Callable[[Path, Document], Document]) -> Any:
        if not isinstance(items, list):
            return items
        return [read((*path, at), one) if isinstance(one, dict) else one for at, one in enumerate(items)]

    def _of_section(self, path: Path, section: Document) -> Document:
        return self._with_steps(path, section, "steps")

    def _of_issue(self, path: Path, issue: Document) -> Document:
        issue = self._with_steps(path, issue, "diagnosis")
        if "solutions" in issue:
            issue["solutions"] = self._each(issue["solutions"], (*path, "solutions"), self._of_section)
        return issue

    def _with_steps(self, path: Path, table: Document, key: str) -> Document:
        found = dict(table)
        if key in found:
            found[key] = self._each(found[key], (*path, key), lambda place, step: self._steps.get(place, step))
        return found
