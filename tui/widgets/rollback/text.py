"""Decides what the rollback screen says beyond the run screen: the clock, the plan, and when people hear news."""

from datetime import datetime, timedelta

from msgspec import Struct

from tui.runbook.model import seconds
from tui.session.state import SessionState, StepStatus
from tui.session.views.rollback import Need, PlannedStep, expected_seconds, rollback_plan
from tui.text.amounts import clock_words, guessed
from tui.text.block import Piece
from tui.widgets.glyphs import NEEDS, OVER, STYLES
from tui.widgets.moment import Moment
from tui.widgets.step.text import KEY, LABEL

URGENT = timedelta(seconds=30)
"""So long before a status update is due it is announced."""


WORDS = {
    Need.NEEDED: "needed",
    Need.LOOK: "to check first",
    Need.DEPENDS: "to decide",
    Need.NOT_NEEDED: "not needed",
}
"""What a count of such steps is followed by."""


class RollbackTime(Struct, frozen=True):
    """How long the rollback has taken, and how long it may take; both in seconds."""

    elapsed: float
    budget: float

    @property
    def over(self) -> bool:
        """Whether it takes longer than the runbook allows."""
        return self.elapsed > self.budget > 0


def clock(moment: Moment) -> RollbackTime:
    """The rollback's clock: from the decision to the end of its last step."""
    state = moment.state
    flow = state.runbook.flows[state.flow]
    began = state.rollback_at
    elapsed = ((state.rollback_finished_at or moment.now) - began).total_seconds() if began else 0.0
    return RollbackTime(max(0.0, elapsed), seconds(flow.budget))


def head_lines(moment: Moment) -> list[list[Piece]]:
    """The three lines beside the clock: the time left, how far the plan is, and the next status update."""
    return [_time_line(moment), _plan_line(moment.state), _update_line(moment)]


def _time_line(moment: Moment) -> list[Piece]:
    state, time = moment.state, clock(moment)
    pieces: list[Piece] = []
    if time.budget:
        pieces.append((f"of {clock_words(time.budget)} ", LABEL))
    if state.rollback_finished_at is not None:
        pieces.append(("✔ rolled back", STYLES["good"]))
    elif time.over:
        pieces.append((f"{OVER} {clock_words(time.elapsed - time.budget)} over", STYLES["bad"]))
    elif time.budget:
        pieces.append((f"{clock_words(time.budget - time.elapsed)} left", "bold"))
    more = expected_seconds(rollback_plan(state), state, moment.usual)
    if more and state.rollback_finished_at is None:
        late = time.budget and time.elapsed + more > time.budget
        pieces.append((f"  {guessed(more)} to go", STYLES["turn"] if late else ""))
    if state.rollback:
        pieces += [("  because ", LABEL), (state.rollback.reason, "")]
    return pieces


def _plan_line(state: SessionState) -> list[Piece]:
    plan = rollback_plan(state)
    wanted = [one for one in plan if one.need is not Need.NOT_NEEDED]
    done = sum(state.step(one.step.id).status.settled for one in wanted)
    pieces: list[Piece] = [(f"{done} of {len(wanted)}", "bold"), (" steps done", "")]
    for need in (Need.LOOK, Need.DEPENDS, Need.NOT_NEEDED):
        count = sum(one.need is need for one in plan)
        if count:
            pieces.append((f"  {NEEDS[need]} {count} {WORDS[need]}", ""))
    return pieces


def update_due(state: SessionState) -> datetime | None:
    """When people are to hear the next news; none where the runbook promises none, or the rollback is over."""
    flow = state.runbook.flows.get(state.flow)
    if flow is None or not flow.update or state.rollback_at is None or state.rollback_finished_at is not None:
        return None
    said = [at for at in state.sent_at.values() if at >= state.rollback_at]
    return max([state.rollback_at, *said]) + timedelta(seconds=seconds(flow.update_every))


def update_overdue(moment: Moment) -> float:
    """For how many seconds the status update has been due; 0 where it is not."""
    due = update_due(moment.state)
    return max(0.0, (moment.now - due).total_seconds()) if due else 0.0


def _update_line(moment: Moment) -> list[Piece]:
    if moment.state.rollback_finished_at is not None:
        return [(f" {moment.keys.of('next')} ", KEY), (" shows the summary", "")]
    due = update_due(moment.state)
    if due is None:
        return [("", "")]
    late = update_overdue(moment)
    left = (due - moment.now).total_seconds()
    if late:
        words: Piece = (f"{OVER} status update overdue by {clock_words(late)}", STYLES["bad"])
    elif left <= URGENT.total_seconds():
        words = (f"! status update due in {clock_words(left)}", STYLES["turn"])
    else:
        words = (f"next status update in {clock_words(left)}", "")
    return [words, ("  ", ""), (f" {moment.keys.of('rollback.update')} ", KEY), (" write it", "")]


def need_of(state: SessionState, step_id: str) -> PlannedStep | None:
    """What the plan says of a rollback step that nothing was done about yet; none of any other."""
    if state.step(step_id).status is not StepStatus.PENDING or not (state.rollback or state.flow):
        return None
    return next((planned for planned in rollback_plan(state) if planned.step.id == step_id), None)


def plan_lines(state: SessionState, flow: str) -> tuple[str, list[str]]:
    """The plan as the question whether to roll back shows it: how much there is, and what it changes, a line each."""
    plan = rollback_plan(state, flow)
    counts = [(sum(one.need is need for one in plan), need) for need in Need]
    words = ", ".join(f"{count} {WORDS[need]}" for count, need in counts if count)
    changes = [one for one in plan if one.need is not Need.NOT_NEEDED and one.step.mutates]
    titles = [f"  {NEEDS[change.need]} {change.step.title}" for change in changes]
    return f"Steps: {words}; {guessed(expected_seconds(plan, state))}.", titles
