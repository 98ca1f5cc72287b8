"""What the reports for people say of a session, as data, so that Markdown and HTML only lay it out."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from tui.exports.event_words import event_words
from tui.exports.source import Source
from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.model import Step, seconds
from tui.session import events as ev
from tui.session.places import environment_of
from tui.session.state import AUTO, Attempt, StepState, StepStatus
from tui.session.subject import attempt_of, step_of
from tui.session.views.called import (
    CONTINUES,
    OUTSIDE_WORDS,
    STARTED,
    attempt_called,
    items,
    over,
    over_at,
    people_words,
    place_words,
    recorded_at,
    settled_by,
    status_word,
)
from tui.session.views.followups import followups as session_followups
from tui.session.views.markers import marker_of
from tui.session.views.rollback import rollback_plan
from tui.text.amounts import duration_spelled, within_words
from tui.text.drawn import Drawn
from tui.text.sentences import met, missed

COLOUR = 32
"""Characters that a page takes for each part of a line that has a colour."""


class TimelineRow(Struct, frozen=True, kw_only=True):
    """A row of the timeline: `step` is the step's id, `attempt` 0 where it is of none.

    `kind` is the marker that it is (tui/session/views/markers.py), empty for what is not a marker.
    """

    seq: int
    at: datetime
    who: str
    step: str
    title: str
    what: str
    kind: str
    attempt: int


class Undoing(Struct, frozen=True):
    """A step of the rollback: whether it was needed and why, and what it came to."""

    step: str
    title: str
    plan: str
    came_to: str
    why: str


class RollbackFigures(Struct, frozen=True, kw_only=True):
    """The rollback in figures: by whom, why, how long against what is allowed, in seconds."""

    reason: str
    operator: str
    at: datetime
    took: float | None
    allowed: float | None
    steps: tuple[Undoing, ...]

    @property
    def words(self) -> str:
        """How long it took against what is allowed, in words."""
        took = "not finished" if self.took is None else duration_spelled(self.took)
        return took + (f" of {duration_spelled(self.allowed)}" if self.allowed else "")


class Person(Struct, frozen=True):
    """Somebody who took part, and what they did in words."""

    name: str
    did: str


class Task(Struct, frozen=True):
    """A follow-up: when it is due (None while the session is open), after how long, who did it and when."""

    id: str
    title: str
    within: float
    due: datetime | None
    done: str = ""

    @property
    def words(self) -> str:
        """When it is due, or that it was done."""
        if self.done:
            return f"done {self.done}"
        return f"due {self.due:%Y-%m-%d %H:%M} UTC" if self.due else f"due {within_words(self.within)} after the end"


class Answered(Struct, frozen=True):
    """A question of a step, what was answered, and what of the answer was not as expected."""

    question: str
    answer: str
    bad: tuple[ev.Check, ...]


class Tick(Struct, frozen=True):
    """An item of the runbook's checklist, whether it was done, and how far it is."""

    id: str
    title: str
    done: bool
    words: str = ""


def head(source: Source) -> dict[str, str]:
    """The facts of a session beside its report card, by name, those that are not known left out."""
    state, started = source.state, source.state.started
    ended, recorded = over_at(state), recorded_at(state)
    rows = {
        "Session": source.id,
        "Started (UTC)": f"{state.started_at:%Y-%m-%d %H:%M:%S}" if state.started_at else "",
        "Ended (UTC)": f"{ended:%Y-%m-%d %H:%M:%S}" if ended else "",
        "Recorded as finished (UTC)": f"{recorded:%Y-%m-%d %H:%M:%S}" if recorded else "",
        "Operator": people_words(state.operator, started.second_operator if started else ""),
        "Environment": environment_of(state),
        "Method": started.method if started else "",
        "Change": started.change if started else "",
        "Hosts": ", ".join(f"{host.host}: {host.user}@{host.target}" for host in state.hosts.values()),
        "Steps": ", ".join(f"{source.count(status)} {status.value}" for status in StepStatus if source.count(status)),
    }
    return {name: value for name, value in rows.items() if value}


def values(source: Source) -> dict[str, str]:
    """What was given for the runbook's variables."""
    return dict(source.state.started.variables) if source.state.started else {}


def rollback(source: Source) -> RollbackFigures | None:
    """The rollback in figures; None where there was none."""
    state = source.state
    if state.rollback is None or state.rollback_at is None:
        return None
    end, budget = state.rollback_finished_at, state.runbook.flows[state.rollback.flow].budget
    return RollbackFigures(
        reason=state.rollback.reason,
        operator=state.rollback.operator,
        at=state.rollback_at,
        took=(end - state.rollback_at).total_seconds() if end else None,
        allowed=seconds(budget) if budget else None,
        steps=tuple(
            Undoing(
                planned.step.id,
                planned.step.title,
                planned.need.value,
                status_word(state, state.step(planned.step.id)),
                planned.why,
            )
            for planned in rollback_plan(state)
        ),
    )


def timeline(source: Source) -> Iterator[TimelineRow]:
    """What happened, in its order; what another row says, and each figure of a monitor, left out."""
    for entry in source.told:
        if _in_brief(entry.event, source):
            continue
        who, title, what = event_words(entry.event, source.state)
        marker = marker_of(entry, source.state)
        yield TimelineRow(
            seq=entry.seq,
            at=entry.at,
            who=who,
            step=step_of(entry.event, source.state.attempts),
            title=title,
            what=what,
            kind=marker.kind.value if marker else "",
            attempt=attempt_of(entry.event),
        )


def _in_brief(event: ev.AnyEvent, source: Source) -> bool:
    """Whether another row says it: a command's start is in the row of its end, and a success is not written."""
    if isinstance(event, ev.SessionEvent | ev.HostEvent | ev.StepEvent | ev.AnswerEvent):
        return False
    match event:
        case ev.AttemptStarted():
            return source.state.attempts[event.attempt].outcome is not None
        case ev.AttemptChecked():
            return all(check.ok for check in event.checks)
        case ev.MonitorsWaiting():
            return True
        case (
            ev.AttemptRejoined()
            | ev.AttemptFinished()
            | ev.OutcomeResolved()
            | ev.ProbeMeasured()
            | ev.MonitorSampled()
            | ev.BaselineTaken()
            | ev.TriggerArmed()
            | ev.TriggerTripped()
            | ev.TriggerCleared()
        ):
            return False
        case _:
            assert_never(event)


def people(source: Source) -> list[Person]:
    """Who took part, in the order in which they first did something, and how often they did what."""
    did: dict[str, dict[str, int]] = {}
    for entry in source.told:
        for name, word in _deeds(entry.event):
            if name and name != AUTO:
                counts = did.setdefault(name, {})
                counts[word] = counts.get(word, 0) + 1
    return [Person(name, ", ".join(_counted(words))) for name, words in did.items()]


Uncounted = (
    ev.RollbackFinished
    | ev.FaultStruck
    | ev.ForkSeen
    | ev.HostEvent
    | ev.StepNotNeeded
    | ev.StepHeld
    | ev.StepLooked
    | ev.AttemptStarted
    | ev.AttemptRejoined
    | ev.AttemptFinished
    | ev.AttemptChecked
    | ev.LinkOpened
    | ev.ValueCaptured
    | ev.ValueCorrected
    | ev.MeasuredEvent
    | ev.ApprovalRequested
    | ev.ApprovalGranted  # counted where the step starts by it
    | ev.ApprovalEnded
)
"""What is not a deed of a person that is counted."""


def _deeds(event: ev.AnyEvent) -> Iterator[tuple[str, str]]:
    """Who did what by an event, each person with words that are counted."""
    if isinstance(event, Uncounted):
        return
    match event:
        case ev.SessionStarted():
            yield event.operator, "began the session"
            yield event.second_operator, "stood by as second"
        case ev.SessionResumed():
            yield event.operator, "resumed it"
        case ev.SessionHandedOver():
            yield event.operator, "took it over"
        case ev.StepOpened():
            yield event.operator, f"{CONTINUES.get(event.confirmed, STARTED)} {{}} step(s)"
            yield event.second_operator, "allowed {} step(s)"
        case ev.StepSigned():
            yield event.operator, "signed {} step(s)"
            yield event.second_operator, "was second at {} sign-off(s)"
        case ev.ApprovalRefused():
            yield event.operator, "refused {} step(s)"
        case ev.StartedAlone():
            yield event.operator, "started {} step(s) alone"
        case ev.StepSkipped():
            yield event.operator, "skipped {} step(s)"
        case ev.StepReopened():
            yield event.operator, "reopened {} step(s)"
        case ev.RollbackStarted():
            yield event.operator, "decided the rollback"
        case ev.SessionFinished():
            yield event.operator, "finished the session"
        case ev.FollowUpDone():
            yield event.operator, "did {} follow-up(s)"
        case ev.OutcomeResolved():
            yield event.operator, "resolved {} outcome(s)"
        case ev.QuestionAnswered():
            yield event.operator, "answered {} question(s)"
        case ev.MessageSent():
            yield event.operator, "sent {} message(s)"
        case ev.NoteAdded():
            yield event.operator, "stopped {} time(s)" if event.pauses else "wrote {} note(s)"
        case _:
            assert_never(event)


def _counted(words: Mapping[str, int]) -> Iterator[str]:
    for word, count in words.items():
        if "{}" in word:
            yield word.format(count).replace("(s)", "" if count == 1 else "s")
        else:
            yield word if count == 1 else f"{word} {count} times"


def settled_words(source: Source, step: Step, step_state: StepState) -> str:
    """Where a step stands, by whom, when, and how long it took against its budget."""
    who = f" {settled_by(step_state)}".rstrip() if step_state.status.settled else ""
    at = f" at {step_state.settled:%H:%M:%S} UTC" if step_state.settled else ""
    took = source.took(step_state)
    length = (
        f", took {duration_spelled(took)} of {duration_spelled(budget_of(source.state.runbook, step))}"
        if took is not None
        else ""
    )
    return f"{status_word(source.state, step_state)}{who}{at}{length}"


def answers(step: Step, step_state: StepState) -> list[Answered]:
    """The step's questions with their last answers."""
    return [
        Answered(step.actions[at].ask or "", answer, tuple(one for one in step_state.checks.get(at, ()) if not one.ok))
        for at, answer in step_state.answers.items()
    ]


def attempt_words(attempt: Attempt) -> str:
    """What one attempt was and came to."""
    length = f", {duration_spelled(attempt.seconds)}" if attempt.seconds is not None else ""
    came = f"{attempt_called(attempt)}{length}"
    own = f", {OUTSIDE_WORDS} by {attempt.operator}" if attempt.outside else ""
    return f"Attempt {attempt.number}{place_words(attempt)}{own} at {attempt.started:%H:%M:%S} UTC: {came}"


def check_words(check: ev.Check) -> str:
    """A check with its sign, what was expected, what came."""
    sign = "✔" if check.ok else "⚠" if check.warning else "✖"
    return f"{sign} {(met if check.ok else missed)(check.expected, check.came)}"


def before_words(lines: int) -> str:
    """How many lines were left out."""
    return f"… {lines} line{'' if lines == 1 else 's'} before these"


def shown_output(source: Source, attempt: int, lines: int, characters: int) -> tuple[list[Drawn], int]:
    """The last lines of an attempt's output, up to both bounds, and how many came before them."""
    found, before = source.output(attempt, lines)
    left, first = characters, len(found)
    while first and _length(found[first - 1]) <= left:
        first -= 1
        left -= _length(found[first]) + 1
    return found[first:], before + first


def _length(line: Drawn) -> int:
    """The characters of a line, and of what is written for its colours."""
    return len(line.text) + COLOUR * len(line.runs)


def checklist(source: Source) -> list[Tick]:
    """The runbook's checklist."""
    return [Tick(item.id, item.title, item.done, item.words) for item in items(source.state)]


def followups(source: Source) -> list[Task]:
    """What is left to do after the session, the first due first."""
    found = session_followups(source.state, source.state.at)
    ended = over(source.state)
    return [
        Task(
            one.followup.id,
            one.followup.title,
            seconds(one.followup.within),
            one.due if ended else None,
            f"{one.done.at:%Y-%m-%d %H:%M} UTC by {one.done.operator}" if one.done else "",
        )
        for one in found
    ]
