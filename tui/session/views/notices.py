"""Decides whether people were told as far ahead as a message has to go out before the moment that it is about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tui.runbook.model import Message, Step, seconds
from tui.runbook.templates.variables import worded
from tui.session import events as ev
from tui.session.state import Announced, SessionState
from tui.text.amounts import time_left

ALREADY = "already sent"
"""How a message went out that this session did not send."""
FORMAT = "%Y-%m-%d %H:%M"


def moment_of(text: str) -> datetime | None:
    """The moment that a text names as YYYY-MM-DD HH:MM in UTC; None where it is none."""
    try:
        return datetime.strptime(text.strip(), FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def told_now(state: SessionState, event: ev.MessageSent, at: datetime) -> Mapping[str, Announced]:
    """What people have been told ahead, by one more message: the first that named the same moment counts."""
    message = state.runbook.messages.get(event.message)
    if message is None or not message.ahead:
        return state.told
    announced = Announced(worded(message.of, state.facts), moment_of(event.went_out) if event.how == ALREADY else at)
    before = state.told.get(event.message)
    if before is not None and before.of == announced.of:
        times = (each.at for each in (before, announced) if each.at is not None)
        announced = Announced(announced.of, min(times, default=None))
    return {**state.told, event.message: announced}


def told_late(state: SessionState, steps: Sequence[Step]) -> str:
    """How far ahead people were told by these steps' messages, where that was less than it has to be; else empty."""
    for name in (action.send for step in steps for action in step.actions if action.send):
        message, told = state.runbook.messages[name], state.told.get(name)
        if message.ahead and told is not None and (words := _late(message, told, worded(message.of, state.facts))):
            return words
    return ""


def _late(message: Message, told: Announced, of: str) -> str:
    planned = moment_of(of)
    if planned is None:
        return f"notified, but {of} is not a date and a time"
    if told.of != of:
        return f"notified of {told.of}, not of {of}"
    if told.at is None:
        return "notified; when is not known"
    lead = (planned - told.at).total_seconds()
    if lead >= seconds(message.ahead):
        return ""
    return f"notified {time_left(timedelta(seconds=lead))} ahead" if lead >= 60 else "notified when it began"
