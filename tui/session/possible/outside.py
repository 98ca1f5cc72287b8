"""Says what the operator changed outside the runbook: no step of a rollback undoes it."""

from collections.abc import Sequence

from tui.once import once
from tui.runbook.shell.script import first_line
from tui.session.state import Attempt, SessionState
from tui.session.views.called import OUTSIDE_WORDS
from tui.text.amounts import counted


@once
def changed_outside(state: SessionState) -> Sequence[Attempt]:
    """The operator's own commands that changed something, or may have, in the order in which they ran."""
    attempts = (attempt for attempt in state.attempts.values() if attempt.outside and attempt.mutates)
    return tuple(attempt for attempt in attempts if not attempt.never_started)


def outside_words(state: SessionState) -> str:
    """How many of them there are, and that nothing undoes them; empty where there is none."""
    count = len(changed_outside(state))
    return f"{counted(count, 'change')} {OUTSIDE_WORDS}: no step undoes that" if count else ""


def outside_lines(state: SessionState) -> list[str]:
    """The same, with each of them on a line of its own; none where there is none."""
    words = outside_words(state)
    if not words:
        return []
    lines = (f"  {one.started:%H:%M:%S} UTC on {one.host}: {first_line(one.command)}" for one in changed_outside(state))
    return [f"! {words}; look whether it has to be undone by hand:", *lines]
