"""Says which settled steps became wrong by an answer, a value or a step done again, and are to be done after all."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from tui.runbook.model import Step
from tui.session.doubts import checked_by, deploys, last_change, plan_now, restart_since
from tui.session.marks import last_done
from tui.session.rollback import left_out
from tui.session.state import SessionState, StepStatus


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


def _reopenings(state: SessionState, steps: list[Step]) -> Iterator[Reopening]:
    out = left_out(state, steps, afresh=True)
    changed = last_change(state, steps)
    for place, step in enumerate(steps):
        status = state.step(step.id).status
        if status is StepStatus.NOT_NEEDED:
            if step.id not in out:
                yield Reopening(step.id, f"it applies now; before: {state.step(step.id).reason}")
        elif status in (StepStatus.SIGNED, StepStatus.PASSED):
            reason = _taken_back(state, steps, place, out) or _done_again(state, steps, place, changed)
            reason = reason or _restarted(state, step, changed)
            if reason:
                yield Reopening(step.id, reason)


def _restarted(state: SessionState, step: Step, changed: int) -> str:
    """Why a check no longer counts: its host was restarted since, and nothing was changed between check and restart.

    What was checked before a later change is asked again with the change it belongs to (`doubts.checks_of`): the
    later one may have meant to make it untrue. Nor is one from before the first change: the site as it was is gone.
    """
    if step.mutates or not any(action.automatic for action in step.actions):
        return ""
    restart = restart_since(state, step)
    if restart is None or not last_done(state, step) > changed >= 0:
        return ""
    return f"its host was restarted after it was checked ({restart.at:%H:%M:%S} UTC)"


def _taken_back(state: SessionState, steps: list[Step], place: int, out: Mapping[str, str]) -> str:
    """Why a step's work is gone and wanted again: a later one took it back, and a change comes before that one."""
    step = steps[place]
    for later in range(place + 1, len(steps)):
        undoer = steps[later]
        if undoer.id in step.undo and last_done(state, undoer) > state.step(step.id).signed_seq >= 0:
            changes = (one for one in steps[place + 1 : later] if one.mutates and one.id not in out)
            between = next((one for one in changes if not state.step(one.id).status.settled), None)
            if between is not None:
                return f"{undoer.title} took it back, and {between.title} comes before that"
    return ""


def _done_again(state: SessionState, steps: list[Step], place: int, changed: int) -> str:
    """Why a step was done too early: what it takes back, or checks, is done again after it.

    A check of something else, from before a later change, is not made again: it could fail for what was meant to be
    changed, or take what is there now for what was there before.
    """
    step = steps[place]
    since = last_done(state, step)
    checks = not step.mutates and any(action.automatic for action in step.actions)
    for earlier in steps[:place]:
        now = state.step(earlier.id)
        if now.status in (StepStatus.NOT_NEEDED, StepStatus.SKIPPED) or not earlier.mutates:
            continue
        reopened = now.reopened_seq > since
        nothing_since = since > changed and deploys(state.runbook, earlier)
        if reopened and checks and (nothing_since or step in checked_by(state, earlier)):
            return f"it was checked before: {earlier.title}"
        if step.id in earlier.undo and (reopened or last_done(state, earlier) > since):
            return f"it is done after: {earlier.title}"
    return ""
