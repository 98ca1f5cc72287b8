"""Changes the runbook's steps, monitors and triggers one thing at a time, as somebody may who has no document."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from tests.support.runbooks.seed import Thing
from tui.runbook.model import Action, Expect, Monitor, Number, Step, Trigger

BOUNDS = ("below", "above", "at_most", "at_least")
OTHERWISE = {"run": "true", "ask": "What?", "send": "other", "open": "https://example.org/"}


def without(thing: Thing, part: str, value: str) -> Thing:
    """The thing with a value taken out of a part, wherever it stands in it."""
    bags = [{**bag, part: tuple(one.replace(value, "") for one in bag.get(part, ()))} for bag in thing.bags]
    return Thing(thing.source, tuple(bags))


def changed_steps(step: Step) -> Iterator[tuple[str, Action, Step]]:
    """The step with another action in the place of one, or without one of its expectations."""
    for place, action in enumerate(step.actions):
        for what, other in (*_otherwise(action), *_unexpected(action)):
            yield f"{step.id}: {what}", action, _with(step, place, other)


def moved_bounds(step: Step) -> Iterator[tuple[str, Step]]:
    """The step with each bound of its numbers moved a little."""
    for place, action in enumerate(step.actions):
        yield from ((what, _with(step, place, other)) for what, other in _bounds(action))


def _with(step: Step, place: int, action: Action) -> Step:
    return replace(step, actions=(*step.actions[:place], action, *step.actions[place + 1 :]))


def _otherwise(action: Action) -> Iterator[tuple[str, Action]]:
    for field, other in OTHERWISE.items():
        if getattr(action, field) is not None:
            yield f"does something else than {getattr(action, field)}", replace(action, **{field: other})
    if action.probe is not None:
        other_probe = replace(action.probe, service="server", check="clock", given={})
        yield f"asks something else than {action.probe.service}", replace(action, probe=other_probe)


def _unexpected(action: Action) -> Iterator[tuple[str, Action]]:
    for field in ("exit", "contains", "absent", "matches", "misses", "empty", "json", "numbers", "http", "choice"):
        if (given := getattr(action.expect, field)) != getattr(Expect(), field):
            expect = replace(action.expect, **{field: getattr(Expect(), field)})
            yield f"does not expect {field} {given}", replace(action, expect=expect)


def _bounds(action: Action) -> Iterator[tuple[str, Action]]:
    for place, number in enumerate(action.expect.numbers):
        for what, other in changed_numbers(number):
            numbers = (*action.expect.numbers[:place], other, *action.expect.numbers[place + 1 :])
            expect = replace(action.expect, numbers=numbers)
            yield what, replace(action, expect=expect)


def changed_numbers(number: Number) -> Iterator[tuple[str, Number]]:
    """The number with each of its bounds moved a little."""
    for field in BOUNDS:
        if (bound := getattr(number, field)) is not None:
            yield f"{number.name} {field} {bound:g}", replace(number, **{field: bound + 0.1})


def changed_monitors(monitor: Monitor) -> Iterator[tuple[str, Monitor]]:
    """The monitor with each of its bounds moved a little."""
    for what, number in changed_numbers(monitor.number):
        yield f"{monitor.title}: {what}", replace(monitor, number=number)


def changed_triggers(trigger: Trigger) -> Iterator[tuple[str, Trigger]]:
    """The trigger with another bound, another time or another reason."""
    others: dict[str, Any] = {"above": (trigger.above or 0) + 0.1, "lasting": "6m", "reason": "security"}
    for field, other in others.items():
        yield f"{trigger.monitor}: {field}", replace(trigger, **{field: other})
