"""Says which settled steps became wrong by an answer, a value or a step done again, and are to be done after all."""

from collections.abc import Iterator

from msgspec import Struct

from tui.runbook.index import Plan, index_of
from tui.runbook.model import Step
from tui.session.state import SessionState, StepStatus, plan_now
from tui.session.views.doubts import checked_by, deploys, last_change, restart_since
from tui.session.views.marks import as_of, last_done
from tui.session.views.rollback import why_left_out


class Reopening(Struct, frozen=True):
    """A step that is to be done again, and why."""

    step: str
    reason: str


def next_reopening(state: SessionState) -> Reopening | None:
    """The first step, in the order of the plan, that became wrong; None where the plan still fits what is known.

    A step left out that applies by now is to be done. One whose work a later step took back is done again where
    something is to be changed before that later step, and so is the step that takes back what is done again. Checks
    made before a change that is done again no longer count. What a person skipped stays skipped.
    """
    if state.started is None or state.finished is not None:
        return None
    return next(_reopenings(state, plan_now(state)), None)


def _reopenings(state: SessionState, plan: Plan) -> Iterator[Reopening]:
    undoing = index_of(state.runbook).undoing
    reopened: list[Step] = []
    """The steps passed so far that were reopened at some time, and so what checked or undid them may be too old."""
    for place in sorted(place for name in state.steps if (place := plan.place(name)) >= 0):
        step = plan.steps[place][1]
        step_state = state.step(step.id)
        if step_state.status is StepStatus.NOT_NEEDED:
            if not why_left_out(state, step, afresh=True):
                yield Reopening(step.id, f"it applies now; before: {step_state.reason}")
        elif step_state.status in (StepStatus.SIGNED, StepStatus.PASSED) and (
            step.undo or step.id in undoing or reopened or state.restarts
        ):
            reason = _taken_back(state, plan, step) or _done_again(state, plan, step, reopened)
            reason = reason or _restarted(state, step)
            if reason:
                yield Reopening(step.id, reason)
        if step_state.reopened_seq >= 0:
            reopened.append(step)


def _restarted(state: SessionState, step: Step) -> str:
    """Why a check no longer counts: its host was restarted since, and nothing was changed between check and restart.

    What was checked before a later change is asked again with the change it belongs to (`doubts.checks_of`): the
    later one may have meant to make it untrue. Nor is one from before the first change: the site as it was is gone.
    """
    if not state.restarts or step.mutates or not any(action.automatic for action in step.actions):
        return ""
    restart = restart_since(state, step)
    changed = last_change(state)
    if restart is None or not last_done(state, step) > changed >= 0:
        return ""
    return f"its host was restarted after it was checked ({restart.at:%H:%M:%S} UTC)"


def _taken_back(state: SessionState, plan: Plan, step: Step) -> str:
    """Why a step's work is gone and wanted again: a later one took it back, and a change comes before that one."""
    place, done = plan.place(step.id), last_done(state, step)
    begun = [undo for undo in step.undo if undo in state.steps]
    for later in sorted(at for at in map(plan.place, begun) if at > place):
        undoer = plan.steps[later][1]
        if last_done(state, undoer) > done >= 0:
            between = (one for _, one in plan.steps[place + 1 : later] if one.mutates)
            coming = (one for one in between if not state.step(one.id).status.settled)
            wanted = next((one for one in coming if not why_left_out(state, one, afresh=True)), None)
            if wanted is not None:
                return f"{undoer.title} took it back, and {wanted.title} comes before that"
    return ""


def _done_again(state: SessionState, plan: Plan, step: Step, reopened: list[Step]) -> str:
    """Why a step was done too early: what it takes back, or checks, is done again after it.

    A check of something else, from before a later change, is not made again: it could fail for what was meant to be
    changed, or take what is there now for what was there before.
    """
    place, checks = plan.place(step.id), not step.mutates and any(action.automatic for action in step.actions)
    since = as_of(state, step) if checks else last_done(state, step)
    undone = [one for one in index_of(state.runbook).undoing.get(step.id, ()) if 0 <= plan.place(one.id) < place]
    earlier = {plan.place(one.id): one for one in (*undone, *(reopened if checks else ()))}
    for at in sorted(earlier):
        one = earlier[at]
        step_state = state.step(one.id)
        if step_state.status in (StepStatus.NOT_NEEDED, StepStatus.SKIPPED) or not one.mutates:
            continue
        again = step_state.reopened_seq > since
        nothing_since = again and checks and since > last_change(state) and deploys(state.runbook, one)
        if again and checks and (nothing_since or step in checked_by(state, one)):
            return f"it was checked before: {one.title}"
        if step.id in one.undo and (again or last_done(state, one) > since):
            return f"it is done after: {one.title}"
    return ""
