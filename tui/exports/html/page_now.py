"""Says on the page of a session that is not over which step is done now: what its reader on a phone asks first."""

from collections.abc import Iterator

from tui.exports.html.page_timeline import linked
from tui.exports.html.tags import Child, Html, joined, tag
from tui.exports.source import Source
from tui.runbook.templates.variables import worded
from tui.session.approval.approved import waiting_approvals
from tui.session.state import Attempt, SessionState, StepStatus, action_then, step_by_id
from tui.session.views.called import over, status_sign, status_word


def now_part(source: Source) -> Html | None:
    """The commands that run and since when, else the step that is next and what it waits for; None once it is over."""
    if over(source.state):
        return None
    lines = list(_running(source.state)) or list(_next(source.state))
    return joined(tag("p", line, class_="now") for line in lines)


def _running(state: SessionState) -> Iterator[Child]:
    """Each step of which something runs, once."""
    first: dict[str, Attempt] = {}
    for one in state.all_running():
        first.setdefault(one.step, one)
    for one in first.values():
        at = f" on {one.host}" if one.host else ""
        yield joined([tag("b", "Now: "), "▶ ", _what(state, one), f", running{at} since {one.started:%H:%M:%S} UTC"])


def _what(state: SessionState, attempt: Attempt) -> Child:
    step = step_by_id(state.runbook, attempt.step)
    if attempt.outside:
        return joined([linked(step.id, step.title), ": a command of the operator's own"])
    title = worded(action_then(step, attempt).title, state.facts)
    place = (
        f" ({attempt.action + 1} of {len(step.actions)}{f': {title}' if title else ''})" if attempt.action >= 0 else ""
    )
    return joined([linked(step.id, step.title), place])


def _next(state: SessionState) -> Iterator[Child]:
    step = state.next_step()
    if step is None:
        yield joined([tag("b", "Now: "), "every step is settled; the session is not closed yet"])
        return
    one = state.step(step.id)
    begun = one.status is not StepStatus.PENDING
    told = f", {status_sign(state, one)} {status_word(state, one)}" if begun else ", not begun yet"
    asked = waiting_approvals(state, state.at) if state.at else []
    if any(question.request.step == step.id for question in asked):
        told = ", ◆ waits for a second person"
    yield joined([tag("b", "Now: " if begun or asked else "Next: "), linked(step.id, step.title), told])
