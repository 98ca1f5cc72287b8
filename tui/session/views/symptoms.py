"""Finds the known trouble that a failed step looks like, by its service and its words."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tui.runbook.model import Issue, Runbook
from tui.runbook.patterns.bounded import TooSlow, finditer
from tui.session.state import SessionState, StepStatus, action_at, step_by_id

TAIL = 64 * 1024
"""Bytes at the end of an output that are looked through: what went wrong is said last."""


LONGEST = 1000
"""Characters of a line that are looked through, half of them from its end: a pattern may take the square of a line."""


class Subject(Struct, frozen=True):
    """What a failed action was about: the service that its probe asked, or the command that it ran."""

    service: str = ""
    command: str = ""


UNKNOWN = Subject()
"""Of words that nobody knows the origin of: only what names its trouble by itself counts."""


class Match(Struct, frozen=True):
    """An issue whose patterns were found: how many of them, and how near to the end the last one is (0 to 1)."""

    issue: Issue
    count: int
    near: float


def matching(runbook: Runbook, text: str, subject: Subject = UNKNOWN) -> list[Match]:
    """The issues that a text looks like, the likeliest first; none rather than one of another service."""
    text = "\n".join(map(_shortened, text.split("\n")))
    found = []
    for issue in runbook.troubleshooting:
        ends = [_last(pattern, text) for pattern in _patterns(issue, subject)]
        hits = [end for end in ends if end >= 0]
        if hits:
            found.append(Match(issue, len(hits), max(hits) / max(1, len(text))))
    return sorted(found, key=lambda match: (-match.count, -match.near))


def likely(runbook: Runbook, state: SessionState, step: str, attempts: Path | None = None) -> list[Match]:
    """The issues that a failed step looks like, the likeliest first; see `said_of` for the argument."""
    said = said_of(state, step, attempts)
    return matching(runbook, said, subject_of(runbook, state, step)) if said else []


def subject_of(runbook: Runbook, state: SessionState, step: str) -> Subject:
    """What the last attempt of a step was about."""
    attempts = state.step(step).attempts
    if not attempts:
        return UNKNOWN
    last = state.attempts[attempts[-1]]
    action = action_at(step_by_id(runbook, step), last.action)
    return Subject(service=action.probe.service) if action.probe else Subject(command=last.command)


def _patterns(issue: Issue, subject: Subject) -> Iterator[str]:
    """The patterns of an issue that count for this subject."""
    yield from issue.patterns
    for sign in issue.signs:
        about = subject.service in sign.services or any(
            _last(command, subject.command) >= 0 for command in sign.commands
        )
        if about and subject != UNKNOWN:
            yield from sign.patterns


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]}…{line[-LONGEST // 2 :]}"


def _last(pattern: str, text: str) -> int:
    """Where the last match of a pattern ends; -1 without one."""
    try:
        return max((hit.end for hit in finditer(pattern, text)), default=-1)
    except TooSlow:  # lint names it; the other patterns are tried
        return -1


def said_of(state: SessionState, step: str, attempts: Path | None = None) -> str:
    """What is known of a failed step: the end of its last output, how it ended, and what was expected of it.

    Args:
        attempts: the directory of the outputs; without it only what the journal has is looked at.
    """
    step_state = state.step(step)
    if step_state.status not in (StepStatus.FAILED, StepStatus.UNKNOWN) or not step_state.attempts:
        return ""
    last = state.attempts[step_state.attempts[-1]]
    words = [_tail(attempts / f"{last.number:04d}.out")] if attempts is not None else []
    words.append(str(last.outcome or ""))
    words += [
        f"{check.expected}: {check.came}" for checks in step_state.checks.values() for check in checks if not check.ok
    ]
    return "\n".join(words)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read(TAIL).decode(errors="replace")
    except OSError:
        return ""


def cause_of(runbook: Runbook, step: str) -> str:
    """When the solution that a step belongs to is the right one; nothing for any other step."""
    solutions = (solution for issue in runbook.troubleshooting for solution in issue.solutions)
    return next((solution.when for solution in solutions if any(step == own.id for own in solution.steps)), "")
