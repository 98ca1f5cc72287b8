"""What an earlier writer of a session wrote after it was taken over, in words."""

from collections.abc import Sequence

from tui.runbook.shell.script import first_line
from tui.session import events as ev
from tui.text.amounts import counted

MOST_SAID = 20
"""How many of its events a fork is told by; the rest is counted."""
LONGEST = 160
"""Characters of each."""


def said_in(entries: Sequence[ev.Entry]) -> tuple[str, ...]:
    """What a fork's events say: what was started and how it ended, what was signed, left out or written."""
    events = [entry.event for entry in entries]
    ends = {event.attempt: event for event in events if isinstance(event, ev.AttemptFinished)}
    found = [words[:LONGEST] for event in events if (words := _said(event, ends))]
    left = len(found) - MOST_SAID
    return tuple(found) if left <= 0 else (*found[:MOST_SAID], f"and {left} more")


def _said(event: ev.AnyEvent, ends: dict[int, ev.AttemptFinished]) -> str:
    match event:
        case ev.AttemptStarted():
            end = ends.get(event.attempt)
            how = str(end.outcome) if end is not None else "its end is not known"
            return f"{event.step} started on {event.host} ({first_line(event.command)}): {how}"
        case ev.AttemptFinished():
            return ""  # told with its start
        case ev.OutcomeResolved():
            return f"an outcome decided: {'succeeded' if event.succeeded else 'failed'}"
        case ev.StepSigned():
            return f"{event.step} signed"
        case ev.StepSkipped():
            return f"{event.step} left out: {event.reason}"
        case ev.NoteAdded():
            return f"a note: {first_line(event.text)}"
        case ev.RollbackStarted():
            return f"a rollback decided: {event.reason}"
        case ev.SessionFinished():
            return f"the session finished as {event.result}"
        case _:
            return ""


def fork_words(fork: ev.ForkSeen) -> str:
    """A fork in one sentence, without what it says."""
    wrote = f"{fork.operator} wrote {counted(fork.lines, 'more event')} after the session was taken over"
    when = f"from {fork.since:%Y-%m-%d %H:%M:%S} to {fork.until:%H:%M:%S} UTC"
    return f"{wrote}, {when}: a fork, no part of this session"


def fork_told(fork: ev.ForkSeen) -> str:
    """The same with what it says."""
    return f"{fork_words(fork)} ({'; '.join(fork.said)})" if fork.said else fork_words(fork)
