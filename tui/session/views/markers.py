"""Picks the events out of a session that a person looks for afterwards: the places a replay can be taken to."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from tui.session import events as ev
from tui.session.approval.approved import approval_words
from tui.session.approval.fork_words import fork_words
from tui.session.groups.cells import member_first
from tui.session.state import AUTO, CONNECTED, SessionState, step_by_id
from tui.session.views.called import CONTINUES, opened_words
from tui.text.amounts import figure
from tui.text.sentences import missed


class MarkerKind(StrEnum):
    """What happened at a marker; the value is the word that is shown."""

    STEP = "step"
    FAILURE = "failure"
    APPROVAL = "approval"
    ASKED = "asked"
    SIGN_OFF = "sign-off"
    SKIP = "skip"
    TRIGGER = "trigger"
    ROLLBACK = "rollback"
    HANDOVER = "handover"
    RESUME = "resume"
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
    if isinstance(event, ev.StepEvent):
        return _of_step(event)
    if isinstance(event, ev.AttemptEvent):
        return _of_attempt(event, state)
    if isinstance(event, ev.SessionEvent):
        return _of_session(event)
    match event:
        case ev.HostMoved():
            return MarkerKind.HANDOVER, "", f"{event.host} moved by {event.operator}"
        case ev.LinkChanged():
            lost = f"{event.host} {event.link} {event.detail}".rstrip()
            return (MarkerKind.CONNECTION, "", lost) if event.link != CONNECTED else None
        case ev.QuestionAnswered():
            return _bad(event.step, event.checks)
        case ev.TriggerTripped():
            return MarkerKind.TRIGGER, "", f"trigger tripped: {_tripped(event, state)}"
        case ev.HostConnected() | ev.JobsCleared():
            return None
        case ev.MessageSent() | ev.LinkOpened() | ev.ValueCaptured() | ev.ValueCorrected() | ev.NoteAdded():
            return None
        case ev.ProbeMeasured() | ev.MonitorSampled() | ev.MonitorsWaiting() | ev.BaselineTaken():
            return None
        case ev.TriggerArmed() | ev.TriggerCleared():
            return None
        case _:
            assert_never(event)


def _of_session(event: ev.SessionEvent) -> tuple[MarkerKind, str, str] | None:
    match event:
        case ev.RollbackStarted():
            return MarkerKind.ROLLBACK, "", f"rollback: {event.reason}"
        case ev.RollbackFinished():
            return MarkerKind.ROLLBACK, "", "rollback finished"
        case ev.SessionHandedOver():
            return MarkerKind.HANDOVER, "", f"handed over to {event.operator}"
        case ev.SessionResumed():
            return MarkerKind.RESUME, "", f"resumed by {event.operator}"
        case ev.FaultStruck():
            return MarkerKind.FAULT, "", f"the drill: {event.title}"
        case ev.ForkSeen():
            return MarkerKind.HANDOVER, "", fork_words(event)
        case ev.SessionStarted() | ev.SessionFinished() | ev.FollowUpDone():
            return None
        case _:
            assert_never(event)


def _tripped(event: ev.TriggerTripped, state: SessionState) -> str:
    """The trigger's title, else its monitor's, and the figure."""
    trigger, monitor = state.runbook.triggers.get(event.trigger), state.runbook.monitors.get(event.monitor)
    title = (trigger.title if trigger else "") or (monitor.title if monitor else event.monitor)
    where = f" ({event.detail})" if event.detail else ""
    return f"{title}, {figure(event.value, monitor.number.unit if monitor else '')}{where}"


def _of_step(event: ev.StepEvent) -> tuple[MarkerKind, str, str] | None:
    match event:
        case ev.StepOpened():
            allowed = [f"allowed by {event.second_operator}"] if event.second_operator else []
            again = [opened_words(event)] if event.confirmed in CONTINUES else []
            return MarkerKind.STEP, event.step, ", ".join(again + allowed)
        case ev.StepSigned():
            second = f" with {event.second_operator}" if event.second_operator else ""
            signed = MarkerKind.SIGN_OFF, event.step, f"signed by {event.operator}{second}"
            return signed if event.operator != AUTO else None
        case ev.StepSkipped():
            return MarkerKind.SKIP, event.step, f"skipped: {event.reason}"
        case ev.StepNotNeeded() | ev.StepReopened() | ev.StepHeld() | ev.StepLooked():
            return None
        case ev.ApprovalGranted() | ev.StartedAlone():
            return MarkerKind.APPROVAL, event.step, approval_words(event)
        case ev.ApprovalRequested() | ev.ApprovalRefused() | ev.ApprovalEnded():
            return MarkerKind.ASKED, event.step, approval_words(event)
        case _:
            assert_never(event)


def _of_attempt(event: ev.AttemptEvent, state: SessionState) -> tuple[MarkerKind, str, str] | None:
    match event:
        case ev.AttemptFinished():
            attempt = state.attempts[event.attempt]
            failed = MarkerKind.FAILURE, attempt.step, f"{member_first(state, attempt)}{event.outcome}"
            return failed if not event.outcome.ended_by_itself and not event.retrying else None
        case ev.AttemptChecked():
            attempt = state.attempts[event.attempt]
            if event.retrying or attempt.aside:
                return None
            return _bad(attempt.step, event.checks, member_first(state, attempt))
        case ev.AttemptStarted() | ev.AttemptRejoined() | ev.OutcomeResolved():
            return None
        case _:
            assert_never(event)


def _bad(step: str, checks: tuple[ev.Check, ...], where: str = "") -> tuple[MarkerKind, str, str] | None:
    bad = next((check for check in checks if not check.ok and not check.warning), None)
    return (MarkerKind.FAILURE, step, where + missed(bad.expected, bad.came)) if bad else None
