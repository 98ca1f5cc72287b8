"""How many keys a runbook's flow takes: enter on every step, a key for each answer, a typed word as one.

Read-only checks in a row of a section are made at once by two keys (make them, leave their table), as the operator of
the tests does it: test_drill_by_keys plays a deployment so and counts the same.
"""

from collections.abc import Iterator, Mapping

from tests.support.screens.operator import SEVERAL
from tui.runbook.facts import may_hold
from tui.runbook.model import Action, AnswerKind, Approval, Danger, Runbook, Section, Signoff, Step

SET_UP = 4
"""From the first screen: begin the set-up, choose a method by two keys, begin the session."""


ROLL_BACK = 3
"""ctrl+r, down and enter for its reason."""


def keys_of_step(step: Step, asked_first: bool = False) -> int:
    """Start and allow it, answer, send, sign; a page is opened on the way.

    Args:
        asked_first: the second person answers elsewhere, and one more key starts the step; else they type a name.
    """
    found = 1
    if step.danger is Danger.DESTRUCTIVE:
        found += 2 + (1 if asked_first else 2) * (step.approve is not Approval.NONE)  # the host's name, the second one
    elif step.mutates:
        found += 1
    for place, action in enumerate(step.actions):
        if not action.automatic:
            found += _answering(action) + (place > 0 and step.actions[place - 1].automatic)
    return found + 2 * (step.signoff in (Signoff.OPERATOR, Signoff.TWO_PERSON))


def _answering(action: Action) -> int:
    if action.open:
        return 0
    return 2 if action.ask and action.answer is not AnswerKind.YES_NO else 1


def keys_of(runbook: Runbook, flow: str, method: str, asked_first: bool = False) -> int:
    """The keys of a whole flow by one method, where every check is good, from the first screen on."""
    wanted = _sections(runbook, flow, method)
    return SET_UP + sum(keys for section in wanted for keys in _keys_of_section(section, method, asked_first))


def keys_of_rollback(
    runbook: Runbook, flow: str, method: str, facts: Mapping[str, str], asked_first: bool = False
) -> int:
    """The keys of a whole rollback, step by step: from any screen ctrl+r and its reason, and what the facts leave.

    Args:
        facts: what the rollback captures and its questions are answered with.
    """
    known = {"method": method, **facts}
    steps = [step for section in _sections(runbook, flow, method) for step in section.steps]
    wanted = [step for step in steps if may_hold(step.when, known) and may_hold(step.needed_if, known)]
    return ROLL_BACK + sum(keys_of_step(step, asked_first) for step in wanted)


def _sections(runbook: Runbook, flow: str, method: str) -> list[Section]:
    found = [runbook.section(name) for name in runbook.flows[flow].sections]
    return [one for one in found if one.when.get("method", method) == method]


def _keys_of_section(section: Section, method: str, asked_first: bool) -> Iterator[int]:
    steps = [step for step in section.steps if step.when.get("method", method) == method]
    while steps:
        changes = next((place for place, step in enumerate(steps) if step.mutates), len(steps))
        checks = [step for step in steps[:changes] if all(one.automatic for one in step.actions)]
        if len(checks) >= SEVERAL:
            yield 2 + sum(keys_of_step(step, asked_first) - 1 for step in checks)
            steps = [step for step in steps if step not in checks]
        else:
            yield keys_of_step(steps.pop(0), asked_first)


def letters_of(runbook: Runbook, flow: str, method: str, host: str, second: str) -> int:
    """How many more keys it takes where each letter of the two typed words counts."""
    typed = [
        step
        for section in _sections(runbook, flow, method)
        for step in section.steps
        if step.when.get("method", method) == method and step.danger is Danger.DESTRUCTIVE
    ]
    return sum(len(host) - 1 + (len(second) - 1) * (step.approve is not Approval.NONE) for step in typed)
