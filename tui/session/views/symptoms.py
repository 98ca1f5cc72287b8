"""Finds the known trouble that a failed step looks like, by its service and its words."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import Issue, Runbook
from tui.runbook.patterns.bounded import PatternMatch, TooSlow, finditer
from tui.session.groups.printed_alike import telling
from tui.session.state import SessionState, StepState, StepStatus, action_at, step_by_id

TAIL = 64 * 1024
"""Bytes at the end of an output that are looked through: what went wrong is said last."""


LONGEST = 1000
"""Characters of a line that are looked through, half of them from its end: a pattern may take the square of a line."""


class Subject(Struct, frozen=True):
    """What a failed action was about: the command that it ran, or the probe in words and the service that it asked."""

    service: str = ""
    command: str = ""


UNKNOWN = Subject()
"""Of words that nobody knows the origin of: only what names its trouble by itself counts."""


class Match(Struct, frozen=True):
    """An issue whose patterns were found: how many of them, and how near to the end the last one is (0 to 1).

    `words` are what the last one fits, `line` is the first line they are in: the output's, where it has them. Both are
    hostile text. `attempt` is the one that said so, 0 where nobody knows.
    """

    issue: Issue
    count: int
    near: float
    words: str = ""
    line: str = ""
    attempt: int = 0


def matching(runbook: Runbook, text: str, subject: Subject = UNKNOWN) -> list[Match]:
    """The issues that a text looks like, the likeliest first; none rather than one of another service."""
    text = "\n".join(map(_shortened, text.split("\n")))
    found = []
    for issue in runbook.troubleshooting:
        hits = [hits for pattern in _patterns(issue, subject) if (hits := _hits(pattern, text))]
        if hits:
            last = max(hits, key=_end)
            near = _end(last) / max(1, len(text))
            first = next(hit for hit in last if hit.text == last[-1].text)  # a host's words, before the program's own
            found.append(Match(issue, len(hits), near, _last_line(first.text), _line_at(text, first)))
    return sorted(found, key=lambda match: (-match.count, -match.near))


def is_amiss(step: StepState) -> bool:
    """Whether a step failed, its outcome is not known, or it is to be signed although a check warned."""
    warned = step.status is StepStatus.PASSED and bool(step.warned)
    return warned or step.status in (StepStatus.FAILED, StepStatus.UNKNOWN)


def likely(runbook: Runbook, state: SessionState, step: str, attempts: Path | None = None) -> list[Match]:
    """The issues that a step in trouble looks like, the likeliest first; see `said_of` for the argument."""
    said = said_of(state, step, attempts)
    if not said:
        return []
    number = telling(state, step)
    found = matching(runbook, said, subject_of(runbook, state, step))
    return [replace(match, attempt=number) for match in found]


def subject_of(runbook: Runbook, state: SessionState, step: str) -> Subject:
    """What the last attempt of a step was about."""
    attempts = state.step(step).attempts
    if not attempts:
        return UNKNOWN
    last = state.attempts[telling(state, step)]
    action = action_at(step_by_id(runbook, step), last.action)
    return Subject(service=action.probe.service if action.probe else "", command=last.command)


def _patterns(issue: Issue, subject: Subject) -> Iterator[str]:
    """The patterns of an issue that count for this subject."""
    yield from issue.patterns
    for sign in issue.signs:
        about = subject.service in sign.services or any(_hits(command, subject.command) for command in sign.commands)
        if about and subject != UNKNOWN:
            yield from sign.patterns


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]}…{line[-LONGEST // 2 :]}"


def _hits(pattern: str, text: str) -> list[PatternMatch]:
    """The matches of a pattern, from the first to the last."""
    try:
        return finditer(pattern, text)
    except TooSlow:  # lint names it; the other patterns are tried
        return []


def _end(hits: list[PatternMatch]) -> int:
    return hits[-1].end


def _last_line(text: str) -> str:
    """The last line of a text that says something."""
    return next((line.strip() for line in reversed(text.split("\n")) if line.strip()), "")


def _line_at(text: str, hit: PatternMatch) -> str:
    """The whole line in which the last words of a match are."""
    last = hit.start + len(hit.text.rstrip())
    end = text.find("\n", last)
    return _last_line(text[: end if end >= 0 else len(text)])


def said_of(state: SessionState, step: str, attempts: Path | None = None) -> str:
    """What is known of a step in trouble: the end of its output, how it ended, and what was expected of it.

    Args:
        attempts: the directory of the outputs; without it only what the journal has is looked at.
    """
    step_state = state.step(step)
    if not is_amiss(step_state) or not step_state.attempts:
        return ""
    last = state.attempts[telling(state, step)]
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
