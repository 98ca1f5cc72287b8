"""Decides which solutions of a known trouble apply to a session, and what comes after one of its steps."""

from collections.abc import Sequence

from msgspec import Struct

from tui.runbook.described.conditions import why_not
from tui.runbook.facts import holds, may_hold
from tui.runbook.model import Issue, Section, Solution, Step
from tui.session.state import SessionState

LIKELY = "likely"
METHOD = "method"


class AfterTried(Struct, frozen=True):
    """What comes after a step of a known trouble that is done: another `step`, or none: back to the session's own.

    `chosen` is whether nobody has to choose first: the step is the next of the same solution, or of the likely one.
    """

    step: Step | None = None
    chosen: bool = True


def after_tried(state: SessionState, step: Step) -> AfterTried:
    """What comes after a step of a known trouble: the rest of its part; after the finding out a solution.

    What failed before counts as left: what was done since may have been what it needed.
    """
    for issue in state.runbook.troubleshooting:
        for part in (issue.diagnosis, *(solution.steps for solution in issue.solutions)):
            places = [one.id for one in part]
            if step.id not in places:
                continue
            at = places.index(step.id)
            if left := _left(state, (*part[at + 1 :], *part[:at])):
                return AfterTried(left[0])
            return _after_finding_out(state, issue) if part is issue.diagnosis else AfterTried()
    return AfterTried()


def _after_finding_out(state: SessionState, issue: Issue) -> AfterTried:
    likely = likely_solution(state, issue)
    allowed = [solution for solution in issue.solutions if not solution.forbidden]
    for solution in sorted(allowed, key=lambda one: one.id != likely):
        if left := _left(state, solution.steps):
            return AfterTried(left[0], chosen=solution.id == likely)
    return AfterTried()


def _left(state: SessionState, steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if may_hold(step.when, state.facts) and not state.step(step.id).status.settled]


def likely_solution(state: SessionState, issue: Issue) -> str:
    """The id of the solution that the session's facts decide for; empty where the runbook leaves it open.

    It is the only one that they do not rule out, and a condition of one of its own steps holds. `when` of a solution
    is words for people: it decides nothing.
    """
    allowed = [solution for solution in issue.solutions if not solution.forbidden]
    left = [solution for solution in allowed if not why_ruled_out(state, solution)]
    if len(left) != 1 or len(left) == len(allowed):
        return ""
    decided = any(step.when and holds(step.when, state.facts) for step in left[0].steps)
    return left[0].id if decided else ""


def why_ruled_out(state: SessionState, solution: Solution) -> str:
    """Why none of a solution's steps can be run in this session, in words; empty where one can, or it has none."""
    if not solution.steps or any(may_hold(step.when, state.facts) for step in solution.steps):
        return ""
    others = [step.when.get(METHOD, ()) for step in solution.steps]
    methods = [name for one in others for name in ((one,) if isinstance(one, str) else one)]
    if all(others) and state.facts.get(METHOD) not in methods:
        known = state.runbook.methods
        titles = [known[name].title if name in known else name for name in dict.fromkeys(methods)]
        return f"only by {' or '.join(titles)}"
    step = solution.steps[0]
    return why_not(state.runbook, Section(id=step.id, title="", steps=()), step, state.facts)
