"""Says how long a step took: its commands, and the waits before those that were tried again by themselves."""

from datetime import datetime, timedelta
from itertools import pairwise

from tui.runbook.model import Step
from tui.session.state import Attempt, SessionState, StepState, StepStatus, action_then


def took(state: SessionState, step: Step, now: datetime | None = None) -> float:
    """How long a step took until now, in seconds; where no time is given, what has not come to its end counts nothing.

    While a person decides what to do about a failure nothing is counted.
    """
    standing = state.step(step.id)
    attempts = [state.attempts[number] for number in standing.attempts]
    if standing.cells:
        return _together(attempts, now)
    total = sum(lasted(attempt, now) for attempt in attempts)
    total += sum(_waited(step, one, after.started) for one, after in pairwise(attempts))
    if attempts and standing.status is StepStatus.RUNNING:
        total += _waited(step, attempts[-1], now)
    return total


def _together(attempts: list[Attempt], now: datetime | None) -> float:
    """How long attempts took that ran beside each other on a group of hosts: the time in which any of them ran."""
    total, until = 0.0, None
    for attempt in sorted(attempts, key=lambda attempt: attempt.started):
        ended = attempt.started + timedelta(seconds=lasted(attempt, now))
        begun = attempt.started if until is None else max(attempt.started, until)
        total += max(0.0, (ended - begun).total_seconds())
        until = ended if until is None else max(until, ended)
    return total


def lasted(attempt: Attempt, now: datetime | None) -> float:
    """How long an attempt took, or has been running, in seconds."""
    if attempt.seconds is not None:
        return attempt.seconds
    return max(0.0, (now - attempt.started).total_seconds()) if now is not None else 0.0


def _waited(step: Step, attempt: Attempt, until: datetime | None) -> float:
    """The wait after an attempt that is to be tried again, at most what the runbook has between two tries.

    For a session that is resumed later the wait is not longer.
    """
    pause = action_then(step, attempt).pause if attempt.retrying else 0.0
    if not pause or until is None or attempt.seconds is None:
        return 0.0
    ended = attempt.started + timedelta(seconds=attempt.seconds)
    return min(pause, max(0.0, (until - ended).total_seconds()))


def waiting_since(state: SessionState, step: Step, place: int, member: str = "") -> datetime | None:
    """When it was first asked for what an action waits for; None where it was not asked yet, or the wait is over.

    Args:
        member: the host of a group that is asked about.
    """
    standing = state.step(step.id)
    first = None
    for attempt in map(state.attempts.__getitem__, reversed(standing.attempts)):
        if attempt.aside or attempt.action != place or (member and attempt.host != member):
            continue
        open_ = attempt.outcome is None or attempt.retrying
        if not open_ or attempt.seq < standing.reopened_seq:
            break
        first = attempt.started
    return first


def at_work(state: SessionState, step: str) -> bool:
    """Whether something of a step runs, or has ended and was not judged yet."""
    return any(one.step == step for one in map(state.attempts.__getitem__, state.open_attempts))


def stands(state: SessionState, step: StepState) -> StepStatus:
    """Where a step stands for the eye: one that continues only when a person says so is theirs, and does not run."""
    waits = step.paused and step.status is StepStatus.RUNNING and not at_work(state, step.id)
    return StepStatus.WAITING if waits else step.status
