"""Compares two sessions step by step, so that "it was slower than last time" is a table."""

import difflib
from collections.abc import Iterator
from itertools import chain, islice

from msgspec import Struct

from tui.runbook.model import Step
from tui.session.archive.store import SessionDirectory
from tui.session.groups.cells import member_of
from tui.session.output.output import OutputReader
from tui.session.state import SessionState, StepStatus
from tui.session.tries import took as took_together
from tui.session.views.called import status_word
from tui.session.views.trouble import came_to

LONGER = 1.5
"""What took this many times as long, and over a second longer, is worth a mark."""

LINES = 5_000
"""Lines of an output that are compared, from its end."""


class Side(Struct, frozen=True):
    """A step in one of the sessions: where it stood, how its last command ended, how long its commands took (s)."""

    status: str
    outcome: str
    seconds: float
    attempts: int


class Compared(Struct, frozen=True, kw_only=True):
    """A step in both sessions; None where one has not got it. `added` and `removed` count lines of output."""

    step: str
    title: str
    before: Side | None
    after: Side | None
    added: int = 0
    removed: int = 0

    @property
    def difference(self) -> float:
        """How many seconds longer it took than before."""
        return (self.after.seconds if self.after else 0.0) - (self.before.seconds if self.before else 0.0)

    @property
    def mark(self) -> str:
        """slower, faster, differs, only before, only after; empty where nothing is worth a look."""
        if self.before is None or self.after is None:
            return "only after" if self.before is None else "only before"
        if (self.before.status, self.before.outcome) != (self.after.status, self.after.outcome):
            return "differs"
        low, high = sorted((self.before.seconds, self.after.seconds))
        if high > low * LONGER and high - low > 1:
            return "slower" if self.difference > 0 else "faster"
        return ""


class ComparedSession(Struct, frozen=True):
    """One of two sessions that are compared."""

    directory: SessionDirectory
    state: SessionState


def opened(directory: SessionDirectory) -> ComparedSession:
    """Read a session.

    Raises:
        SessionError: it is not there, or damaged.
    """
    return ComparedSession(directory, directory.load()[1])


def compare(before: ComparedSession, after: ComparedSession) -> Iterator[Compared]:
    """Every step that was touched in one of them, in the order of the later one, then what only the earlier has."""
    later = {step.id: step for _, step in after.state.plan()}
    earlier = {step.id: step for _, step in before.state.plan()}
    for step in chain(later.values(), (one for name, one in earlier.items() if name not in later)):
        sides = _side(before.state, step, earlier), _side(after.state, step, later)
        if not any(side is not None and side.status != StepStatus.PENDING.value for side in sides):
            continue
        changes = [line[0] for line in difference(before, after, step.id) if not line.startswith(("---", "+++"))]
        yield Compared(
            step=step.id,
            title=step.title,
            before=sides[0],
            after=sides[1],
            added=changes.count("+"),
            removed=changes.count("-"),
        )


def difference(before: ComparedSession, after: ComparedSession, step: str) -> list[str]:
    """What a step's last attempts printed, compared line by line (unified diff); their secrets are hidden."""
    old, new = (list(_output(one, step)) for one in (before, after))
    return list(difflib.unified_diff(old, new, before.directory.id, after.directory.id, lineterm="", n=2))


def _side(state: SessionState, step: Step, known: dict[str, Step]) -> Side | None:
    if step.id not in known:
        return None
    step_state = state.step(step.id)
    attempts = [state.attempts[number] for number in step_state.attempts]
    outcome = came_to(state, step_state) if attempts else ""
    took = took_together(state, step) if step_state.cells else sum(attempt.seconds or 0.0 for attempt in attempts)
    return Side(status_word(state, step_state), outcome, round(took, 3), len(attempts))


def _output(session: ComparedSession, step: str) -> Iterator[str]:
    """The output of the last attempt of each of a step's actions, one after the other; on a group, host by host."""
    last: dict[tuple[int, str], int] = {}
    for number in session.state.step(step).attempts:
        one = session.state.attempts[number]
        if not one.aside:
            last[one.action, member_of(session.state, one)] = number
    for (_, member), number in sorted(last.items()):
        if member:
            yield f"{member}:"
        reader = OutputReader(session.directory.attempts, number)
        try:
            total = reader.lines_total()
            first = max(0, total - LINES)
            yield from (line.text for line in islice(reader.shown_lines(first, LINES), LINES))
        finally:
            reader.close()
