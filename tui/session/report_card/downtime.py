"""Says how long users were cut off: from the command that cut them off to the first answer that shows it is over."""

from datetime import datetime, timedelta

from tui.once import once
from tui.runbook.index import index_of
from tui.runbook.model import Cut, FlowKind, seconds
from tui.session.listed.values import Downtime as Downtime
from tui.session.listed.values import Outage as Outage
from tui.session.state import LOOK, Attempt, SessionState, action_then


def downtime(state: SessionState, now: datetime | None) -> Downtime:
    """The downtime of a session until now, or until its end.

    A runbook that marks no command says nothing of it; nor does a rollback that stands alone and cut nobody off, which
    cannot know since when nobody was served.
    """
    steps = index_of(state.runbook).steps.values()
    flow = state.runbook.flows.get(state.started.flow) if state.started else None
    outages = outages_of(state)
    alone = flow is not None and flow.kind is FlowKind.ROLLBACK
    if not any(action.downtime is Cut.BEGINS for step in steps for action in step.actions) or (alone and not outages):
        return Downtime(known=False)
    until = now or state.at
    lengths = ((outage.ended or until or outage.began) - outage.began for outage in outages)
    return Downtime(
        known=True,
        seconds=round(sum((max(length, timedelta()).total_seconds() for length in lengths), 0.0), 3),
        sure=all(outage.sure for outage in outages),
        since=next((outage.began for outage in outages if outage.ended is None), None),
        planned=seconds(flow.downtime) if flow else 0.0,
        outages=outages,
    )


@once
def outages_of(state: SessionState) -> tuple[Outage, ...]:
    """When users were cut off, in order; nothing where no marked command ran."""
    found: list[Outage] = []
    down: Outage | None = None
    for _, attempt in sorted(state.attempts.items()):
        mark = _mark(state, attempt)
        if down is None and mark is Cut.BEGINS and not attempt.again and not attempt.never_started:
            down = Outage(attempt.started, sure=attempt.good)
        elif down is not None and mark is Cut.ENDS and attempt.good and attempt.seconds is not None:
            found.append(Outage(down.began, attempt.started + timedelta(seconds=attempt.seconds), down.sure))
            down = None
    return (*found, down) if down else tuple(found)


def _mark(state: SessionState, attempt: Attempt) -> Cut:
    """What the runbook says of an attempt's action."""
    step = index_of(state.runbook).steps.get(attempt.step)
    return Cut.NONE if step is None or attempt.action == LOOK else action_then(step, attempt).downtime
