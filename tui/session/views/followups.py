"""Says which tasks a session left behind, when each is due, and which are done."""

from datetime import datetime, timedelta

from tui.runbook.model import FlowKind, seconds
from tui.session.listed.values import Due as Due
from tui.session.places import environment_of, runbook_id
from tui.session.state import SessionState
from tui.session.views.called import COMPLETED, over, over_at


def followups(state: SessionState, end: datetime | None = None) -> list[Due]:
    """The follow-ups of a session, the first due first.

    They are owed by a deployment that was completed: one that was rolled back or abandoned left nothing to look after,
    and any other flow changed nothing. Those of a drill are included: a list of follow-ups marks them.

    Args:
        end: when it ended; only a session that is still open needs it.
    """
    ended = over_at(state) or end
    started = state.started
    if started is None or ended is None:
        return []
    if state.runbook.flows[started.flow].kind.offered_as is not FlowKind.DEPLOY:
        return []
    if state.rollback is not None or (state.finished is not None and state.finished.result != COMPLETED):
        return []
    found = [
        Due(
            session=started.session,
            runbook=state.runbook.runbook.title,
            of=runbook_id(state.runbook),
            environment=environment_of(state),
            followup=followup,
            due=ended + timedelta(seconds=seconds(followup.within)),
            done=state.followups.get(followup.id),
        )
        for followup in state.runbook.followups
    ]
    return sorted(found, key=lambda one: one.due)


def left(state: SessionState) -> list[Due]:
    """The follow-ups of a session that is over that nobody has done yet."""
    return [followup for followup in followups(state) if followup.done is None] if over(state) else []
