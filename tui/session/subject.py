"""Says what an event is about, its step and its attempt: the one place that knows it of every kind."""

from collections.abc import Mapping
from typing import Protocol, assert_never

from tui.session import events as ev


class OfStep(Protocol):
    """An attempt, as far as its step is asked for."""

    @property
    def step(self) -> str:
        """The id of the step that it was made for."""


def step_of(event: ev.AnyEvent, attempts: Mapping[int, OfStep]) -> str:
    """The id of the step that an event is about; empty where it is about none, or about an attempt that is unknown."""
    if isinstance(event, ev.StepEvent):
        return event.step
    if isinstance(event, ev.SessionEvent | ev.HostEvent):
        return ""
    match event:
        case ev.AttemptStarted():
            return event.step
        case (
            ev.AttemptRejoined()
            | ev.AttemptFinished()
            | ev.AttemptChecked()
            | ev.OutcomeResolved()
            | ev.ProbeMeasured()
        ):
            return attempts[event.attempt].step if event.attempt in attempts else ""
        case ev.QuestionAnswered() | ev.MessageSent() | ev.LinkOpened() | ev.ValueCaptured() | ev.NoteAdded():
            return event.step
        case (
            ev.ValueCorrected()
            | ev.MonitorSampled()
            | ev.MonitorsWaiting()
            | ev.BaselineTaken()
            | ev.TriggerArmed()
            | ev.TriggerTripped()
            | ev.TriggerCleared()
        ):
            return ""
        case _:
            assert_never(event)


def attempt_of(event: ev.AnyEvent) -> int:
    """The number of the attempt that an event is about; 0 where it is about none."""
    if isinstance(event, ev.AttemptEvent | ev.StepLooked | ev.ProbeMeasured):
        return event.attempt
    return 0
