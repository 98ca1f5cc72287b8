"""Says which steps may run at once: those that need nothing another of them captures."""

from collections.abc import Sequence

from tui.runbook.model import Step
from tui.runbook.templates.variables import names
from tui.runbook.walk import texts_of


def waves(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps in groups, each of which needs only what the groups before it capture; the order within is kept.

    A step that is to be made alone is a group of its own, after those that need no more than it does.
    """
    placed: list[tuple[Step, int]] = []
    for step in steps:
        needed = _needed(step)
        after = [level for other, level in placed if needed & _captured(other)]
        placed.append((step, max(after, default=-1) + 1))
    count = max((level for _, level in placed), default=-1) + 1
    groups: list[list[Step]] = []
    for wave in range(count):
        members = [step for step, level in placed if level == wave]
        groups.append([step for step in members if not step.alone])
        groups += [[step] for step in members if step.alone]
    return [group for group in groups if group]


def _captured(step: Step) -> set[str]:
    return {name for action in step.actions for name in action.capture}


def _needed(step: Step) -> set[str]:
    found = set(step.when) | set(step.needed_if)
    for action in step.actions:
        found |= set(action.secrets) | {name for *_, text in texts_of(action) for name in names(text)}
        if action.probe is not None:
            found |= {value for value in action.probe.given.values() if isinstance(value, str)}
    return found - _captured(step)
