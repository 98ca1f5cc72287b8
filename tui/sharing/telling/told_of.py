"""What of a session people elsewhere are told, by the names of the settings; derived from the journal alone."""

from typing import assert_never

from msgspec import Struct

from tui.exports.event_words import event_words
from tui.session import events as ev
from tui.session.outcome import OutcomeKind
from tui.session.places import environment_of
from tui.session.state import SessionState

KINDS = {
    "started": "a session begins",
    "approval": "a second person is asked before a step starts",
    "alone": "a step that takes two is started by one; everybody is told, whatever `on` says",
    "failed": "a command fails, or is not as expected",
    "unknown": "nobody knows how a command ended",
    "trigger": "a bound of a monitor is passed for its time",
    "rollback": "the rollback is decided on",
    "rolled-back": "the rollback is done",
    "update": "the operator sends the status update of a rollback",
    "handover": "another person takes the session over",
    "finished": "the session is finished",
}
"""What `on` of a notifier may name, and when that is."""

ALWAYS = frozenset({"alone"})
"""Of these everybody is told."""

TEXT = "{{ where }}: {{ what }}"
"""What is told where the settings say nothing else."""


class Notice(Struct, frozen=True):
    """One thing to be told: its kind, the number of its event, and what the text of a notifier may name."""

    kind: str
    seq: int
    values: dict[str, str]


def notice_of(entry: ev.Entry, state: SessionState) -> Notice | None:
    """What is told of an event, by the state after it; None where nothing is."""
    kind = _kind(entry.event, state)
    if not kind:
        return None
    who, step, what = event_words(entry.event, state)
    said = ": ".join(filter(None, (step, what)))
    title, environment = state.runbook.runbook.title, environment_of(state)
    values = {
        "where": ", ".join(filter(None, (title, environment))),
        "kind": kind,
        "what": f"{said} ({who})" if who else said,
        "operator": state.operator,
        "title": title,
        "environment": environment,
        "flow": state.flow,
        "session": str(state.facts.get("session", "")),
        "drill": "drill" if state.drill else "",
        "at": f"{entry.at:%H:%M:%S} UTC",
    }
    return Notice(kind, entry.seq, values)


def _kind(event: ev.AnyEvent, state: SessionState) -> str:
    """Which of the kinds an event is; empty for one of which nobody is told."""
    if isinstance(event, ev.SessionEvent):
        return _of_session(event)
    if isinstance(event, ev.AttemptEvent):
        return _of_attempt(event, state)
    if isinstance(event, ev.ApprovalRequested):
        return "approval"
    if isinstance(event, ev.StartedAlone):
        return "alone"
    if isinstance(event, ev.TriggerTripped):
        return "trigger"
    return ""


def _of_session(event: ev.SessionEvent) -> str:
    match event:
        case ev.SessionStarted():
            return "started"
        case ev.SessionHandedOver():
            return "handover"
        case ev.SessionFinished():
            return "finished"
        case ev.RollbackStarted():
            return "rollback"
        case ev.RollbackFinished():
            return "rolled-back"
        case ev.SessionResumed() | ev.FollowUpDone() | ev.FaultStruck() | ev.ForkSeen():
            return ""
        case _:
            assert_never(event)


def _of_attempt(event: ev.AttemptEvent, state: SessionState) -> str:
    match event:
        case ev.AttemptFinished():
            if event.outcome.kind is OutcomeKind.UNKNOWN:
                return "unknown"
            ended = event.outcome.ended_by_itself or event.outcome.kind is OutcomeKind.CANCELLED
            return "" if ended or event.retrying else "failed"  # one that ended by itself is judged next
        case ev.AttemptChecked():
            good = all(check.ok or check.warning for check in event.checks)
            return "" if good or event.retrying or state.attempts[event.attempt].again else "failed"
        case ev.AttemptStarted() | ev.AttemptRejoined() | ev.OutcomeResolved():
            return ""
        case _:
            assert_never(event)
