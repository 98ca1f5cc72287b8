"""Everything that can happen in a session, as the journal keeps it."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from tui.session.event_base import Check as Check
from tui.session.event_base import Event as Event
from tui.session.event_base import Evidence as Evidence
from tui.session.event_base import Place as Place
from tui.session.event_base import Signature as Signature
from tui.session.events_measured import BaselineTaken as BaselineTaken
from tui.session.events_measured import FaultStruck as FaultStruck
from tui.session.events_measured import MonitorSampled as MonitorSampled
from tui.session.events_measured import MonitorsWaiting as MonitorsWaiting
from tui.session.events_measured import ProbeMeasured as ProbeMeasured
from tui.session.events_measured import TriggerArmed as TriggerArmed
from tui.session.events_measured import TriggerCleared as TriggerCleared
from tui.session.events_measured import TriggerTripped as TriggerTripped
from tui.session.outcome import LookResult, Outcome


class SessionStarted(Event, frozen=True, kw_only=True):
    """A session begins: what is done, by whom, with which values.

    `reason` is why it runs outside the window; `drill` is the title of a rehearsal's scenario, `scenario` its name or
    the path of its file, `scenario_hash` the SHA-256 of what the session keeps of it, `pace` how much faster than life
    its commands run (0: at once). `runbook` is the runbook's id, `environment` which of its environments was chosen
    (empty: the runbook's own), `places` where its hosts are, all of them; `ssh_config` the file that was given as ssh's
    -F. `settings` is what the operator's settings said of its variables then.
    """

    session: str
    flow: str
    method: str = ""
    operator: str
    second_operator: str = ""
    title: str
    runbook_hash: str
    variables: Mapping[str, str] = {}
    targets: Mapping[str, str] = {}
    runbook: str = ""
    environment: str = ""
    settings: Mapping[str, str] = {}
    places: Mapping[str, Place] = {}
    ssh_config: str = ""
    change: str = ""
    reason: str = ""
    drill: str = ""
    scenario: str = ""
    scenario_hash: str = ""
    pace: float = 1.0
    program: str = ""


class SessionResumed(Event, frozen=True, kw_only=True):
    """The session continues in a new process."""

    operator: str
    machine: str = ""


class SessionHandedOver(Event, frozen=True, kw_only=True):
    """Another operator takes over, on `machine`."""

    previous: str
    operator: str
    machine: str = ""
    summary: str = ""


class SessionFinished(Event, frozen=True, kw_only=True):
    """The operator ends the session; `result` is completed, abandoned or rolled back."""

    result: str
    operator: str
    note: str = ""


class HostConnected(Event, frozen=True, kw_only=True):
    """A host was reached: as whom, and by which key it is known."""

    host: str
    target: str
    user: str = ""
    hostname: str = ""
    fingerprint: str = ""
    boot_id: str = ""
    seconds: float = 0.0


class HostMoved(Event, frozen=True, kw_only=True):
    """The operator takes a host of the session to be at another place from now on."""

    host: str
    before: Place
    place: Place
    operator: str


class LinkChanged(Event, frozen=True, kw_only=True):
    """A connection went down or is up again."""

    host: str
    link: str
    detail: str = ""


class StepOpened(Event, frozen=True, kw_only=True):
    """The operator starts a step, or continues it; `first`: from its first action again.

    `second_operator` is who allowed it, where the runbook wants a second person before it starts.
    """

    step: str
    operator: str
    confirmed: str = ""
    first: bool = False
    second_operator: str = ""


class StepSigned(Event, frozen=True, kw_only=True):
    """A step is done and somebody answers for it; `operator` is "auto" where the runbook asks for no person.

    `count` and `head` are the number of journal lines before this one and the hash of the last of them; where keys
    sign, other events may have come between while a person was asked. Each person's signature is of their own
    statement (`signature.statement_of`).
    """

    step: str
    operator: str
    second_operator: str = ""
    note: str = ""
    count: int = 0
    head: str = ""
    signature: Signature | None = None
    second_signature: Signature | None = None


class StepSkipped(Event, frozen=True, kw_only=True):
    """A step is left out, and why."""

    step: str
    operator: str
    reason: str


class StepNotNeeded(Event, frozen=True, kw_only=True):
    """A step does not apply to what is known by now."""

    step: str
    reason: str


class StepReopened(Event, frozen=True, kw_only=True):
    """A step is to be done again."""

    step: str
    operator: str
    reason: str


class StepHeld(Event, frozen=True, kw_only=True):
    """A step that a restart of its host had put in doubt was looked at again and is as it was signed.

    `operator` is "auto" where the program asked the host, else who looked, and `reason` how they know.
    """

    step: str
    operator: str
    reason: str


class AttemptStarted(Event, frozen=True, kw_only=True):
    """A command is about to start. `attempt` counts through the session; `action` is the action's place in its step.

    A `durable` one continues to run when the connection or this program ends. With `again` the check of a step that is
    settled already is made again; the step stays what it was. `stdin` is what the command gets on standard input.
    A command outside the runbook has the action -2: `operator` ran it beside the step, and `confirmed` is what they
    pressed or typed to allow it.
    """

    attempt: int
    step: str
    action: int
    host: str
    command: str
    mutates: bool = False
    durable: bool = False
    again: bool = False
    stdin: str = ""
    operator: str = ""
    confirmed: str = ""


class AttemptRejoined(Event, frozen=True, kw_only=True):
    """A durable command that kept running by itself is followed again, from these bytes of its two outputs on."""

    attempt: int
    operator: str
    out: int = 0
    err: int = 0


class JobsCleared(Event, frozen=True, kw_only=True):
    """What durable commands left on a host was removed; `left` still run there, `problem` says why it was not."""

    host: str
    left: int = 0
    problem: str = ""


class AttemptFinished(Event, frozen=True, kw_only=True):
    """A command ended, with the size and SHA-256 of its output file; `lost` says why not all of it could be kept.

    `timing` is the SHA-256 of the file that says when the output came, and from which stream. `said` is the first line
    of the output that tells of an error, of a command that did not end by itself. `retrying` where it is waited for
    something, the host did not answer or not in time, and the command runs again.
    """

    attempt: int
    outcome: Outcome
    seconds: float
    size: int = 0
    sha256: str = ""
    lost: str = ""
    timing: str = ""
    said: str = ""
    retrying: bool = False


class AttemptChecked(Event, frozen=True, kw_only=True):
    """The expectations were compared with an attempt; `retrying` when they did not hold and the action runs again.

    Where they did not hold, `said` is the first line of the output that tells of an error.
    """

    attempt: int
    checks: tuple[Check, ...]
    retrying: bool = False
    said: str = ""


class OutcomeResolved(Event, frozen=True, kw_only=True):
    """A person decides what an unknown outcome was: `succeeded` or `failed`, and how they know."""

    attempt: int
    operator: str
    succeeded: bool
    reason: str


class ValueCaptured(Event, frozen=True, kw_only=True):
    """A value was taken from the output; a secret one has no value here."""

    step: str
    name: str
    value: str = ""
    secret: bool = False


class ValueCorrected(Event, frozen=True, kw_only=True):
    """The operator puts a value of the open session right; `before` is what it was. What ran stays as it was."""

    name: str
    value: str
    before: str = ""
    operator: str
    reason: str = ""


class QuestionAnswered(Event, frozen=True, kw_only=True):
    """The operator answered a question, or said of work by hand that it is done, or not done; `files` show it."""

    step: str
    action: int
    operator: str
    answer: str
    checks: tuple[Check, ...] = ()
    note: str = ""
    files: tuple[Evidence, ...] = ()


class MessageSent(Event, frozen=True, kw_only=True):
    """A message went out: `how` is copied, sent or already sent.

    `went_out` (YYYY-MM-DD HH:MM, UTC) is when it did, where a person said so of one that was sent already.
    """

    message: str
    text: str
    how: str
    operator: str
    step: str = ""
    action: int = -1
    went_out: str = ""


class LinkOpened(Event, frozen=True, kw_only=True):
    """The operator was taken to a page."""

    url: str
    operator: str
    step: str = ""
    action: int = -1


class NoteAdded(Event, frozen=True, kw_only=True):
    """The operator wrote something down."""

    text: str
    operator: str
    step: str = ""


class RollbackStarted(Event, frozen=True, kw_only=True):
    """The operator decides to roll back with flow `flow`."""

    flow: str
    operator: str
    reason: str


class StepLooked(Event, frozen=True, kw_only=True):
    """A rollback step's look was made: whether there is something to undo; None where it cannot tell."""

    step: str
    attempt: int
    needed: bool | None
    operator: str = ""

    @property
    def found(self) -> LookResult:
        """What the look found."""
        if self.needed is None:
            return LookResult.UNTOLD
        return LookResult.TO_UNDO if self.needed else LookResult.NOTHING


class RollbackFinished(Event, frozen=True, kw_only=True):
    """The last step of the rollback is settled."""

    operator: str


class FollowUpDone(Event, frozen=True, kw_only=True):
    """A task that was due after the session is done; it ends no earlier than the session did, and reopens nothing."""

    followup: str
    operator: str
    note: str = ""


SessionEvent = (
    SessionStarted
    | SessionResumed
    | SessionHandedOver
    | SessionFinished
    | RollbackStarted
    | RollbackFinished
    | FollowUpDone
    | FaultStruck
)
"""What happens to the session as a whole."""

HostEvent = HostConnected | HostMoved | LinkChanged | JobsCleared
"""What happens to a host or to the connection to it."""

StepEvent = StepOpened | StepSigned | StepSkipped | StepNotNeeded | StepReopened | StepHeld | StepLooked
"""What happens to a step as a whole."""

AttemptEvent = AttemptStarted | AttemptRejoined | AttemptFinished | AttemptChecked | OutcomeResolved
"""What happens to a command."""

AnswerEvent = QuestionAnswered | MessageSent | LinkOpened | ValueCaptured | ValueCorrected | NoteAdded
"""What a person answers, sends or writes, and the values that come of it or of a command's output."""

MeasuredEvent = (
    ProbeMeasured | MonitorSampled | MonitorsWaiting | BaselineTaken | TriggerArmed | TriggerTripped | TriggerCleared
)
"""What is measured, and what follows from it."""

AnyEvent = SessionEvent | HostEvent | StepEvent | AttemptEvent | AnswerEvent | MeasuredEvent
"""Every kind of event. Whatever handles events handles each kind, or names it among those it ignores: a `match` that
ends in `assert_never`, so that the type checker finds a kind that was forgotten."""


class Entry(Struct, frozen=True):
    """An event with its place in the journal: `at` in UTC, `mono` in seconds since this process opened the journal."""

    seq: int
    at: datetime
    mono: float
    event: AnyEvent
