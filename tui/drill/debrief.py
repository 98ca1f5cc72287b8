"""What a rehearsal teaches: when each fault was noticed, decided about and fixed, and what did not help."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import Struct

from tui.drill.scenario import Fault, Scenario
from tui.drill.world import Past, Struck, after, past_attempt
from tui.runbook.facts import connection_of, holds
from tui.runbook.walk import steps_of as all_steps
from tui.session import events as ev
from tui.session.state import CONNECTED, SessionState
from tui.session.views.called import failed_attempts, over_at, session_called
from tui.text.amounts import duration


class Story(Struct, frozen=True, kw_only=True):
    """One fault: when it struck (UTC), and after how many seconds it was noticed, decided about, and over.

    None where that never came to pass. `first` is what was noticed, `decision` what was decided; `vain` are the changes
    that were made to end it and brought that no nearer.
    """

    fault: str
    title: str
    how: str
    struck: datetime
    noticed: float | None = None
    first: str = ""
    decided: float | None = None
    decision: str = ""
    recovered: float | None = None
    vain: tuple[str, ...] = ()


class Debrief(Struct, frozen=True, kw_only=True):
    """A whole rehearsal: `lasted` in seconds; steps by their titles; `failed` attempts, `confirmed` changes."""

    session: str
    scenario: str
    result: str
    lasted: float
    stories: tuple[Story, ...]
    skipped: tuple[str, ...]
    failed: int
    confirmed: int
    rollback: float | None = None

    def worst(self, name: str) -> float | None:
        """The longest of the stories' `noticed`, `decided` or `recovered`; None where one of them never was."""
        found: list[float | None] = [getattr(story, name) for story in self.stories]
        known = [one for one in found if one is not None]
        return max(known) if known and len(known) == len(found) else None


class _Steps(Struct, frozen=True):
    """The runbook's steps: titles, those that change something, those of the troubleshooting; its monitors' titles.

    `helps` are the scenario's faults that are help which somebody calls for.
    """

    titles: dict[str, str]
    changes: frozenset[str]
    aside: frozenset[str]
    monitors: dict[str, str]
    helps: frozenset[str] = frozenset()


def _steps_of(state: SessionState, scenario: Scenario) -> _Steps:
    every = [step for _, step in all_steps(state.runbook)]
    planned = {step.id for section in state.runbook.sections for step in section.steps}
    return _Steps(
        {step.id: step.title for step in every},
        frozenset(step.id for step in every if step.mutates),
        frozenset(step.id for step in every if step.id not in planned),
        {name: monitor.title for name, monitor in state.runbook.monitors.items()},
        frozenset(fault.id for fault in scenario.faults if fault.helps),
    )


def debrief(state: SessionState, entries: Sequence[ev.Entry], scenario: Scenario) -> Debrief:
    """The result of a rehearsal, by its journal and the scenario's own rules."""
    steps = _steps_of(state, scenario)
    begun = state.started_at or entries[0].at
    ended = over_at(state) or state.at or begun
    back = state.rollback_at and state.rollback_finished_at
    faults = {fault.id: fault for fault in scenario.faults}
    stories = [
        _story(state, entries, scenario, faults.get(entry.event.fault), entry, steps)
        for entry in entries
        if isinstance(entry.event, ev.FaultStruck) and entry.event.fault not in steps.helps
    ]
    return Debrief(
        session=state.started.session if state.started else "",
        scenario=state.started.drill if state.started else "",
        result=session_called(state).words,
        lasted=(ended - begun).total_seconds(),
        stories=tuple(stories),
        skipped=tuple(steps.titles[entry.event.step] for entry in entries if isinstance(entry.event, ev.StepSkipped)),
        failed=failed_attempts(state),
        confirmed=sum(
            isinstance(entry.event, ev.StepOpened) and entry.event.step in steps.changes for entry in entries
        ),
        rollback=(state.rollback_finished_at - state.rollback_at).total_seconds()
        if back and state.rollback_finished_at and state.rollback_at
        else None,
    )


def _story(
    state: SessionState,
    entries: Sequence[ev.Entry],
    scenario: Scenario,
    fault: Fault | None,
    struck: ev.Entry,
    steps: _Steps,
) -> Story:
    assert isinstance(struck.event, ev.FaultStruck)
    since = [entry for entry in entries if entry.seq > struck.seq]
    past = _lived_through(state, entries, scenario, fault, struck.at) if fault is not None else _Past()
    over = past.over
    noticed = next(((one.at, words) for one in since if (words := _noticed(one.event, steps))), None)
    decided = None
    if noticed is not None:
        decided = next(_decisions(entries, noticed[0], steps), None)
    tried = noticed is not None and _tried(since, noticed[0], over, steps)
    return Story(
        fault=struck.event.fault,
        title=struck.event.title,
        how=struck.event.how,
        struck=struck.at,
        noticed=_seconds(struck.at, noticed[0] if noticed else None),
        first=noticed[1] if noticed else "",
        decided=_seconds(struck.at, decided[0] if decided else None),
        decision=decided[1] if decided else "",
        recovered=_seconds(struck.at, over),
        vain=tuple(steps.titles[step] for step in dict.fromkeys(tried or ()) if step not in past.helpful),
    )


def _seconds(since: datetime, at: datetime | None) -> float | None:
    return round((at - since).total_seconds(), 3) if at is not None else None


def _noticed(event: ev.AnyEvent, steps: _Steps) -> str:
    """How somebody, or something that tells them, saw that all is not well; empty where it says nothing of that."""
    if isinstance(event, ev.SessionEvent | ev.HostEvent):
        return _noticed_around(event)
    if isinstance(event, ev.StepEvent | ev.AnswerEvent):
        return _noticed_by_person(event, steps)
    return _noticed_by_result(event, steps)


def _noticed_around(event: ev.SessionEvent | ev.HostEvent) -> str:
    match event:
        case ev.RollbackStarted():
            return "rollback"
        case ev.LinkChanged():
            return f"the connection to {event.host} was lost" if event.link != CONNECTED else ""
        case (
            ev.SessionStarted()
            | ev.SessionResumed()
            | ev.SessionHandedOver()
            | ev.SessionFinished()
            | ev.RollbackFinished()
            | ev.FollowUpDone()
            | ev.FaultStruck()
            | ev.ForkSeen()
            | ev.HostConnected()
            | ev.HostMoved()
            | ev.JobsCleared()
        ):
            return ""
        case _:
            assert_never(event)


def _noticed_by_person(event: ev.StepEvent | ev.AnswerEvent, steps: _Steps) -> str:
    if isinstance(event, ev.ApprovalEvent):
        return ""
    match event:
        case ev.StepOpened():
            return f"troubleshooting: {steps.titles[event.step]}" if event.step in steps.aside else ""
        case ev.QuestionAnswered():
            missed = any(not check.ok for check in event.checks)
            return f"{steps.titles[event.step]}: {event.answer}" if missed else ""
        case ev.NoteAdded():
            return event.words
        case (
            ev.StepSigned()
            | ev.StepSkipped()
            | ev.StepNotNeeded()
            | ev.StepReopened()
            | ev.StepHeld()
            | ev.StepLooked()
            | ev.MessageSent()
            | ev.LinkOpened()
            | ev.ValueCaptured()
            | ev.ValueCorrected()
        ):
            return ""
        case _:
            assert_never(event)


def _noticed_by_result(event: ev.AttemptEvent | ev.MeasuredEvent, steps: _Steps) -> str:
    match event:
        case ev.AttemptChecked():
            return "a check failed" if any(not check.ok and not check.warning for check in event.checks) else ""
        case ev.OutcomeResolved():
            return f"an outcome that was not known: {event.reason}"
        case ev.TriggerTripped():
            return f"a trigger: {steps.monitors.get(event.monitor, event.monitor)}"
        case (
            ev.AttemptStarted()
            | ev.AttemptRejoined()
            | ev.AttemptFinished()
            | ev.ProbeMeasured()
            | ev.MonitorSampled()
            | ev.MonitorsWaiting()
            | ev.BaselineTaken()
            | ev.TriggerArmed()
            | ev.TriggerCleared()
        ):
            return ""
        case _:
            assert_never(event)


def _decided(event: ev.AnyEvent, steps: _Steps) -> str:
    """What somebody decided to do."""
    if isinstance(event, ev.HostEvent | ev.AnswerEvent | ev.MeasuredEvent | ev.ApprovalEvent):
        return ""
    match event:
        case ev.RollbackStarted():
            return "rollback"
        case ev.StepOpened():
            return steps.titles[event.step] if event.step in steps.changes else ""
        case ev.FaultStruck():
            return f"call for help: {event.title}" if event.by and event.fault in steps.helps else ""
        case ev.OutcomeResolved():
            return f"resolved as {'succeeded' if event.succeeded else 'failed'}"
        case (
            ev.SessionStarted()
            | ev.SessionResumed()
            | ev.SessionHandedOver()
            | ev.SessionFinished()
            | ev.RollbackFinished()
            | ev.FollowUpDone()
            | ev.ForkSeen()
            | ev.StepSigned()
            | ev.StepSkipped()
            | ev.StepNotNeeded()
            | ev.StepReopened()
            | ev.StepHeld()
            | ev.StepLooked()
            | ev.AttemptStarted()
            | ev.AttemptRejoined()
            | ev.AttemptFinished()
            | ev.AttemptChecked()
        ):
            return ""
        case _:
            assert_never(event)


def _decisions(entries: Sequence[ev.Entry], noticed: datetime, steps: _Steps) -> Iterator[tuple[datetime, str]]:
    """What somebody decided since then, and when; a change that the plan has, made as it says, is not a decision."""
    before: set[str] = set()
    for entry in entries:
        planned = isinstance(entry.event, ev.StepOpened) and entry.event.step not in steps.aside | before
        if isinstance(entry.event, ev.StepOpened):
            before.add(entry.event.step)
        if entry.at >= noticed and not planned and (words := _decided(entry.event, steps)):
            yield entry.at, words


def _tried(since: Sequence[ev.Entry], noticed: datetime, over: datetime | None, steps: _Steps) -> Iterator[str]:
    """The changes that somebody made to end it: those of the troubleshooting, and the plan's that were made again."""
    before: set[str] = set()
    for one in since:
        if over is not None and one.at >= over:
            return
        if isinstance(one.event, ev.StepOpened) and one.event.step in steps.changes:
            again = one.event.step in before
            before.add(one.event.step)
            if one.at >= noticed and (again or one.event.step in steps.aside):
                yield one.event.step


class _Past(Struct, frozen=True):
    """What the facts say of a fault: when they were again as without it, and which steps brought that nearer."""

    over: datetime | None = None
    helpful: frozenset[str] = frozenset()


def _lived_through(
    state: SessionState, entries: Sequence[ev.Entry], scenario: Scenario, fault: Fault, struck: datetime
) -> _Past:
    """Live through the drill again, by the scenario's own rules."""
    facts, lasting = dict(scenario.facts), False
    helpful: set[str] = set()
    for at, one, step in _happened(state, entries):
        before, facts = facts, after(scenario, facts, one)
        if at > struck and step and _nearer(fault, before, facts):
            helpful.add(step)
        if not fault.over:
            continue
        if at >= struck and not holds(fault.over, facts):
            lasting = True
        elif at > struck and lasting:
            return _Past(at, frozenset(helpful))
    return _Past(None, frozenset(helpful))


def _nearer(fault: Fault, before: Mapping[str, str], facts: Mapping[str, str]) -> bool:
    """Whether one of the facts that the fault is about changed to what it ought to be."""
    for name in {*fault.set, *fault.over}:
        if before.get(name) == facts.get(name):
            continue
        if name in fault.over and holds({name: fault.over[name]}, facts):
            return True
        if name not in fault.over and facts.get(name) != fault.set[name]:
            return True
    return False


def _happened(state: SessionState, entries: Iterable[ev.Entry]) -> Iterator[tuple[datetime, Past | Struck, str]]:
    """What changed the facts, in order of time, and the step it belonged to."""
    found: list[tuple[datetime, Past | Struck, str]] = []
    for entry in entries:
        if isinstance(entry.event, ev.FaultStruck):
            found.append((entry.at, Struck(entry.event.fault), ""))
    for attempt in state.attempts.values():
        past = past_attempt(attempt, connection_of(state.runbook, attempt.host))
        if past is not None:
            found.append((attempt.started + timedelta(seconds=attempt.seconds or 0.0), past, attempt.step))
    yield from sorted(found, key=lambda each: each[0])


BY_ITSELF = "nothing: it ended by itself"


def story_lines(one: Story) -> Iterator[str]:
    """A fault and how it ended, in lines."""
    yield from (f"{label}{words}" for label, words in story_rows(one))


def story_rows(one: Story) -> Iterator[tuple[str, str]]:
    """The same, each line as what stands before its words, and the words."""
    yield "✖ ", f"{one.struck:%H:%M:%S} UTC {one.title} ({one.how})"
    yield "  noticed   ", f"{_after(one.noticed)}{_words(one.first)}"
    by_itself = one.decided is None and one.recovered is not None
    yield "  decided   ", BY_ITSELF if by_itself else f"{_after(one.decided)}{_words(one.decision)}"
    yield "  recovered ", _after(one.recovered)
    for title in one.vain:
        yield "  no help   ", title


def _after(length: float | None) -> str:
    return f"after {duration(length)}" if length is not None else "never"


def _words(text: str) -> str:
    return f": {text}" if text else ""
