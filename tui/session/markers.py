"""Picks the events out of a session that a person looks for afterwards: the places a replay can be taken to."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui.session import events as ev
from tui.session.state import AUTO, CONNECTED, SessionState, step_by_id


class MarkerKind(StrEnum):
    """What happened at a marker; the value is the word that is shown."""

    STEP = "step"
    FAILURE = "failure"
    SIGN_OFF = "sign-off"
    SKIP = "skip"
    TRIGGER = "trigger"
    ROLLBACK = "rollback"
    HANDOVER = "handover"
    CONNECTION = "connection"
    FAULT = "fault"


class Marker(Struct, frozen=True):
    """A place in a session: the event's number and time (UTC), its step if it has one, and what happened in words."""

    seq: int
    at: datetime
    kind: MarkerKind
    step: str
    words: str


def marker_of(entry: ev.Entry, state: SessionState) -> Marker | None:
    """The marker that an event is, if it is one.

    Args:
        state: the session's state after the event.
    """
    found = _marked(entry.event, state)
    if found is None:
        return None
    kind, step, words = found
    title = step_by_id(state.runbook, step).title if step else ""
    return Marker(entry.seq, entry.at, kind, step, f"{title}: {words}" if title and words else title or words)


def _marked(event: ev.AnyEvent, state: SessionState) -> tuple[MarkerKind, str, str] | None:
    match event:
        case ev.StepOpened():
            allowed = [f"allowed by {event.second_operator}"] if event.second_operator else []
            return MarkerKind.STEP, event.step, ", ".join(["again"] * (event.confirmed == "retry") + allowed)
        case ev.StepSigned() if event.operator != AUTO:
            second = f" with {event.second_operator}" if event.second_operator else ""
            return MarkerKind.SIGN_OFF, event.step, f"signed by {event.operator}{second}"
        case ev.StepSkipped():
            return MarkerKind.SKIP, event.step, f"skipped: {event.reason}"
        case ev.TriggerTripped():
            return MarkerKind.TRIGGER, "", f"trigger {event.trigger} tripped at {event.value:g}"
        case ev.RollbackStarted():
            return MarkerKind.ROLLBACK, "", f"rollback: {event.reason}"
        case ev.RollbackFinished():
            return MarkerKind.ROLLBACK, "", "rollback finished"
        case ev.SessionHandedOver():
            return MarkerKind.HANDOVER, "", f"handed over to {event.operator}"
        case ev.HostMoved():
            return MarkerKind.HANDOVER, "", f"{event.host} moved by {event.operator}"
        case ev.SessionResumed():
            return MarkerKind.HANDOVER, "", f"resumed by {event.operator}"
        case ev.FaultStruck():
            return MarkerKind.FAULT, "", f"the drill: {event.title}"
        case ev.LinkChanged() if event.link != CONNECTED:
            return MarkerKind.CONNECTION, "", f"{event.host} {event.link} {event.detail}".rstrip()
        case _:
            return _failed(event, state)


def _failed(event: ev.AnyEvent, state: SessionState) -> tuple[MarkerKind, str, str] | None:
    match event:
        case ev.AttemptFinished() if not event.outcome.ended_by_itself:
            return MarkerKind.FAILURE, state.attempts[event.attempt].step, str(event.outcome)
        case ev.AttemptChecked() if not event.retrying and not state.attempts[event.attempt].aside:
            return _bad(state.attempts[event.attempt].step, event.checks)
        case ev.QuestionAnswered():
            return _bad(event.step, event.checks)
        case _:
            return None


def _bad(step: str, checks: tuple[ev.Check, ...]) -> tuple[MarkerKind, str, str] | None:
    bad = next((check for check in checks if not check.ok and not check.warning), None)
    return (MarkerKind.FAILURE, step, f"expected {bad.expected}, came {bad.came}") if bad else None
