"""What follows from a second person's being asked whether a step may start."""

from typing import assert_never

from msgspec.structs import replace

from tui.session import events as ev
from tui.session.state import ApprovalStatus, SessionState, StepApproval


def of_approval(event: ev.ApprovalEvent, state: SessionState, entry: ev.Entry) -> SessionState:
    """The state after a question to the second person, or what became of it.

    Raises:
        KeyError: what is answered was never asked.
    """
    if isinstance(event, ev.ApprovalRequested):
        return _kept(state, event.step, StepApproval(request=event, seq=entry.seq, at=entry.at))
    asked = state.approvals[event.step]
    if asked.seq != event.request:
        raise KeyError(event.request)
    asked = replace(asked, answered=entry.at, by=event.operator)
    match event:
        case ev.ApprovalGranted():
            asked = replace(asked, status=ApprovalStatus.GRANTED, how=event.how, note=event.note, posted=event.posted)
        case ev.ApprovalRefused():
            asked = replace(asked, status=ApprovalStatus.REFUSED, how=event.how, note=event.note, posted=event.posted)
        case ev.ApprovalEnded():
            asked = replace(asked, status=ApprovalStatus.ENDED, ended=event.why)
        case ev.StartedAlone():
            asked = replace(asked, status=ApprovalStatus.ALONE, note=event.reason)
        case _:
            assert_never(event)
    state = _kept(state, event.step, asked)
    return with_posted(state, event.posted) if isinstance(event, ev.ApprovalGranted | ev.ApprovalRefused) else state


def approval_used(state: SessionState, step: str) -> SessionState:
    """The state once a step has started: what was allowed was allowed once."""
    asked = state.approvals.get(step)
    return state if asked is None else _kept(state, step, replace(asked, status=ApprovalStatus.USED))


def with_posted(state: SessionState, posted: ev.Posted | None) -> SessionState:
    """The state with a message that was taken."""
    return state if posted is None else replace(state, posted=state.posted | {posted.id})


def _kept(state: SessionState, step: str, asked: StepApproval) -> SessionState:
    return replace(state, approvals={**state.approvals, step: asked})
