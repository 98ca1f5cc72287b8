"""What every export is made from: one session, read once, with its output already masked."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import assert_never

from msgspec import Struct

from tui.drill.debrief import Debrief, debrief
from tui.drill.kept import scenario_of
from tui.errors import RunbookError
from tui.runbook.model import Runbook, Section, Step, seconds
from tui.runbook.walk import steps_of as all_steps
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.output.output import OutputReader
from tui.session.places import words_of
from tui.session.state import AUTO, CONNECTED, Attempt, SessionState, StepState, StepStatus
from tui.session.views.called import attempt_called
from tui.text.sanitise import sanitise


class Deviation(Struct, frozen=True):
    """Something that did not go as the runbook has it: when, at which step, what."""

    at: datetime
    step: str
    what: str


class Overrun(Struct, frozen=True):
    """A step that took longer than its budget; both in seconds."""

    step: str
    title: str
    budget: float
    took: float


class Source(Struct, frozen=True):
    """A session ready to be written; `debrief` is what a rehearsal taught."""

    id: str
    runbook: Runbook
    state: SessionState
    entries: tuple[ev.Entry, ...]
    attempts: Path
    debrief: Debrief | None = None

    def output(self, attempt: int, lines: int) -> tuple[list[str], int]:
        """The last `lines` lines of an attempt's output, safe to show, and how many came before them."""
        reader = OutputReader(self.attempts, attempt)
        total = reader.lines_total()
        first = max(0, total - lines)
        return [sanitise(line) for line in reader.read_lines(first, total - first)], first

    def steps(self) -> Iterator[tuple[Section, Step, StepState]]:
        """The session's steps in order, each with its place and where it stands."""
        for section, step in self.state.plan():
            yield section, step, self.state.step(step.id)
        planned = {step.id for _, step in self.state.plan()}
        others = tuple(
            one for _, one in all_steps(self.runbook) if one.id in self.state.steps and one.id not in planned
        )
        aside = Section(id="troubleshooting", title="Troubleshooting", steps=others)
        for step in others:
            yield aside, step, self.state.step(step.id)

    def took(self, step: StepState) -> timedelta | None:
        """How long a step was open, None where it was not opened or not settled."""
        if step.opened is None or step.settled is None:
            return None
        return step.settled - step.opened

    def deviations(self) -> list[Deviation]:
        """Skips, failures, retries, warnings, unknown outcomes and lost connections, in order of time."""
        return [
            Deviation(entry.at, step, what)
            for entry in self.entries
            for step, what in _deviation(entry.event, self.state)
        ]

    def overruns(self) -> list[Overrun]:
        """The steps whose commands took longer than their budget, the worst first."""
        found = []
        for _, step, now in self.steps():
            took = sum(self.state.attempts[number].seconds or 0.0 for number in now.attempts)
            if took > seconds(step.budget):
                found.append(Overrun(step.id, step.title, seconds(step.budget), took))
        return sorted(found, key=lambda one: one.budget - one.took)

    def count(self, status: StepStatus) -> int:
        """How many steps stand so."""
        return sum(now.status is status for _, _, now in self.steps())


def source(directory: SessionDirectory) -> Source:
    """Read a session.

    Raises:
        SessionError: it is not there, or damaged.
    """
    from tui.runbook.reading.load import load

    runbook = load(directory.runbook, kept=True)
    entries = tuple(read(directory.journal))
    state = fold(runbook, entries)
    name = directory.id.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # a folder may have any bytes
    return Source(name, runbook, state, entries, directory.attempts, _debrief(directory, state, entries))


def _debrief(directory: SessionDirectory, state: SessionState, entries: tuple[ev.Entry, ...]) -> Debrief | None:
    """What a rehearsal taught; None for any other session, and where the scenario cannot be read any more."""
    if not state.drill:
        return None
    with suppress(RunbookError):
        return debrief(state, entries, scenario_of(directory, state))
    return None


def _deviation(event: ev.AnyEvent, state: SessionState) -> Iterator[tuple[str, str]]:
    if isinstance(event, ev.SessionEvent):
        yield from _of_session(event)
    elif isinstance(event, ev.StepEvent):
        yield from _of_step(event, state)
    elif isinstance(event, ev.AttemptEvent):
        yield from _of_attempt(event, state)
    else:
        yield from _of_another(event)


def _of_session(event: ev.SessionEvent) -> Iterator[tuple[str, str]]:
    match event:
        case ev.SessionStarted():
            if event.reason:
                yield "", f"begun outside the window: {event.reason}"
        case ev.SessionResumed():
            yield "", f"resumed by {event.operator}"
        case ev.SessionHandedOver():
            yield "", f"handed over from {event.previous} to {event.operator}"
        case ev.RollbackStarted():
            yield "", f"rollback started by {event.operator}: {event.reason}"
        case ev.SessionFinished() | ev.RollbackFinished() | ev.FollowUpDone() | ev.FaultStruck():
            return
        case _:
            assert_never(event)


def _of_step(event: ev.StepEvent, state: SessionState) -> Iterator[tuple[str, str]]:
    match event:
        case ev.StepSigned():
            if all(event.step != other.id for _, other in state.plan()):
                yield event.step, "troubleshooting, beside the plan"
        case ev.StepSkipped():
            yield event.step, f"skipped by {event.operator}: {event.reason}"
        case ev.StepReopened():
            by = "the plan" if event.operator == AUTO else event.operator
            yield event.step, f"reopened by {by}: {event.reason}"
        case ev.StepOpened() | ev.StepNotNeeded() | ev.StepHeld() | ev.StepLooked():
            return
        case _:
            assert_never(event)


def _of_attempt(event: ev.AttemptEvent, state: SessionState) -> Iterator[tuple[str, str]]:
    attempt = state.attempts[event.attempt]
    match event:
        case ev.AttemptFinished():
            if not event.outcome.ended_by_itself:
                yield attempt.step, attempt_called(attempt)
        case ev.AttemptChecked():
            yield from _bad_checks(attempt.step, event.checks, event.retrying)
        case ev.OutcomeResolved():
            word = "succeeded" if event.succeeded else "failed"
            yield attempt.step, f"resolved as {word} by {event.operator}: {event.reason}"
        case ev.AttemptStarted() | ev.AttemptRejoined():
            return
        case _:
            assert_never(event)


def _of_another(event: ev.HostEvent | ev.AnswerEvent | ev.MeasuredEvent) -> Iterator[tuple[str, str]]:
    match event:
        case ev.HostMoved():
            where = f"{words_of(event.before)} to {words_of(event.place)}"
            yield "", f"{event.host} moved from {where} by {event.operator}"
        case ev.LinkChanged():
            if event.link != CONNECTED:
                yield "", f"{event.host}: {event.link} {event.detail}".rstrip()
        case ev.QuestionAnswered():
            yield from _bad_checks(event.step, event.checks)
        case ev.HostConnected() | ev.JobsCleared():
            return
        case ev.MessageSent() | ev.LinkOpened() | ev.ValueCaptured() | ev.ValueCorrected() | ev.NoteAdded():
            return
        case ev.ProbeMeasured() | ev.MonitorSampled() | ev.MonitorsWaiting():
            return
        case ev.TriggerArmed() | ev.TriggerTripped() | ev.TriggerCleared():
            return
        case _:
            assert_never(event)


def _bad_checks(step: str, checks: tuple[ev.Check, ...], retrying: bool = False) -> Iterator[tuple[str, str]]:
    for check in checks:
        if not check.ok:
            word = "warning" if check.warning else "not yet, run again" if retrying else "failed"
            yield step, f"{word}: expected {check.expected}, got {check.came}"


def attempts_of(state: SessionState, step: StepState) -> list[Attempt]:
    """A step's attempts, oldest first."""
    return [state.attempts[number] for number in step.attempts]
