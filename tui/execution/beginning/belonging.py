"""Decides whether a session may be opened here: a drill in a drill, and by its own runbook and text alone."""

import hashlib
from collections.abc import Set

from tui.errors import SessionError, UsageError
from tui.runbook.model import Runbook, runbook_id
from tui.session.archive.store import SessionDirectory
from tui.session.state import SessionState
from tui.session.views.called import session_called


def belongs(directory: SessionDirectory, state: SessionState, runbook: Runbook, drill: str, played: Set[str]) -> None:
    """Make sure that a session may be opened with a runbook.

    Args:
        drill: the title of the rehearsal's scenario, where this is one.
        played: the sessions whose past a drill's host knows.

    Raises:
        UsageError: it is a drill and this is none, or the other way round, or it is another drill.
        SessionError: it is of another runbook, or its text is not the one that it began with.
    """
    session = directory.id
    if bool(state.drill) != bool(drill):
        what = "a drill" if state.drill else "no drill"
        raise UsageError(f"{session} is {what}", f"open it with `runbook resume {session}`")
    if drill and session not in played:
        hint = f"leave, then: runbook resume {session}"
        raise UsageError(f"{session} is another drill, with a host of its own", hint)
    own, here = runbook_id(state.runbook), runbook_id(runbook)
    if own != here:
        what = f"{session} belongs to the runbook {state.runbook.runbook.title} ({own}), not to {here}"
        raise SessionError(what, f"leave, then: runbook resume {session}")
    if state.started is None:
        raise SessionError(f"{session} was cut off before it began", "begin a new one")
    if hashlib.sha256(directory.runbook.read_bytes()).hexdigest() != state.started.runbook_hash:
        what = f"{directory.runbook} is not the text that the session began with"
        raise SessionError(what, "restore it from a copy: its commands may be other ones")


def ended(state: SessionState) -> str:
    """How a session ended, in words; empty where it has not."""
    if state.finished is None:
        return ""
    at = f" {state.finished_at:%Y-%m-%d %H:%M} UTC" if state.finished_at else ""
    return f"{session_called(state)}{at} by {state.finished.operator}"


def hash_of(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
