"""What the widgets need to know of a session beyond its state: where the operator is, and how long things take."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from tui.runbook.model import Step, seconds
from tui.session.state import Attempt, SessionState, StepStatus


class Moment(Struct, frozen=True, kw_only=True):
    """Everything a widget may show: a session's state at a time, live or replayed.

    `links` is the state of each connection in words, `trouble` why the journal cannot be written, `printed` when the
    running command last printed something, `read_only` why nothing can be done.
    """

    state: SessionState
    now: datetime
    links: Mapping[str, str] = {}
    trouble: str = ""
    printed: datetime | None = None
    read_only: str = ""


class Spent(Struct, frozen=True):
    """How long a step's commands ran, beside what the runbook allows; both in seconds."""

    took: float
    budget: float

    @property
    def over(self) -> bool:
        """Whether it is longer than allowed."""
        return self.took > self.budget > 0


def current_step(state: SessionState) -> str:
    """The step the session stands at: whose command runs, else the next that is not settled; empty at the end."""
    running = state.running()
    if running is not None:
        return running.step
    following = state.next_step()
    return following.id if following else ""


def spent(state: SessionState, step: Step, now: datetime) -> Spent:
    """How long the step's commands ran until now."""
    took = 0.0
    for number in state.step(step.id).attempts:
        took += lasted(state.attempts[number], now)
    return Spent(took, seconds(step.budget))


def lasted(attempt: Attempt, now: datetime) -> float:
    """How long an attempt took, or has been running, in seconds."""
    if attempt.seconds is not None:
        return attempt.seconds
    return max(0.0, (now - attempt.started).total_seconds())


def clock_words(length: float) -> str:
    """A length of time that ticks: 0:07, 12:40, 1:02:09."""
    minutes, rest = divmod(int(length), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rollback_budget(state: SessionState) -> timedelta:
    """How long the runbook allows for rolling back; nothing where it does not say."""
    for flow in state.runbook.flows.values():
        if flow.kind == "rollback" and flow.budget:
            return timedelta(seconds=seconds(flow.budget))
    return timedelta()


def waiting_kind(state: SessionState, step: Step) -> str:
    """What the step waits for from the operator: ask, send or open; empty where it does not wait."""
    now = state.step(step.id)
    if now.action >= len(step.actions) or now.status not in (StepStatus.WAITING, StepStatus.FAILED):
        return ""
    kind = step.actions[now.action].kind
    return kind if kind != "run" else ""
