"""Compares the steps of two versions of a runbook: those that came, went and moved, and what each does otherwise."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from tui.runbook.described.expectations import expectations
from tui.runbook.described.probes import asked_words
from tui.runbook.differences.compared_tables import moved_in, place_words, shown
from tui.runbook.differences.difference import Edit, EditKind
from tui.runbook.facts import host_named
from tui.runbook.model import ACTION_KINDS, Action, Danger, Runbook, Section, Step
from tui.runbook.shell.script import script_of

PART = "steps"
GUARDS = frozenset({"mutates", "danger", "point_of_no_return", "approve", "signoff", "undo", "needed_if", "look"})
"""What of a step says how dangerous it is, who answers for it, and whether it is undone."""
GUARDS_OF_ACTIONS = frozenset({"reads", "errexit", "repeatable", "loses_data", "secrets"})
"""What of an action says where it runs, what it may do, and what stops it."""
_LABELS = {
    "mutates": "changes production",
    "point_of_no_return": "point of no return",
    "approve": "who allows it",
    "signoff": "sign-off",
    "needed_if": "needed if",
    "needed_with": "needed with",
    "undo": "undone by",
    "on": "host",
    "reads": "only reads",
    "errexit": "stops at the first command that fails",
    "repeatable": "may run again",
    "loses_data": "choices that lose data",
    "stdin": "standard input",
}
_SAME_NAME = ("id", "title", "actions")
_OTHERWISE = (*ACTION_KINDS, "expect", "on")
"""What of an action is compared in words of its own."""
Found = Mapping[str, tuple[str, Step]]
"""The steps by their ids, each with the section that it is in."""


def steps_by_id(sections: Sequence[Section]) -> dict[str, tuple[str, Step]]:
    """Every step of the sections with its section."""
    return {step.id: (section.id, step) for section in sections for step in section.steps}


def step_differences(before: Runbook, after: Runbook) -> Iterator[Edit]:
    """What the steps of the sections do otherwise, in the order of the later version."""
    yield from _compared(before, after, steps_by_id(before.sections), steps_by_id(after.sections))


def trouble_differences(before: Runbook, after: Runbook) -> Iterator[Edit]:
    """The same of the steps of known troubles."""
    yield from _compared(before, after, _trouble_steps(before), _trouble_steps(after))


def _trouble_steps(runbook: Runbook) -> dict[str, tuple[str, Step]]:
    found = {step.id: (issue.id, step) for issue in runbook.troubleshooting for step in issue.diagnosis}
    for issue in runbook.troubleshooting:
        for solution in issue.solutions:
            found |= {step.id: (solution.id, step) for step in solution.steps}
    return found


def _compared(before: Runbook, after: Runbook, old: Found, new: Found) -> Iterator[Edit]:
    for name, (section, step) in old.items():
        if name not in new:
            words = f"{_called(section, step)}{_marks(step)}"
            danger = step.mutates or step.danger is not Danger.NONE or bool(_undoes(before, name))
            yield Edit(kind=EditKind.REMOVED, part=PART, what=words, before=_commands(before, step), danger=danger)
    for name, (section, step) in new.items():
        if name not in old:
            danger = step.mutates or step.danger is not Danger.NONE
            yield Edit(
                kind=EditKind.ADDED,
                part=PART,
                what=f"{_called(section, step)}{_marks(step)}",
                after=_commands(after, step),
                danger=danger,
            )
            continue
        earlier, one = old[name]
        if earlier != section:
            yield Edit(
                kind=EditKind.MOVED,
                part=PART,
                what=_called(section, step),
                before=f"in {earlier}",
                after=f"in {section}",
            )
        yield from _of_step(before, after, one, step, section)
    yield from _orders(old, new)


def _orders(old: Found, new: Found) -> Iterator[Edit]:
    """Steps that stand elsewhere among those of their section."""
    for section in dict.fromkeys(section for section, _ in new.values()):
        earlier = [name for name, (one, _) in old.items() if one == section]
        later = [name for name, (one, _) in new.items() if one == section]
        for name in moved_in(earlier, later):
            words = place_words(earlier, later, name)
            called = _called(section, new[name][1])
            yield Edit(kind=EditKind.MOVED, part=PART, what=called, before=words[0], after=words[1])


def _called(section: str, step: Step) -> str:
    return f'{section}/{step.id} "{step.title}"'


def _marks(step: Step) -> str:
    """What a step that came or went is, where it is not harmless."""
    marks = [
        "changes production" if step.mutates else "",
        str(step.danger) if step.danger is not Danger.NONE else "",
        "point of no return" if step.point_of_no_return else "",
    ]
    found = ", ".join(filter(None, marks))
    return f" ({found})" if found else ""


def _undoes(runbook: Runbook, name: str) -> list[str]:
    """The steps that a step undoes."""
    return [step.id for section in runbook.sections for step in section.steps if name in step.undo]


def _commands(runbook: Runbook, step: Step) -> str:
    return "\n".join(_doing(runbook, action) for action in step.actions)


def _of_step(before: Runbook, after: Runbook, old: Step, new: Step, section: str) -> Iterator[Edit]:
    if old == new:
        return
    called = _called(section, new)
    if old.title != new.title:
        yield _changed(called, "title", old.title, new.title)
    for key, was, later in _fields(old, new, _SAME_NAME):
        yield _changed(called, _LABELS.get(key, key), was, later, key in GUARDS)
    yield from _of_actions(before, after, old, new, called)


def _fields(old: Step | Action, new: Step | Action, but: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """The fields that are not the same in two things of a kind, with what each has."""
    for key in old.__struct_fields__:
        was, later = getattr(old, key), getattr(new, key)
        if was != later and key not in but:
            yield key, _shown(was), _shown(later)


def _shown(value: object) -> str:
    return (value.run or "") if isinstance(value, Action) else shown(msgspec.to_builtins(value))


def _changed(what: str, field: str, before: str, after: str, danger: bool = False) -> Edit:
    return Edit(kind=EditKind.CHANGED, part=PART, what=what, field=field, before=before, after=after, danger=danger)


def _of_actions(before: Runbook, after: Runbook, old: Step, new: Step, called: str) -> Iterator[Edit]:
    """What is done otherwise: actions that did not change keep the others apart."""
    one, other = ([msgspec.json.encode(action) for action in step.actions] for step in (old, new))
    for tag, first, last, begin, end in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        was, later = old.actions[first:last], new.actions[begin:end]
        many = len(old.actions) > 1 or len(new.actions) > 1
        for place in range(max(len(was), len(later))):
            if place < len(was) and place < len(later) and was[place].kind == later[place].kind:
                number = f" {begin + place + 1}" if many else ""
                yield from _of_action(before, after, was[place], later[place], called, number)
                continue
            for kind, actions, of in ((EditKind.REMOVED, was, before), (EditKind.ADDED, later, after)):
                if place < len(actions):
                    words = _doing(of, actions[place])
                    gone = kind is EditKind.REMOVED
                    yield Edit(
                        kind=kind,
                        part=PART,
                        what=called,
                        field=_kind(actions[place]),
                        before=words if gone else "",
                        after="" if gone else words,
                    )


def _of_action(before: Runbook, after: Runbook, old: Action, new: Action, called: str, number: str) -> Iterator[Edit]:
    if _text(old) != _text(new):
        yield _changed(called, f"{_kind(new)}{number}", _text(old), _text(new))
    hosts = host_named(before, old.on), host_named(after, new.on)
    if hosts[0] != hosts[1]:
        yield _changed(called, f"host of {_kind(new)}{number}", *hosts, danger=True)
    for key, was, later in _fields(old, new, _OTHERWISE):
        field = f"{_LABELS.get(key, key)} of {_kind(new)}{number}"
        yield _changed(called, field, was, later, key in GUARDS_OF_ACTIONS)
    yield from _of_expectations(old, new, called, f"{_kind(new)}{number}")


def _of_expectations(old: Action, new: Action, called: str, action: str) -> Iterator[Edit]:
    """What is expected no more is less guarded, and so is what is only warned of."""
    if old.expect == new.expect:
        return
    was, later = expectations(old.expect), expectations(new.expect)
    field = f"expectation of {action}"
    gone, came = [line for line in was if line not in later], [line for line in later if line not in was]
    if gone and came:
        yield _changed(called, field, "; ".join(gone), "; ".join(came), danger=True)
    elif gone:
        before = "; ".join(gone)
        kind = EditKind.REMOVED
        yield Edit(kind=kind, part=PART, what=called, field=field, before=before, danger=True)
    elif came:
        after = "; ".join(came)
        yield Edit(kind=EditKind.ADDED, part=PART, what=called, field=field, after=after)
    if sorted(was) == sorted(later):
        old_words, new_words = (shown(msgspec.to_builtins(one.expect)) for one in (old, new))
        yield _changed(called, field, old_words, new_words)


def _kind(action: Action) -> str:
    return {"run": "command", "manual": "work by hand", "ask": "question", "interactive": "terminal"}.get(
        action.kind, action.kind
    )


def _text(action: Action) -> str:
    """What an action does, as it is written."""
    if action.run is not None:
        return action.run
    return shown(msgspec.to_builtins(getattr(action, action.kind))) if action.kind else ""


def _doing(runbook: Runbook, action: Action) -> str:
    """What an action does, and where."""
    if action.run is None:
        return asked_words(runbook, action) if action.probe else f"{_kind(action)}: {_text(action)}"
    return f"{host_named(runbook, action.on)}$ {script_of(action)}"
