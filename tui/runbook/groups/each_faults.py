"""Checks what goes over a group host by host: that all of it can be done on each host without a person."""

from collections.abc import Iterator

from tui.runbook.groups.group_faults import asked_alike
from tui.runbook.groups.members import group_named, is_group, names_host
from tui.runbook.model import HostByHost, Runbook, Step
from tui.runbook.problem import Path, UnplacedProblem, nearest, quoted
from tui.runbook.walk import steps_of

_ONLY_EACH = ("batches", "soak")
_LIMITS = ("at_once", "stop_after")
_NOT_TOGETHER = ("when", "needed_if", "needed_with", "look", "alone", "each", "batches", "soak", *_LIMITS)
"""What a step cannot have of its own that is done host by host together with others."""


def each_faults(runbook: Runbook) -> Iterator[UnplacedProblem]:
    """Every fault of what goes over a group."""
    ids = {step.id for _, step in steps_of(runbook)}
    for place, section in enumerate(runbook.sections):
        path: Path = ("sections", place)
        yield from _over(runbook, path, section)
        if not section.each:
            for key in _LIMITS:
                if getattr(section, key) is not None:
                    yield _fault((*path, key), f'"{key}" means nothing without each', "each = the name of a group")
            continue
        if section.id in ids - {step.id for step in section.steps}:
            yield _fault((*path, "id"), f"{quoted(section.id)} is a step as well", "its steps become one, of this id")
        for number, step in enumerate(section.steps):
            yield from _together((*path, "steps", number), step)
    for path, step in steps_of(runbook):
        inside = runbook.sections[int(path[1])].each if path[0] == "sections" else ""
        yield from _over(runbook, path, step) if path[0] == "sections" else _elsewhere(path, step)
        each = step.each or inside
        if is_group(runbook, each):
            yield from _on_each(runbook, path, step, each)
        else:
            yield from _undone_alone(path, step)
            yield from _limits(runbook, path, step)
            yield from _asked_alike(runbook, path, step)


def _fault(path: Path, message: str, hint: str) -> UnplacedProblem:
    return UnplacedProblem(path=path, message=message, hint=hint)


def _over(runbook: Runbook, path: Path, part: HostByHost) -> Iterator[UnplacedProblem]:
    """What a section or step says about how it goes over a group."""
    if part.each and part.each not in runbook.hosts:
        yield _fault((*path, "each"), f"there is no host {quoted(part.each)}", nearest(part.each, runbook.hosts))
    elif part.each and not is_group(runbook, part.each):
        yield _fault((*path, "each"), f"{quoted(part.each)} is one host", "each = the name of a group")
    for key in _ONLY_EACH if not part.each else ():
        if getattr(part, key):
            yield _fault((*path, key), f'"{key}" means nothing without each', "each = the name of a group")
    if part.each and part.soak and not part.batches:
        yield _fault((*path, "soak"), "there is one batch, and nothing to soak before", 'batches = ["1", "100%"]')


def _together(path: Path, step: Step) -> Iterator[UnplacedProblem]:
    """What a step has of its own where all of the section are done host by host."""
    for key in _NOT_TOGETHER:
        if getattr(step, key):
            message = f'"{key}" cannot be one step\'s where the section goes over a group'
            yield _fault((*path, key), message, "the steps are begun and signed as one")


def _elsewhere(path: Path, step: Step) -> Iterator[UnplacedProblem]:
    for key in ("each", *_ONLY_EACH):
        if getattr(step, key):
            yield _fault((*path, key), f'"{key}" is for the steps of sections', "run one command on the group")


def _on_each(runbook: Runbook, path: Path, step: Step, each: str) -> Iterator[UnplacedProblem]:
    """What is done on each host is a command there, or a probe of it: forty questions are too many."""
    if step.look is not None and step.each:
        yield _fault((*path, "look"), "a look of a step that goes over a group is not supported", "take it out")
    for place, action in enumerate(step.actions):
        here: Path = (*path, "actions", place)
        if action.kind and group_named(runbook, action) != each:
            message = f"host by host on {quoted(each)} only commands (run) and probes on it are done"
            key = "on" if action.run is not None or (action.probe and action.on) else action.kind
            yield _fault((*here, key), message, "move it to another step")
        for key in _LIMITS:
            if getattr(action, key) is not None:
                yield _fault((*here, key), f'"{key}" is said once, where each is', f"{key} beside each")


def _limits(runbook: Runbook, path: Path, step: Step) -> Iterator[UnplacedProblem]:
    """Limits that a step has and none of its actions."""
    for key in _LIMITS:
        if getattr(step, key) is not None and not any(group_named(runbook, action) for action in step.actions):
            hint = 'on = the name of a group: "targets"'
            yield _fault((*path, key), f'"{key}" means nothing on one host', hint)


def _undone_alone(path: Path, step: Step) -> Iterator[UnplacedProblem]:
    """An action that has an undoing of its own in a step that is undone whole."""
    for place, action in enumerate(step.actions):
        if action.undo:
            message = '"undo" of one action is for what goes over a group host by host'
            yield _fault((*path, "actions", place, "undo"), message, "undo of the step")


def _asked_alike(runbook: Runbook, path: Path, step: Step) -> Iterator[UnplacedProblem]:
    """Probes that would ask the same once for every host of a group."""
    for place, action in enumerate(step.actions):
        service = runbook.services.get(action.probe.service) if action.probe else None
        group = group_named(runbook, action) if service else ""
        if action.probe is None or service is None or not group or service.through == group:
            continue
        if not names_host(service, action.probe):
            yield asked_alike((*path, "actions", place, "on"), group, action.probe)
