"""Decides what the summary says below its card: what deviated, what took too long, what is left to do."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from msgspec import Struct

from tui.drill.debrief import Debrief, story_rows
from tui.drill.rehearsals import beside_lines
from tui.exports.source import Source
from tui.keys import Keys
from tui.screens.summary.card_text import BAD, FAINT, GOOD, WARN
from tui.session import events as ev
from tui.session.archive.history import took
from tui.session.groups.left_open import left_open, left_words
from tui.session.journal.journal import Verified
from tui.session.report_card.deviations import CONNECTION, FAILED, UNKNOWN
from tui.session.report_card.report_card import ReportCard
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.session.views.called import items, over_at, recorded_at
from tui.session.views.followups import followups
from tui.session.views.rollback import rollback_plan
from tui.session.views.usual import Usual
from tui.text.amounts import counted, duration
from tui.text.block import Piece

FOLLOW_UPS = "Follow-ups"
MOST_NAMED = 8
"""Steps that are not done and are named, at most."""
MOST = 40
"""Deviations that are shown, at most; the export has them all."""


DEFAULT = Keys()


class Report(Struct, frozen=True):
    """A session read back from the disk, and the proof of its journal; of a rehearsal what `earlier` ones taught.

    `past` says that it is looked at again: nothing in it changes, but what it left to do may be late now.
    """

    source: Source
    verified: Verified
    usual: Mapping[str, Usual] = {}
    earlier: tuple[Debrief, ...] = ()
    past: bool = False

    def card(self, now: datetime) -> ReportCard:
        """The session on one card; a past one as it was left, and what is late of its follow-ups now."""
        return self.source.card(None if self.past else now, now)


def details(report: Report, card: ReportCard, now: datetime, keys: Keys = DEFAULT) -> list[list[Piece]]:
    """What is below the report's card: what deviated, of a drill what it taught before; the rest under its headings."""
    source, lines = report.source, [*read_first(report, card, keys), []]
    as_of = f"  as of {when(now)}" if report.past else ""
    for title, part in (
        ("Over budget", _overruns(source)),
        ("Slower than usual", _slower(report)),
        ("Checklist", _checklist(source)),
        (FOLLOW_UPS, _followups(source, now)),
        ("Notes", _notes(source)),
        ("Record", _record(report)),
    ):
        found = list(part)
        if found:
            lines += [[(title, "bold"), (as_of if title == FOLLOW_UPS else "", FAINT)], *found, []]
    return lines


def read_first(report: Report, card: ReportCard, keys: Keys = DEFAULT) -> list[list[Piece]]:
    """Of that what has its rows before the time of each section: what a drill taught, and what deviated."""
    taught, deviated = [*_debrief(report)], [*_deviations(card, keys.sign("summary.export"))]
    return [*taught, [], [("Deviations", "bold")], *deviated] if taught else deviated


def debriefed(report: Report) -> bool:
    """Whether there is something to say of what a rehearsal taught."""
    return next(iter(_debrief(report)), None) is not None


def below(report: Report, card: ReportCard) -> str:
    """What there is below the deviations, in the order of its headings."""
    there = (
        ("checklist", card.items),
        ("follow-ups", card.owed),
        ("notes", [*_notes(report.source)]),
        ("record", True),
    )
    return ", ".join(name for name, found in there if found)


def _debrief(report: Report) -> Iterable[list[Piece]]:
    """What a rehearsal taught: each fault, and when it was noticed, decided about and over."""
    taught = report.source.debrief
    if taught is None:
        return
    for story in taught.stories:
        for place, (label, words) in enumerate(story_rows(story)):
            never = words == "never"
            yield [(label, BAD if place == 0 else FAINT), (words, "bold" if place == 0 else WARN if never else "")]
    for line in beside_lines(taught, report.earlier):
        yield [(line, FAINT)]


def _deviations(card: ReportCard, export: str) -> Iterable[list[Piece]]:
    """Each thing once, with how often it came."""
    if not card.deviations:
        yield [("✔ none: every step went as the runbook says", GOOD)]
    for one in islice(card.deviations, MOST):
        style = BAD if one.kind in (FAILED, UNKNOWN, CONNECTION) else WARN
        title = f"{one.title}  " if one.title else ""
        yield [(f"{one.first:%H:%M:%S} ", FAINT), (f"{one.sign} ", style), (title, "bold"), (one.words, "")]
    if len(card.deviations) > MOST:
        yield [(f"… and {len(card.deviations) - MOST} more; {export} exports them all", FAINT)]


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
    """Its items, what is open first."""
    by: dict[str, list[str]] = {}
    for _, step, step_state in source.steps():
        for name in step.checklist:
            if step_state.status is StepStatus.SIGNED:
                by.setdefault(name, []).append(step.title)
    for item in sorted(items(source.state), key=lambda one: one.done):
        mark: Piece = ("☑ done ", GOOD) if item.done else ("☐ open ", WARN)
        far = "" if item.done or item.words == "open" else f"  {item.words}"
        steps = f"  {'; '.join(by.get(item.id, []))}"
        yield [mark, (item.title, ""), (far, WARN), (steps, FAINT)]


def finish_lines(state: SessionState, recorded: str) -> list[str]:
    """What the question says before a session is finished: as what, and which of its steps are not done.

    Of a deployment that was rolled back the steps that were left are counted: nobody would do them any more.
    """
    left = [step for _, step in state.plan() if not state.step(step.id).status.settled]
    undoing = {one.step.id for one in rollback_plan(state)} if state.rollback is not None else None
    named = [step.title for step in left if undoing is None or step.id in undoing]
    lines = [f"The result is recorded as: {recorded}", *(f"not done: {title}" for title in named[:MOST_NAMED])]
    if open_ := left_words(left_open(state)):
        lines.insert(1, f"✖ {open_}")
    if len(named) > MOST_NAMED:
        lines.append(f"… and {len(named) - MOST_NAMED} more")
    if others := len(left) - len(named):
        lines.append(f"{counted(others, 'other step')} left out, since it was rolled back")
    return lines


def _followups(source: Source, now: datetime) -> Iterable[list[Piece]]:
    """When each is due, counted from the end of the session, or from now while it is open."""
    for followup in followups(source.state, now):
        words = followup.words(now)
        mark: Piece = ("☑ ", GOOD) if followup.done else ("☐ ", BAD if followup.overdue(now) else WARN)
        yield [
            mark,
            (f"{when(followup.due)}  ", "bold"),
            (followup.followup.title, ""),
            (f"  {words}", FAINT),
        ]


def _notes(source: Source) -> Iterable[list[Piece]]:
    for entry in source.told:
        if isinstance(entry.event, ev.NoteAdded):
            title = step_by_id(source.runbook, entry.event.step).title if entry.event.step else ""
            step = f"{title}: " if title else ""
            yield [(f"{entry.at:%H:%M:%S} ", FAINT), (f"✎ {step}{entry.event.text}", "")]


def _record(report: Report) -> Iterable[list[Piece]]:
    state = report.source.state
    began, ended, recorded = state.started_at, over_at(state), recorded_at(state)
    if began is not None:
        yield [("began   ", FAINT), (when(began), "")]
    if ended is not None:
        yield [("ended   ", FAINT), (when(ended), "")]
    if recorded is not None:
        yield [("        recorded as finished ", FAINT), (when(recorded), "")]
    yield [("session ", FAINT), (report.source.id, "bold")]
    yield [("path    ", FAINT), (str(report.source.attempts.parent), "")]
    yield [("receipt ", FAINT), (f"{report.verified.count}:{report.verified.head}", "")]


def when(at: datetime) -> str:
    """A moment in UTC, with the local time beside it where that differs."""
    local = at.astimezone()
    beside = f" ({local:%H:%M} {local.tzname()})" if local.utcoffset() else ""
    return f"{at:%Y-%m-%d %H:%M} UTC{beside}"
