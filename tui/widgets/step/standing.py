"""Decides how each action of a step stands, and what of its expectations held, so that the card only lays it out."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui.runbook.model import Step, seconds
from tui.session.events import Check
from tui.session.groups.cells import group_at
from tui.session.state import Attempt, SessionState, StepStatus, action_then
from tui.session.tries import stands, waiting_since
from tui.session.views.called import attempt_called, trying_again
from tui.text.amounts import SHORTEST
from tui.widgets.glyphs import AGAIN, CLASSES, glyph


class TickSign(StrEnum):
    """How an expectation stands; the value is its sign."""

    OPEN = "·"
    HELD = "✔"
    FAILED = "✖"
    WARNING = "!"
    UNKNOWN = "?"
    AGAIN = AGAIN


class ActionStanding(Struct, frozen=True, kw_only=True):
    """How an action stands: its sign, the class of its style, its last attempt of this round, and what was compared.

    `ended` is how a command ended that did not end by itself, `said` what its output says of the error, `current`
    whether the step is at this action.
    """

    sign: str
    class_: str
    attempt: Attempt | None = None
    checks: tuple[Check, ...] = ()
    ended: str = ""
    said: str = ""
    tries: int = 0
    current: bool = False
    done: bool = False


def standing(state: SessionState, step: Step, place: int) -> ActionStanding:
    """How the action at a place of a step stands."""
    step_state = state.step(step.id)
    last, tries = _last(state, step, place)
    done = place < step_state.action
    current = place == step_state.action and not step_state.status.settled
    status = stands(state, step_state)
    if done and place in step_state.warned:
        sign, class_ = str(TickSign.WARNING), "turn"
    elif done:
        sign, class_ = glyph(StepStatus.SIGNED), CLASSES[StepStatus.SIGNED]
    elif current and trying_again(state, step_state):
        sign, class_ = AGAIN, "live"
    elif current or status in (StepStatus.SKIPPED, StepStatus.NOT_NEEDED):
        sign, class_ = glyph(status), CLASSES[status]
    else:
        sign, class_ = glyph(StepStatus.PENDING), CLASSES[StepStatus.PENDING]
    begun = done or (current and status is not StepStatus.PENDING)
    last = last if begun else None
    ended = said = ""
    checks = step_state.checks.get(place, ()) if begun else ()
    if current and last is not None and last.outcome is not None:
        checks = last.checks if last.retrying else checks
        if not last.outcome.ended_by_itself and last.resolved_seq < 0:
            ended, checks = attempt_called(last), ()
        said = "" if last.good else last.said
    elif current and step_state.status is StepStatus.RUNNING:
        checks = ()
    return ActionStanding(
        sign=sign,
        class_=class_,
        attempt=last,
        checks=checks,
        ended=ended,
        said=said,
        tries=tries if begun else 0,
        current=current,
        done=done,
    )


def took(standing: ActionStanding) -> float:
    """How long the last attempt took, in seconds; 0 where nobody would read it."""
    length = standing.attempt.seconds if standing.attempt else None
    return length if length is not None and length >= SHORTEST else 0.0


def between_tries(state: SessionState, step: Step) -> tuple[int, int, float]:
    """Which try is over of how many, and how many seconds are between two; zeros where none is to come."""
    step_state = state.step(step.id)
    last = state.attempts[step_state.attempts[-1]] if step_state.attempts else None
    if last is None or step_state.status is not StepStatus.RUNNING:
        return 0, 0, 0.0
    retry, (_, tries) = action_then(step, last).retry, _last(state, step, last.action)
    if retry is None or last.good or (tries == 1 and not last.judged):
        return 0, 0, 0.0
    return tries, retry.times + 1, seconds(retry.every)


def waited(state: SessionState, step: Step, now: datetime) -> tuple[int, float, float]:
    """At which try a step is that waits for something, for how many seconds it has waited, and may wait; or zeros."""
    step_state = state.step(step.id)
    place = step_state.action
    until = step.actions[place].until if place < len(step.actions) else None
    begun = waiting_since(state, step, place) if until and step_state.status is StepStatus.RUNNING else None
    if until is None or begun is None:
        return 0, 0.0, 0.0
    return _last(state, step, place)[1], max(0.0, (now - begun).total_seconds()), seconds(until.within)


def _last(state: SessionState, step: Step, place: int) -> tuple[Attempt | None, int]:
    """The last attempt at an action since the step was last reopened, and how many there were."""
    step_state = state.step(step.id)
    if group_at(state, step.id, place):  # its hosts are told beside each other
        return None, 0
    made = [
        attempt
        for attempt in map(state.attempts.__getitem__, step_state.attempts)
        if attempt.action == place and not attempt.aside and attempt.seq > step_state.reopened_seq
    ]
    return (made[-1] if made else None), len(made)
