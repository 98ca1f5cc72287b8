"""What an earlier writer of a session wrote after it was taken over, in words."""

from collections.abc import Sequence
from typing import assert_never

from tui.runbook.shell.script import first_line
from tui.session import events as ev
from tui.session.places import words_of
from tui.text.amounts import counted

MOST_SAID = 20
"""How many of its events a fork is told by; the rest is counted."""
LONGEST = 160
"""Characters of each."""

Untold = (
    ev.MeasuredEvent
    | ev.HostConnected
    | ev.LinkChanged
    | ev.JobsCleared
    | ev.SessionStarted
    | ev.SessionResumed
    | ev.SessionHandedOver
    | ev.FaultStruck
    | ev.ForkSeen
    | ev.StepOpened  # what it started is told
    | ev.StepNotNeeded
    | ev.StepLooked
    | ev.ApprovalRequested
    | ev.ApprovalEnded
    | ev.AttemptRejoined
    | ev.AttemptFinished  # told with its start
    | ev.AttemptChecked
    | ev.LinkOpened
    | ev.ValueCaptured
)
"""What a fork does not say: nothing was done by it that the holder of the session has to know."""


def said_in(entries: Sequence[ev.Entry]) -> tuple[str, ...]:
    """What a fork's events say: what was started and how it ended, what was decided, signed, sent or written."""
    events = [entry.event for entry in entries]
    ends = {event.attempt: event for event in events if isinstance(event, ev.AttemptFinished)}
    found = [words[:LONGEST] for event in events if (words := _said(event, ends))]
    left = len(found) - MOST_SAID
    return tuple(found) if left <= 0 else (*found[:MOST_SAID], f"and {left} more")


def _said(event: ev.AnyEvent, ends: dict[int, ev.AttemptFinished]) -> str:
    if isinstance(event, Untold):
        return ""
    match event:
        case ev.AttemptStarted():
            end = ends.get(event.attempt)
            how = str(end.outcome) if end is not None else "its end is not known"
            return f"{event.step} started on {event.host} ({first_line(event.command)}): {how}"
        case ev.OutcomeResolved():
            return f"an outcome decided: {'succeeded' if event.succeeded else 'failed'}"
        case ev.QuestionAnswered():
            return f"{event.step} answered: {first_line(event.answer)}"
        case ev.MessageSent():
            return f"the message {event.message} {event.how}"
        case ev.ValueCorrected():
            return f"{event.name} corrected: {first_line(event.value)}"
        case ev.HostMoved():
            return f"{event.host} moved to {words_of(event.place)}"
        case ev.NoteAdded():
            return first_line(event.words)
        case ev.StepSigned() | ev.StepSkipped() | ev.StepReopened() | ev.StepHeld():
            return _said_of_step(event)
        case ev.ApprovalGranted() | ev.ApprovalRefused() | ev.StartedAlone():
            return _said_before(event)
        case ev.RollbackStarted():
            return f"a rollback decided: {event.reason}"
        case ev.RollbackFinished():
            return "the rollback finished"
        case ev.SessionFinished():
            return f"the session finished as {event.result}"
        case ev.FollowUpDone():
            return f"the follow-up {event.followup} done"
        case _:
            assert_never(event)


def _said_of_step(event: ev.StepSigned | ev.StepSkipped | ev.StepReopened | ev.StepHeld) -> str:
    match event:
        case ev.StepSigned():
            return f"{event.step} signed"
        case ev.StepSkipped():
            return f"{event.step} left out: {event.reason}"
        case ev.StepReopened():
            return f"{event.step} reopened: {event.reason}"
        case ev.StepHeld():
            return f"{event.step} found as it was signed: {event.reason}"
        case _:
            assert_never(event)


def _said_before(event: ev.ApprovalGranted | ev.ApprovalRefused | ev.StartedAlone) -> str:
    match event:
        case ev.ApprovalGranted():
            return f"{event.step} allowed by {event.operator}"
        case ev.ApprovalRefused():
            return f"{event.step} refused by {event.operator}: {first_line(event.note)}"
        case ev.StartedAlone():
            return f"{event.step} started alone: {first_line(event.reason)}"
        case _:
            assert_never(event)


def fork_words(fork: ev.ForkSeen) -> str:
    """A fork in one sentence, without what it says."""
    wrote = f"{fork.operator} wrote {counted(fork.lines, 'more event')} after the session was taken over"
    when = f"from {fork.since:%Y-%m-%d %H:%M:%S} to {fork.until:%H:%M:%S} UTC"
    return f"{wrote}, {when}: a fork, no part of this session"


def fork_told(fork: ev.ForkSeen) -> str:
    """The same with what it says."""
    return f"{fork_words(fork)} ({'; '.join(fork.said)})" if fork.said else fork_words(fork)
