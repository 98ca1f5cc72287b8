"""Decides which solutions of a known trouble apply to a session: only where the runbook's own conditions say so."""

from tui.runbook.facts import holds, may_hold, why_not
from tui.runbook.model import Issue, Section, Solution
from tui.session.state import SessionState

LIKELY = "likely"
METHOD = "method"


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
    return why_not(Section(id=step.id, title="", steps=()), step, state.facts)
