"""What a journal says of the files beside it: by that they are fetched from another machine, and proved."""

from typing import assert_never

from msgspec import Struct

from tui.session import events as ev

NamesNone = (
    ev.MeasuredEvent  # first, as nearly all of a long session is that
    | ev.StepEvent
    | ev.HostEvent
    | ev.SessionResumed
    | ev.SessionHandedOver
    | ev.SessionFinished
    | ev.RollbackStarted
    | ev.RollbackFinished
    | ev.FollowUpDone
    | ev.FaultStruck
    | ev.ForkSeen
    | ev.AttemptRejoined
    | ev.AttemptChecked
    | ev.OutcomeResolved
    | ev.MessageSent
    | ev.LinkOpened
    | ev.ValueCaptured
    | ev.ValueCorrected
    | ev.NoteAdded
)
"""What names no file. A kind that names one and stood here would have its file neither fetched nor proved."""


class FilesTold(Struct):
    """The session's beginning, the steps of its attempts and how they ended, by their numbers, and its evidence.

    `evidence` has the SHA-256 (hexadecimal) of each file by its name.
    """

    started: ev.SessionStarted | None = None
    steps: dict[int, str] = {}
    finished: dict[int, ev.AttemptFinished] = {}
    evidence: dict[str, str] = {}

    def hear(self, event: ev.AnyEvent) -> None:
        """Take note of an event; the first beginning counts."""
        if isinstance(event, NamesNone):
            return
        match event:
            case ev.SessionStarted():
                self.started = self.started or event
            case ev.AttemptStarted():
                self.steps[event.attempt] = event.step
            case ev.AttemptFinished():
                self.finished[event.attempt] = event
            case ev.QuestionAnswered():
                self.evidence |= {one.name: one.sha256 for one in event.files}
            case _:
                assert_never(event)
