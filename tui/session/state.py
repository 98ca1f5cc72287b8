"""The state of a session at one moment, as everything that is shown or decided reads it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tui.once import once
from tui.runbook.facts import holds, may_hold
from tui.runbook.index import Plan, index_of
from tui.runbook.model import Action, FlowKind, Runbook, Section, Step
from tui.runbook.pointing import environment_fact
from tui.runbook.shell.script import with_input
from tui.session import events as ev
from tui.session.listed.values import Done as Done
from tui.session.outcome import LookResult, Outcome
from tui.session.samples import Monitored, TriggerState

CONNECTED = "connected"
"""The word for a connection that is up; any other link is not."""

AUTO = "auto"
"""Who signs where the runbook asks for no person, and who reopens what the plan reopens: nobody."""

LOOK = -1
"""The place, among a step's actions, of the look at whether there is anything to undo."""
OUTSIDE = -2
"""The place of a command that is none of the runbook: the operator ran it at a step, beside it."""


class StepStatus(StrEnum):
    """Where a step stands; the value is the word shown beside the glyph."""

    PENDING = "to do"
    RUNNING = "running"
    WAITING = "your turn"
    FAILED = "failed"
    UNKNOWN = "UNKNOWN"
    PASSED = "to sign"
    SIGNED = "signed"
    SKIPPED = "skipped"
    NOT_NEEDED = "not needed"

    @property
    def settled(self) -> bool:
        """Whether nothing more has to be done about the step."""
        return self in (StepStatus.SIGNED, StepStatus.SKIPPED, StepStatus.NOT_NEEDED)


class Attempt(Struct, frozen=True, kw_only=True):
    """One run of one command; `seconds` and `outcome` are missing while it runs. See AttemptStarted for the rest.

    `operator` is who ran one that is not of the runbook.
    `awaited` where what it asks for is waited for, and is not there yet: that is not a failure.
    `said` is what its output says of what went wrong. `seq` is the event that announced it, `resolved_seq` the one by
    which a person, who had looked, decided its outcome, and `resolved_by` who that was.
    """

    number: int
    step: str
    action: int
    host: str
    command: str
    started: datetime
    seconds: float | None = None
    outcome: Outcome | None = None
    checks: tuple[ev.Check, ...] = ()
    size: int = 0
    sha256: str = ""
    lost: str = ""
    judged: bool = False
    retrying: bool = False
    awaited: bool = False
    said: str = ""
    good: bool = False
    mutates: bool = False
    durable: bool = False
    again: bool = False
    seq: int = -1
    resolved_seq: int = -1
    resolved_by: str = ""
    stdin: str = ""
    operator: str = ""

    @property
    def outside(self) -> bool:
        """Whether it is a command of the operator's own, outside the runbook."""
        return self.action == OUTSIDE

    @property
    def whole(self) -> str:
        """The command with what it got on standard input, for the eye."""
        return with_input(self.command, self.stdin)

    @property
    def never_started(self) -> bool:
        """Whether its command cannot have changed anything, since it was not started; not while that is not known."""
        return self.outcome is not None and self.outcome.never_started

    @property
    def aside(self) -> bool:
        """Whether it was beside its step: what it found, or did, does not change where the step stands."""
        return self.again or self.action in (LOOK, OUTSIDE)


class Measure(Struct, frozen=True, kw_only=True):
    """What a probe measured of a service, by the attempt that it was."""

    attempt: int
    service: str
    check: str
    about: str
    figures: Mapping[str, float]


class StepState(Struct, frozen=True, kw_only=True):
    """A step's part of the session; `action` is the place of the next action to be done.

    `signed_seq` and `reopened_seq` are the events that last signed and reopened it, `replanned_seq` the last by which
    not a person but the plan reopened it, `confirmed_seq` the last by which it was found to hold after a restart.
    `outside` has the operator's own commands at it, which are none of the runbook's.
    `cells` has the last attempt on each host of a group, by the place of the action that runs on it.
    `decided` is who last answered what it asks, `by_hand` has the event by which each action that is a person's part
    was last done. `tripped_then` has the triggers that had fired when it was last let run: who did that had seen them.
    `paused` where it continues only when a person says so, once nothing of it runs any more.
    """

    id: str
    status: StepStatus = StepStatus.PENDING
    action: int = 0
    attempts: tuple[int, ...] = ()
    outside: tuple[int, ...] = ()
    checks: Mapping[int, tuple[ev.Check, ...]] = {}
    answers: Mapping[int, str] = {}
    by_hand: Mapping[int, int] = {}
    cells: Mapping[int, Mapping[str, int]] = {}
    notes: tuple[str, ...] = ()
    opened: datetime | None = None
    settled: datetime | None = None
    operator: str = ""
    second_operator: str = ""
    decided: str = ""
    tripped_then: Mapping[str, datetime] = {}
    reason: str = ""
    signed_seq: int = -1
    reopened_seq: int = -1
    replanned_seq: int = -1
    confirmed_seq: int = -1
    paused: bool = False

    @property
    def warned(self) -> tuple[int, ...]:
        """The places of its actions of which a check warned."""
        return tuple(place for place, checks in self.checks.items() if any(check.warning for check in checks))

    @property
    def shown(self) -> tuple[int, ...]:
        """Its attempts and the operator's own commands at it, in the order in which they ran."""
        return tuple(sorted((*self.attempts, *self.outside))) if self.outside else self.attempts


class Restart(Struct, frozen=True):
    """A host was found to have been started again: at which event, and when that was noticed."""

    seq: int
    at: datetime


class Announced(Struct, frozen=True):
    """People were told ahead: of which moment, as the message's `of` had it, and when; None where nobody knows when."""

    of: str
    at: datetime | None


class ApprovalStatus(StrEnum):
    """What became of the question whether a step may start; the value is the word that is shown."""

    WAITING = "waits for a second person"
    GRANTED = "allowed"
    REFUSED = "refused"
    ENDED = "not answered"
    ALONE = "alone"
    USED = "used"


class StepApproval(Struct, frozen=True, kw_only=True):
    """The last question whether a step may start: its event, that event's number and time, and what became of it.

    `by` is the second person who answered, or the operator who started alone; `note` what they wrote; `posted` the
    signature of an answer that was signed.
    """

    request: ev.ApprovalRequested
    seq: int
    at: datetime
    status: ApprovalStatus = ApprovalStatus.WAITING
    by: str = ""
    how: ev.AnsweredBy | None = None
    note: str = ""
    posted: ev.Posted | None = None
    ended: ev.WhyEnded | None = None
    answered: datetime | None = None

    @property
    def allows(self) -> bool:
        """Whether the step may start by it, once."""
        return self.status in (ApprovalStatus.GRANTED, ApprovalStatus.ALONE)


class SessionState(Struct, frozen=True, kw_only=True, dict=True):
    """A whole session at one moment. `seq` is the last event folded in; mappings are never changed in place.

    `changed_seq` is the last event that was more than a measurement: since it nothing but `at`, `seq`, `monitors` and
    `triggers` has changed.
    `moved` has where hosts are that the operator took to be elsewhere since the start, `corrected` the values that
    the operator put right.
    `restarts` has the last restart of each host that was restarted meanwhile.
    `links` has the state of each connection that ever changed, `links_at` since when it is up, or is not. `looks`
    has what the looks of rollback steps found, `sent_at` when each message last went out,
    `told` what people were told ahead, `tripped` since when a trigger proposes to roll back, `followups` those that
    are done, `faults` when those of a drill struck. `open_attempts` has the numbers of those that have not ended, or
    ended by themselves and were not judged. `approvals` has the last question of each step that needs a second person,
    `posted` the ids of the messages that were taken from people who follow the session. `forks` has what earlier
    writers wrote after they had lost the session, by the hash of the first line.
    """

    runbook: Runbook
    seq: int = -1
    changed_seq: int = -1
    at: datetime | None = None
    started: ev.SessionStarted | None = None
    started_at: datetime | None = None
    finished: ev.SessionFinished | None = None
    finished_at: datetime | None = None
    operator: str = ""
    epoch: int = 0
    flow: str = ""
    facts: Mapping[str, str] = {}
    corrected: Mapping[str, str] = {}
    secret_names: frozenset[str] = frozenset()
    steps: Mapping[str, StepState] = {}
    attempts: Mapping[int, Attempt] = {}
    hosts: Mapping[str, ev.HostConnected] = {}
    restarts: Mapping[str, Restart] = {}
    moved: Mapping[str, ev.Place] = {}
    links: Mapping[str, str] = {}
    links_at: Mapping[str, datetime] = {}
    current: str = ""
    rollback: ev.RollbackStarted | None = None
    rollback_at: datetime | None = None
    rollback_finished_at: datetime | None = None
    looks: Mapping[str, LookResult] = {}
    sent_at: Mapping[str, datetime] = {}
    told: Mapping[str, Announced] = {}
    measures: tuple[Measure, ...] = ()
    monitors: Mapping[str, Monitored] = {}
    triggers: Mapping[str, TriggerState] = {}
    tripped: Mapping[str, datetime] = {}
    followups: Mapping[str, Done] = {}
    faults: Mapping[str, datetime] = {}
    open_attempts: tuple[int, ...] = ()
    approvals: Mapping[str, StepApproval] = {}
    posted: frozenset[str] = frozenset()
    forks: Mapping[str, ev.ForkSeen] = {}

    @property
    def drill(self) -> bool:
        """Whether this is a rehearsal."""
        return self.started is not None and bool(self.started.drill)

    def plan(self) -> tuple[tuple[Section, Step], ...]:
        """The session's steps in order: those of its flow and, after a rollback was started, those of the rollback."""
        return plan_of(self).steps

    def fixed_facts(self) -> Mapping[str, str]:
        """The facts given at the start or corrected since: they decide what steps there are; no captured value does."""
        if self.started is None:
            return {}
        given = {**self.started.variables, **self.corrected, "method": self.started.method, "flow": self.started.flow}
        return {**given, **environment_fact(self.runbook, self.started.environment)}

    def step(self, step_id: str) -> StepState:
        """Where a step stands; one that was not touched yet is pending."""
        return self.steps.get(step_id) or StepState(id=step_id)

    def next_step(self) -> Step | None:
        """The first step of the plan (of the rollback, once one was started) that is not settled."""
        return _next_step(self)

    def applies(self, section: Section, step: Step) -> bool:
        """Whether the facts known by now leave the step to be done."""
        if not (may_hold(section.when, self.facts) and may_hold(step.when, self.facts)):
            return False
        return not step.needed_if or holds(step.needed_if, self.facts)

    def running(self) -> Attempt | None:
        """The attempt that has started and not finished, if there is one; the first, where several have."""
        return next(iter(self.all_running()), None)

    def all_running(self) -> tuple[Attempt, ...]:
        """The attempts that have started and not finished: several on a group of hosts, or of checks made at once."""
        return _all_running(self)

    def unjudged(self) -> tuple[Attempt, ...]:
        """The attempts that ended by themselves and whose expectations were not compared with them yet."""
        return tuple(one for one in map(self.attempts.__getitem__, self.open_attempts) if one.outcome is not None)


@once
def _all_running(state: SessionState) -> tuple[Attempt, ...]:
    return tuple(one for one in map(state.attempts.__getitem__, state.open_attempts) if one.outcome is None)


@once
def last_attempt(state: SessionState) -> int:
    """The number of the last attempt that was begun; 0 where none was."""
    return max(state.attempts, default=0)


@once
def plan_of(state: SessionState) -> Plan:
    """The steps that the session goes through, and the place of each."""
    flows = (state.started.flow,) if state.started else ()
    if state.rollback and state.rollback.flow not in flows:
        flows = (*flows, state.rollback.flow)
    return index_of(state.runbook).plan(flows, state.fixed_facts())


@once
def plan_now(state: SessionState) -> Plan:
    """The steps that are gone through now: those of the rollback, once there is one."""
    if state.rollback is None:
        return plan_of(state)
    return index_of(state.runbook).plan((state.rollback.flow,), state.fixed_facts())


def made_elsewhere(state: SessionState) -> bool:
    """Whether the session is a rollback of a deployment that it knows nothing of."""
    return state.started is not None and state.runbook.flows[state.started.flow].kind is FlowKind.ROLLBACK


@once
def _next_step(state: SessionState) -> Step | None:
    wanted = plan_now(state).places
    for _, step in plan_of(state).steps:
        known = state.steps.get(step.id)
        if (known is None or not known.status.settled) and step.id in wanted:
            return step
    return None


def initial(runbook: Runbook) -> SessionState:
    """The state before the first event."""
    return SessionState(runbook=runbook)


def step_by_id(runbook: Runbook, step_id: str) -> Step:
    """The step of this id, in the runbook's sections or in its troubleshooting.

    Raises:
        KeyError: there is none.
    """
    return index_of(runbook).steps[step_id]


_OWN = Action(run="")
"""What there is of an action for a command outside the runbook: nothing is expected of it."""


def action_at(step: Step, place: int) -> Action:
    """The action at this place of a step: 0 is the first, LOOK its look, OUTSIDE a command that is none of it.

    Raises:
        IndexError: the step has none there.
    """
    if place == LOOK and step.look is not None:
        return step.look
    if place == OUTSIDE:
        return _OWN
    if place < 0:
        raise IndexError(f"the step {step.id} has no look")
    return step.actions[place]


def action_then(step: Step, attempt: Attempt) -> Action:
    """The action that an attempt was of; an empty one where the step has it no more, or never had it."""
    try:
        return action_at(step, attempt.action)
    except IndexError:
        return _OWN
