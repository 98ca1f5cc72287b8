"""Decides what the summary says: the result, what deviated, what took too long, what is left to do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from msgspec import Struct

from tui.drill.debrief import Debrief, story_lines
from tui.drill.rehearsals import beside_lines
from tui.exports.source import Source
from tui.keys import Keys
from tui.screens.home.text import BAD, GOOD, QUIET, when
from tui.session import events as ev
from tui.session.archive.history import took
from tui.session.journal.journal import Verified
from tui.session.state import SessionState, StepStatus
from tui.session.views.called import Tone, failed_attempts, items, over, people_words, result_of, session_called
from tui.session.views.doubts import doubt_words, doubtful
from tui.session.views.followups import followups
from tui.session.views.usual import Usual
from tui.text.amounts import counted, duration
from tui.text.block import Piece

WARN = "bold $st-turn"
MOST = 40
"""So many deviations are shown; the export has them all."""


DEFAULT = Keys()
TONES = {Tone.GOOD: GOOD, Tone.BAD: BAD, Tone.OPEN: WARN}


class Report(Struct, frozen=True):
    """A session read back from the disk, and the proof of its journal; of a rehearsal what `earlier` ones taught."""

    source: Source
    verified: Verified
    usual: Mapping[str, Usual] = {}
    earlier: tuple[Debrief, ...] = ()


def summary(report: Report, now: datetime, keys: Keys = DEFAULT) -> list[list[Piece]]:
    """The whole summary, headings included."""
    source = report.source
    lines = [*_result(source, now, keys.of("summary.finish")), []]
    for title, part in (
        ("Debrief", _debrief(report)),
        ("Deviations", _deviations(source, keys.of("summary.export"))),
        ("Over budget", _overruns(source)),
        ("Slower than usual", _slower(report)),
        ("Checklist", _checklist(source)),
        ("Follow-ups", _followups(source, now)),
        ("Notes", _notes(source)),
        ("Record", _record(report)),
    ):
        found = list(part)
        if found:
            lines += [[(title, "bold underline")], *found, []]
    return lines


def _result(source: Source, now: datetime, finish: str) -> Iterable[list[Piece]]:
    state = source.state
    called = session_called(state)
    if state.finished:
        yield [(str(called), TONES[called.tone])]
    else:
        left = sum(not state.step(step.id).status.settled for _, step, _ in source.steps())
        words = "not recorded as finished yet" if over(state) else f"{counted(left, 'step')} left"
        if doubtful(state) and state.next_step() is None:
            words = doubt_words(state)
        yield [(f"{called}: {words}", WARN), (f"   {finish} finishes it as “{result_of(state)}”", "")]
    started = state.started
    if started is not None and state.started_at is not None:
        until = state.finished_at or now
        method = f", method {started.method}" if started.method else ""
        yield [
            ("flow ", QUIET),
            (started.flow + method, "bold"),
            ("   operators " if " and " in _people(state) else "   operator ", QUIET),
            (_people(state), ""),
        ]
        yield [
            ("began ", QUIET),
            (when(state.started_at), ""),
            ("   took " if state.finished_at else "   so far ", QUIET),
            (duration(until - state.started_at), "bold"),
        ]
    yield _counts(source)


def _people(state: SessionState) -> str:
    return people_words(state.operator, state.started.second_operator if state.started else "")


def _counts(source: Source) -> list[Piece]:
    failed = failed_attempts(source.state)
    parts = [f"{source.count(status)} {status.value}" for status in StepStatus if source.count(status)]
    bad = f"   {failed} failed attempt{'s' if failed != 1 else ''}"
    return [("steps ", QUIET), (", ".join(parts), ""), (bad, WARN if failed else QUIET)]


def _debrief(report: Report) -> Iterable[list[Piece]]:
    """What a rehearsal taught: each fault, and when it was noticed, decided about and over."""
    taught = report.source.debrief
    if taught is None:
        return
    for story in taught.stories:
        for place, line in enumerate(story_lines(story)):
            yield [(line, "bold" if place == 0 else WARN if line.endswith("never") else "")]
    for line in beside_lines(taught, report.earlier):
        yield [(line, QUIET)]


def _deviations(source: Source, export: str) -> Iterable[list[Piece]]:
    found = source.deviations()
    if not found:
        yield [("✔ none: every step went as the runbook says", GOOD)]
    for one in islice(found, MOST):
        step = f"{one.step}: " if one.step else ""
        yield [(f"{one.at:%H:%M:%S} ", QUIET), ("! ", WARN), (step, "bold"), (one.what, "")]
    if len(found) > MOST:
        yield [(f"… and {len(found) - MOST} more; {export} exports them all", QUIET)]


def _overruns(source: Source) -> Iterable[list[Piece]]:
    for overrun in source.overruns():
        took = f"▲ {duration(overrun.took):>9} of {duration(overrun.budget)}"
        yield [(took, WARN), (f"  {overrun.title}", "")]


def _slower(report: Report) -> Iterable[list[Piece]]:
    """The steps that took longer than they did in earlier sessions."""
    titles = {step.id: step.title for _, step, _ in report.source.steps()}
    for step, length in took(report.source.state).items():
        known = report.usual.get(step)
        if known is not None and known.longer(length):
            words = f"▲ {duration(length):>9} usually {duration(round(known.median, 1))}"
            yield [(words, WARN), (f"  {titles.get(step, step)}", "")]


def _checklist(source: Source) -> Iterable[list[Piece]]:
    by: dict[str, list[str]] = {}
    for _, step, step_state in source.steps():
        for name in step.checklist:
            if step_state.status is StepStatus.SIGNED:
                by.setdefault(name, []).append(step.title)
    for item in items(source.state):
        mark: Piece = ("☑ done ", GOOD) if item.done else ("☐ open ", WARN)
        far = "" if item.done or item.words == "open" else f"  {item.words}"
        steps = f"  {'; '.join(by.get(item.id, []))}"
        yield [mark, (item.title, ""), (far, WARN), (steps, QUIET)]


def _followups(source: Source, now: datetime) -> Iterable[list[Piece]]:
    """When each is due, counted from the end of the session, or from now while it is open."""
    for followup in followups(source.state, now):
        words = followup.words(now)
        mark: Piece = ("☑ ", GOOD) if followup.done else ("☐ ", BAD if followup.overdue(now) else WARN)
        yield [
            mark,
            (f"{when(followup.due)}  ", "bold"),
            (followup.followup.title, ""),
            (f"  {words}", QUIET),
        ]


def _notes(source: Source) -> Iterable[list[Piece]]:
    for entry in source.entries:
        if isinstance(entry.event, ev.NoteAdded):
            step = f"{entry.event.step}: " if entry.event.step else ""
            yield [(f"{entry.at:%H:%M:%S} ", QUIET), (f"✎ {step}{entry.event.text}", "")]


def _record(report: Report) -> Iterable[list[Piece]]:
    yield [("session ", QUIET), (report.source.id, "bold")]
    yield [("path    ", QUIET), (str(report.source.attempts.parent), "")]
    yield [("receipt ", QUIET), (f"{report.verified.count}:{report.verified.head}", "")]
