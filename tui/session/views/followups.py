"""Says which tasks a session left behind, when each is due, and which are done."""

from datetime import datetime, timedelta

from msgspec import Struct

from tui.runbook.model import FlowKind, FollowUp, seconds
from tui.session.places import environment_of, runbook_id
from tui.session.state import Done, SessionState
from tui.session.views.called import COMPLETED, over, over_at
from tui.text.amounts import roughly


class Due(Struct, frozen=True, kw_only=True):
    """A follow-up of a session of the `runbook` of this title: when it is due (UTC), and who did it.

    `of` is the runbook's id, `environment` what the session's is called.
    """

    session: str
    runbook: str = ""
    of: str = ""
    environment: str = ""
    followup: FollowUp
    due: datetime
    done: Done | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.done is None and now > self.due

    def words(self, now: datetime) -> str:
        """Where it stands: overdue by 2 h 10 m, due in 40 m, done by ana."""
        if self.done is not None:
            note = f": {self.done.note}" if self.done.note else ""
            return f"done {self.done.at:%Y-%m-%d %H:%M} UTC by {self.done.operator}{note}"
        if now > self.due:
            return f"overdue by {roughly(now - self.due)}"
        if self.due - now < timedelta(seconds=1):
            return "due now"
        return f"due in {roughly(self.due - now)}"


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
