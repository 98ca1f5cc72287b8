"""A second person's approval in words: of each of its events, and of where it stands."""

from datetime import datetime
from typing import assert_never

from tui.session import events as ev
from tui.session.state import ApprovalStatus, SessionState, StepApproval
from tui.text.amounts import clock_words

HOW = {
    ev.AnsweredBy.KEY: "signed by key",
    ev.AnsweredBy.NAME: "by name, without a key",
    ev.AnsweredBy.DRILL: "made up by the drill",
}
"""How an answer reached the session."""
ENDED = {
    ev.WhyEnded.EXPIRED: "nobody answered in time",
    ev.WhyEnded.WITHDRAWN: "the question was withdrawn",
    ev.WhyEnded.CHANGED: "what would run is not what was asked about any more",
}
"""Why a question was closed."""


def approval_words(event: ev.ApprovalEvent) -> str:
    """What happened, in words; who did it is said beside."""
    match event:
        case ev.ApprovalRequested():
            return f"asks a second person, until {event.expires:%H:%M:%S} UTC"
        case ev.ApprovalGranted():
            return f"allowed by {event.operator} ({HOW[event.how]}){_after(event.note)}"
        case ev.ApprovalRefused():
            return f"refused by {event.operator} ({HOW[event.how]}){_after(event.note)}"
        case ev.ApprovalEnded():
            return f"does not start: {ENDED[event.why]}"
        case ev.StartedAlone():
            return f"STARTED ALONE by {event.operator}, nobody was reachable: {event.reason}"
        case _:
            assert_never(event)


def _after(note: str) -> str:
    return f": {note}" if note else ""


def open_approval(state: SessionState, step: str, now: datetime) -> StepApproval | None:
    """The question of a step that still counts: it waits, or it was answered and the step may start by it."""
    asked = state.approvals.get(step)
    if asked is None or now >= asked.request.expires:
        return None
    return asked if asked.status is ApprovalStatus.WAITING or asked.allows else None


def waiting_approvals(state: SessionState, now: datetime) -> list[StepApproval]:
    """The questions that wait for an answer now."""
    found = (open_approval(state, step, now) for step in state.approvals)
    return [asked for asked in found if asked is not None and asked.status is ApprovalStatus.WAITING]


def time_left(asked: StepApproval, now: datetime) -> str:
    """For how long the question, or the answer, still counts: 14:32."""
    return clock_words(max(0.0, (asked.request.expires - now).total_seconds()))


def became(asked: StepApproval, now: datetime) -> str:
    """What became of a question by now, in words."""
    match asked.status:
        case ApprovalStatus.GRANTED | ApprovalStatus.USED if asked.how is not None:
            return f"allowed by {asked.by} ({HOW[asked.how]})"
        case ApprovalStatus.REFUSED if asked.how is not None:
            return f"refused by {asked.by}{_after(asked.note)}"
        case ApprovalStatus.ENDED if asked.ended is not None:
            return ENDED[asked.ended]
        case ApprovalStatus.ALONE:
            return f"{asked.by} starts it alone{_after(asked.note)}"
        case ApprovalStatus.USED:
            return f"started alone by {asked.by}{_after(asked.note)}"
        case _:
            return ENDED[ev.WhyEnded.EXPIRED] if now >= asked.request.expires else asked.status.value
