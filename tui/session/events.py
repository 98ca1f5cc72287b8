"""Everything that can happen in a session, as the journal keeps it."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from tui.session.event_base import Check as Check
from tui.session.event_base import Event as Event
from tui.session.event_base import Evidence as Evidence
from tui.session.event_base import Place as Place
from tui.session.event_base import Posted as Posted
from tui.session.event_base import Signature as Signature
from tui.session.event_kinds.commands_run import AttemptChecked as AttemptChecked
from tui.session.event_kinds.commands_run import AttemptEvent as AttemptEvent
from tui.session.event_kinds.commands_run import AttemptFinished as AttemptFinished
from tui.session.event_kinds.commands_run import AttemptRejoined as AttemptRejoined
from tui.session.event_kinds.commands_run import AttemptStarted as AttemptStarted
from tui.session.event_kinds.commands_run import JobsCleared as JobsCleared
from tui.session.event_kinds.commands_run import OutcomeResolved as OutcomeResolved
from tui.session.event_kinds.forked import ForkSeen as ForkSeen
from tui.session.event_kinds.measurements import BaselineTaken as BaselineTaken
from tui.session.event_kinds.measurements import FaultStruck as FaultStruck
from tui.session.event_kinds.measurements import MonitorSampled as MonitorSampled
from tui.session.event_kinds.measurements import MonitorsWaiting as MonitorsWaiting
from tui.session.event_kinds.measurements import ProbeMeasured as ProbeMeasured
from tui.session.event_kinds.measurements import TriggerArmed as TriggerArmed
from tui.session.event_kinds.measurements import TriggerCleared as TriggerCleared
from tui.session.event_kinds.measurements import TriggerTripped as TriggerTripped
from tui.session.event_kinds.second_person import AnsweredBy as AnsweredBy
from tui.session.event_kinds.second_person import ApprovalEnded as ApprovalEnded
from tui.session.event_kinds.second_person import ApprovalEvent as ApprovalEvent
from tui.session.event_kinds.second_person import ApprovalGranted as ApprovalGranted
from tui.session.event_kinds.second_person import ApprovalRefused as ApprovalRefused
from tui.session.event_kinds.second_person import ApprovalRequested as ApprovalRequested
from tui.session.event_kinds.second_person import StartedAlone as StartedAlone
from tui.session.event_kinds.second_person import WhyEnded as WhyEnded
from tui.session.outcome import LookResult


class SessionStarted(Event, frozen=True, kw_only=True):
    """A session begins: what is done, by whom, with which values.

    `reason` is why it runs outside the window; `drill` is the title of a rehearsal's scenario, `scenario` its name or
    the path of its file, `scenario_hash` the SHA-256 of what the session keeps of it, `pace` how much faster than life
    its commands run (0: at once). `runbook` is the runbook's id, `environment` which of its environments was chosen
    (empty: the runbook's own), `places` where its hosts are, all of them; `ssh_config` the file that was given as ssh's
    -F. `settings` is what the operator's settings said of its variables then. `epoch` counts who has had the session,
    where people share it. `groups` has the hosts of each group whose list a command printed, as it did then.
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
    groups: Mapping[str, tuple[str, ...]] = {}
    scenario: str = ""
    scenario_hash: str = ""
    pace: float = 1.0
    program: str = ""
    epoch: int = 0


class SessionResumed(Event, frozen=True, kw_only=True):
    """The session continues in a new process; see SessionStarted for `epoch`."""

    operator: str
    machine: str = ""
    epoch: int = 0


class SessionHandedOver(Event, frozen=True, kw_only=True):
    """Another operator takes over, on `machine`; see SessionStarted for `epoch`."""

    previous: str
    operator: str
    machine: str = ""
    summary: str = ""
    epoch: int = 0


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


class ValueCaptured(Event, frozen=True, kw_only=True):
    """A value was taken from the output; a secret one has no value here. `host` is whose it is of a group's hosts."""

    step: str
    name: str
    value: str = ""
    secret: bool = False
    host: str = ""


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
    """The operator wrote something down, or somebody who follows the session did: then `posted` is their message.

    Where it `pauses`, the program did: nothing of the step runs any more, and it continues when a person says so.
    """

    text: str
    operator: str
    step: str = ""
    posted: Posted | None = None
    pauses: bool = False

    @property
    def words(self) -> str:
        """What it says, called a note where a person wrote it."""
        return self.text if self.pauses else f"a note: {self.text}"


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
    | ForkSeen
)
"""What happens to the session as a whole."""

HostEvent = HostConnected | HostMoved | LinkChanged | JobsCleared
"""What happens to a host or to the connection to it."""

StepEvent = StepOpened | StepSigned | StepSkipped | StepNotNeeded | StepReopened | StepHeld | StepLooked | ApprovalEvent
"""What happens to a step as a whole."""

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
