"""Picks out what did not go as the runbook has it, one by one and grouped: what came fourteen times is one line."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.shell.script import first_line
from tui.session import events as ev
from tui.session.approval.approved import approval_words
from tui.session.approval.fork_words import fork_told
from tui.session.groups.cells import member_of
from tui.session.groups.left_open import left_open
from tui.session.outcome import OutcomeKind
from tui.session.places import words_of
from tui.session.report_card.trigger_words import reason_of, trigger_called, tripped_words
from tui.session.state import AUTO, CONNECTED, SessionState, step_by_id
from tui.session.tries import took
from tui.session.views.called import OUTSIDE_WORDS, attempt_called
from tui.session.views.trouble import expected_called
from tui.text.sentences import missed, reasoned, without_last_line

FAILED, AGAIN, WARNING, UNKNOWN, SKIPPED = "failed", "not yet", "warning", "UNKNOWN", "skipped"
REOPENED, DECIDED, BESIDE, PEOPLE = "reopened", "decided", "beside the plan", "people"
ROLLBACK, CONNECTION, MOVED, OUTSIDE = "rollback", "connection", "moved", "outside the window"
ALONE, NOT_ALLOWED, FORK, LEFT = "alone", "not allowed", "fork", "left in the middle"
TRIGGER = "trigger"
"""What kind of deviation one is."""

FIRST = {ALONE: 0, FORK: 1, LEFT: 2}
"""What is told before all else, and in which order."""

SIGNS = {
    FAILED: "✖",
    AGAIN: "↻",
    WARNING: "⚠",
    UNKNOWN: "?",
    SKIPPED: "↷",
    REOPENED: "↻",
    DECIDED: "✎",
    BESIDE: "✎",
    PEOPLE: "◆",
    ROLLBACK: "↺",
    CONNECTION: "✖",
    MOVED: "◆",
    OUTSIDE: "◆",
    ALONE: "◆",
    NOT_ALLOWED: "✖",
    FORK: "◆",
    LEFT: "✖",
    TRIGGER: "▲",
}

PROPOSED = "rollback proposed: "

NAMED = 5
"""Hosts of a group that are named where several are one deviation."""


class Deviation(Struct, frozen=True):
    """Something that did not go as the runbook has it: when, at which step, what; `expected` and `came` of its checks.

    `host` is where it was, of a group's hosts.
    """

    at: datetime
    step: str
    what: str
    kind: str = ""
    expected: str = ""
    came: str = ""
    host: str = ""


class DeviationGroup(Struct, frozen=True, kw_only=True):
    """Deviations that are one thing `count` times: from the `first` to the `last`, at a step of this title.

    `hosts` are those of a group where it was.
    """

    first: datetime
    last: datetime
    step: str
    title: str
    kind: str
    what: str
    count: int
    hosts: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """The sign of its kind."""
        return SIGNS[self.kind]

    @property
    def words(self) -> str:
        """On which hosts of a group it was, what, and how often: web07, web11: failed: expected …, got … ×2."""
        more = f" and {len(self.hosts) - NAMED} more" if len(self.hosts) > NAMED else ""
        hosts = f"{', '.join(self.hosts[:NAMED])}{more}: " if self.hosts else ""
        return hosts + self.what + (f" ×{self.count}" if self.count > 1 else "")


class Overrun(Struct, frozen=True):
    """A step that took longer than its budget; both in seconds."""

    step: str
    title: str
    budget: float
    took: float


def deviations(state: SessionState, entries: Iterable[ev.Entry]) -> list[Deviation]:
    """Skips, failures, retries, warnings, unknown outcomes, lost connections and triggers, in order of time.

    What was started alone, where it needed two, comes first; then what was written beside the session, and hosts that
    were left in the middle of a change. A rollback for the reason that a trigger proposed is one thing with that.
    """
    found, proposed = list[Deviation](), dict[str, Deviation]()
    for entry in entries:
        if isinstance(entry.event, ev.MonitorSampled):  # nearly all events of a long session
            continue
        here = [Deviation(entry.at, step, what, *more) for step, what, *more in _deviation(entry.event, state)]
        found += [replace(one, host=_host(entry.event, state)) for one in here]
        if isinstance(entry.event, ev.TriggerTripped) and (reason := reason_of(entry.event, state)):
            proposed[reason] = found[-1]
        elif isinstance(entry.event, ev.RollbackStarted) and (proposal := proposed.pop(entry.event.reason, None)):
            found.remove(proposal)
            found[-1] = _followed(proposal, found[-1])
    found += _left(state)
    return sorted(found, key=lambda one: FIRST.get(one.kind, len(FIRST)))


def _followed(proposal: Deviation, rollback: Deviation) -> Deviation:
    """A rollback for the reason that a trigger proposed it by: one deviation, with when and by what it was proposed."""
    by = proposal.what.removeprefix(PROPOSED)
    return replace(rollback, what=f"{rollback.what}; proposed at {proposal.at:%H:%M:%S}: {by}")


def _left(state: SessionState) -> Iterator[Deviation]:
    for left in left_open(state):
        done = f": {', '.join(left.done)} done" if left.done else ""
        at = state.attempts[left.attempt].started
        yield Deviation(at, left.step.id, f"left in the middle{done}", LEFT, host=left.host)


def _host(event: ev.AnyEvent, state: SessionState) -> str:
    """The host of a group that an event is about; empty where it is about none."""
    return member_of(state, state.attempts[event.attempt]) if isinstance(event, ev.AttemptEvent) else ""


def grouped(found: Iterable[Deviation], state: SessionState) -> list[DeviationGroup]:
    """The deviations with those that are the same thing in one, in the order of each one's first.

    Of a check that got something else each time it is the same where the same was expected; the last is told.
    """
    groups: dict[tuple[str, str, str], list[Deviation]] = {}
    for one in found:
        groups.setdefault((one.step, one.kind, one.expected or one.what), []).append(one)
    return [
        DeviationGroup(
            first=same[0].at,
            last=same[-1].at,
            step=same[0].step,
            title=step_by_id(state.runbook, same[0].step).title if same[0].step else "",
            kind=same[0].kind,
            what=_told(same),
            count=len(same),
            hosts=tuple(dict.fromkeys(one.host for one in same if one.host)),
        )
        for same in groups.values()
    ]


def _told(same: list[Deviation]) -> str:
    last = same[-1]
    if not last.expected or len({one.came for one in same}) == 1:
        return last.what
    return f"{last.what} at last"


def overruns(state: SessionState) -> list[Overrun]:
    """The steps whose commands took longer than their budget, the worst first."""
    found = []
    for name in state.steps:
        step = step_by_id(state.runbook, name)
        length = took(state, step)
        if length > (budget := budget_of(state.runbook, step)):
            found.append(Overrun(step.id, step.title, budget, length))
    return sorted(found, key=lambda one: one.budget - one.took)


Told = tuple[str, ...]
"""The step, what, the kind, and of a check what was expected and what came."""


def _deviation(event: ev.AnyEvent, state: SessionState) -> Iterator[Told]:
    if isinstance(event, ev.SessionEvent):
        yield from _of_session(event, state)
    elif isinstance(event, ev.StepEvent):
        yield from _of_step(event, state)
    elif isinstance(event, ev.AttemptEvent):
        yield from _of_attempt(event, state)
    else:
        yield from _of_another(event, state)


def _of_session(event: ev.SessionEvent, state: SessionState) -> Iterator[Told]:
    match event:
        case ev.SessionStarted():
            if event.reason:
                yield "", f"begun outside the window: {event.reason}", OUTSIDE
        case ev.SessionResumed():
            yield "", f"resumed by {event.operator}", PEOPLE
        case ev.SessionHandedOver():
            yield "", f"handed over from {event.previous} to {event.operator}", PEOPLE
        case ev.RollbackStarted():
            yield "", f"rollback started by {event.operator}", ROLLBACK  # why is above, on the card
        case ev.ForkSeen():
            if state.forks.get(event.begins, event).lines == event.lines:  # the rest was found later
                yield "", fork_told(event), FORK
        case ev.SessionFinished() | ev.RollbackFinished() | ev.FollowUpDone() | ev.FaultStruck():
            return
        case _:
            assert_never(event)


def _of_step(event: ev.StepEvent, state: SessionState) -> Iterator[Told]:
    match event:
        case ev.StepSigned():
            if all(event.step != other.id for _, other in state.plan()):
                yield event.step, "troubleshooting, beside the plan", BESIDE
        case ev.StepSkipped():
            yield event.step, f"skipped by {event.operator}: {event.reason}", SKIPPED
        case ev.StepReopened():
            by = "the plan" if event.operator == AUTO else event.operator
            yield event.step, f"reopened by {by}: {event.reason}", REOPENED
        case ev.StartedAlone():
            yield event.step, approval_words(event), ALONE
        case ev.ApprovalRefused() | ev.ApprovalEnded():
            yield event.step, approval_words(event), NOT_ALLOWED
        case ev.StepOpened() | ev.StepNotNeeded() | ev.StepHeld() | ev.StepLooked():
            return
        case ev.ApprovalRequested() | ev.ApprovalGranted():
            return
        case _:
            assert_never(event)


def _of_attempt(event: ev.AttemptEvent, state: SessionState) -> Iterator[Told]:
    attempt = state.attempts[event.attempt]
    match event:
        case ev.AttemptFinished():
            if not event.outcome.ended_by_itself and not event.retrying:
                kind = UNKNOWN if event.outcome.kind is OutcomeKind.UNKNOWN else FAILED
                yield attempt.step, reasoned(attempt_called(attempt), event.said), kind
        case ev.AttemptChecked():
            if attempt.awaited:
                return
            checks = [
                replace(check, expected=expected_called(state, attempt.step, attempt.action, check.expected))
                for check in event.checks
            ]
            yield from _bad_checks(attempt.step, checks, event.retrying, event.said)
        case ev.OutcomeResolved():
            word = "succeeded" if event.succeeded else "failed"
            yield attempt.step, f"resolved as {word} by {event.operator}: {event.reason}", DECIDED
        case ev.AttemptStarted():
            if attempt.outside:
                does = "may have changed something" if event.mutates else "only read"
                words = f"{OUTSIDE_WORDS}, on {event.host} by {event.operator}, {does}: {first_line(event.command)}"
                yield attempt.step, words, BESIDE
        case ev.AttemptRejoined():
            return
        case _:
            assert_never(event)


def _of_another(event: ev.HostEvent | ev.AnswerEvent | ev.MeasuredEvent, state: SessionState) -> Iterator[Told]:
    match event:
        case ev.HostMoved():
            where = f"{words_of(event.before)} to {words_of(event.place)}"
            yield "", f"{event.host} moved from {where} by {event.operator}", MOVED
        case ev.LinkChanged():
            if event.link != CONNECTED:
                yield "", f"{event.host}: {event.link}{event.detail and f', {event.detail}'}", CONNECTION
        case ev.QuestionAnswered():
            yield from _bad_checks(event.step, event.checks)
        case ev.HostConnected() | ev.JobsCleared():
            return
        case ev.MessageSent() | ev.LinkOpened() | ev.ValueCaptured() | ev.ValueCorrected() | ev.NoteAdded():
            return
        case ev.ProbeMeasured() | ev.MonitorSampled() | ev.MonitorsWaiting() | ev.BaselineTaken():
            return
        case ev.TriggerTripped():
            yield "", f"{PROPOSED}{trigger_called(event, state)} {tripped_words(event, state)}", TRIGGER
        case ev.TriggerArmed() | ev.TriggerCleared():
            return
        case _:
            assert_never(event)


def _bad_checks(step: str, checks: Sequence[ev.Check], retrying: bool = False, said: str = "") -> Iterator[Told]:
    """What did not hold: what failed as one thing, what warned as another.

    `said`, the first error line of the output, is the reason of the first that failed.
    """
    for warning in dict.fromkeys(check.warning for check in checks if not check.ok):
        bad = [check for check in checks if not check.ok and check.warning is warning]
        kind = WARNING if warning else AGAIN if retrying else FAILED
        word = "not yet, run again" if kind == AGAIN else kind
        why = "" if warning or any(said in one.came for one in bad[1:]) else said
        came = [one.came if warning or not said else without_last_line(one.came) for one in bad]
        came[0] = reasoned(came[0], why)
        told = [missed(one.expected, got) for one, got in zip(bad, came, strict=True)]
        yield step, f"{word}: {'; '.join(told)}", kind, "; ".join(one.expected for one in bad), "; ".join(came)
