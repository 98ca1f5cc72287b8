"""Decides what a rollback is measured by: its clock, how far its plan is, and when people hear news of it."""

from datetime import datetime, timedelta

from msgspec import Struct

from tui.runbook.model import seconds
from tui.session.state import SessionState, StepStatus
from tui.session.views.rollback import Need, PlannedStep, expected_seconds, rollback_plan
from tui.session.views.usual import step_seconds
from tui.text.amounts import clock_words, guessed
from tui.text.block import Piece
from tui.widgets.glyphs import NEEDS, OVER, STYLES
from tui.widgets.moment import Moment, current_step, spent

WORDS = {
    Need.NEEDED: "needed",
    Need.LOOK: "to check first",
    Need.DEPENDS: "to decide",
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


def elapsed_words(moment: Moment) -> str:
    """What the clock shows: whole seconds gone, and once it has ended how long it took, as its summary has it."""
    elapsed = clock(moment).elapsed
    return clock_words(elapsed if moment.state.rollback_finished_at is None else round(elapsed))


def rollback_clock(moment: Moment) -> list[Piece]:
    """The rollback's clock in a few words, where its own large one does not show."""
    time = clock(moment)
    gone = (elapsed_words(moment), STYLES["bad"] if time.over else "bold")
    return [("rollback ", "$soft"), gone, (f" of {clock_words(time.budget)}" if time.budget else "", "$soft")]


def to_go(moment: Moment) -> float:
    """How many seconds what is left of the plan takes, less what the running step has taken of its own time."""
    state = moment.state
    plan = rollback_plan(state)
    total = expected_seconds(plan, state, moment.usual)
    running = next((one.step for one in plan if one.step.id == current_step(state)), None)
    if running is not None and state.step(running.id).attempts:
        total -= min(step_seconds(state.runbook, running, moment.usual), spent(state, running, moment.now).took)
    return max(0.0, total)


def wanted_steps(state: SessionState) -> tuple[int, int]:
    """How many steps of the plan are settled, of how many that are not ruled out: what was done before that counts."""
    known = [(one.need, state.step(one.step.id).status) for one in rollback_plan(state)]
    ruled_out = (StepStatus.PENDING, StepStatus.NOT_NEEDED)
    wanted = [status for need, status in known if need is not Need.NOT_NEEDED or status not in ruled_out]
    return sum(status.settled for status in wanted), len(wanted)


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


def plan_lines(state: SessionState, flow: str) -> tuple[str, list[str]]:
    """The plan as the question whether to roll back shows it: how much there is, and what it changes, a line each."""
    plan = [one for one in rollback_plan(state, flow) if one.need is not Need.NOT_NEEDED]
    counts = [(sum(one.need is need for one in plan), need) for need in WORDS]
    words = ", ".join(f"{count} {WORDS[need]}" for count, need in counts if count)
    allowed = seconds(state.runbook.flows[flow].budget)
    takes, of = expected_seconds(plan, state), f" of {clock_words(allowed)}" if allowed else ""
    late = f", {OVER} {clock_words(takes - allowed)} too long" if 0 < allowed < takes else ""
    titles = [f"  {NEEDS[one.need]} {one.step.title}{_beside(one)}" for one in plan if one.step.mutates]
    return f"Steps: {words}; {guessed(takes)}{of}{late}.", titles


def _beside(one: PlannedStep) -> str:
    return f" ({one.need.value})" if one.need is not Need.NEEDED else ""
