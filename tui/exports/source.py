"""What every export is made from: one session, read once, with its output already masked."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from tui.drill.debrief import Debrief, debrief
from tui.drill.session_scenario import scenario_of
from tui.errors import RunbookError
from tui.exports.gathering.events_text import EventsText
from tui.exports.gathering.gathered import JournalEntries, SessionRead, gathered
from tui.once import once
from tui.runbook.model import Runbook, Section, Step
from tui.runbook.walk import steps_of as all_steps
from tui.session import events as ev
from tui.session.archive.history import History
from tui.session.archive.store import SessionDirectory
from tui.session.output.output import OutputReader, output_path
from tui.session.report_card.deviations import Deviation as Deviation
from tui.session.report_card.deviations import Overrun as Overrun
from tui.session.report_card.deviations import deviations, overruns
from tui.session.report_card.report_card import ReportCard, report_card
from tui.session.state import Attempt, SessionState, StepState, StepStatus
from tui.session.views.usual import WholeUsual
from tui.text.drawn import Drawn


class Source(Struct, frozen=True, dict=True):
    """A session ready to be written; `debrief` is what a rehearsal taught, `usual` what earlier sessions took."""

    id: str
    runbook: Runbook
    read: SessionRead
    attempts: Path
    debrief: Debrief | None = None
    usual: WholeUsual = WholeUsual()

    @property
    def state(self) -> SessionState:
        """The session after its last event."""
        return self.read.state

    @property
    def told(self) -> tuple[ev.Entry, ...]:
        """The events but for what monitors measured, which is nearly all of a long session and told by its course."""
        return self.read.told

    @property
    def entries(self) -> Iterable[ev.Entry]:
        """Every event; those of a long session are read again each time, and best gone through once."""
        return self.read.entries

    @property
    @once
    def first(self) -> ev.Entry | None:
        """The first event; None where there is none."""
        return next(iter(self.entries), None)

    def card(self, now: datetime | None = None, today: datetime | None = None) -> ReportCard:
        """The session on one card, as it stood at a time where it is open; else at its last event.

        Args:
            today: when the card is read, by which follow-ups are late.
        """
        return report_card(self.state, self.told, now, self.usual, today, self.deviations())

    def output(self, attempt: int, lines: int) -> tuple[list[Drawn], int]:
        """The last `lines` lines of an attempt's output, safe to show, and how many came before them."""
        if not _printed(self.attempts, attempt):  # most of a long session's commands: nothing is opened for them
            return [], 0
        reader = OutputReader(self.attempts, attempt)
        total = reader.lines_total()
        first = max(0, total - lines)
        return reader.shown_lines(first, total - first), first

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

    @once
    def deviations(self) -> list[Deviation]:
        """Skips, failures, retries, warnings, unknown outcomes and lost connections, in order of time."""
        return deviations(self.state, self.told)

    def overruns(self) -> list[Overrun]:
        """The steps whose commands took longer than their budget, the worst first."""
        return overruns(self.state)

    def count(self, status: StepStatus) -> int:
        """How many steps stand so."""
        return sum(step_state.status is status for _, _, step_state in self.steps())


def source(
    directory: SessionDirectory,
    history: History | None = None,
    text: EventsText | None = None,
    measured: bool = True,
) -> Source:
    """Read a session; by the `history` of all of them it knows what is usual.

    Args:
        text: takes its events as JSON on the way, for who needs them.
        measured: whether what monitors measured is asked for, of which a JSON document has the events alone.

    Raises:
        SessionError: it is not there, or damaged.
    """
    from tui.runbook.reading.load import load

    runbook = load(directory.runbook, of_session=True)
    read = gathered(runbook, JournalEntries(directory.journal), text, measured)
    name = directory.id.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # a folder may have any bytes
    usual = history.whole(read.state) if history else WholeUsual()
    return Source(name, runbook, read, directory.attempts, _debrief(directory, read.state, read.told), usual)


def _debrief(directory: SessionDirectory, state: SessionState, entries: tuple[ev.Entry, ...]) -> Debrief | None:
    """What a rehearsal taught; None for any other session, and where the scenario cannot be read any more."""
    if not state.drill:
        return None
    with suppress(RunbookError):
        return debrief(state, entries, scenario_of(directory, state))
    return None


def attempts_of(state: SessionState, step: StepState) -> list[Attempt]:
    """A step's attempts and the operator's own commands at it, oldest first."""
    return [state.attempts[number] for number in step.shown]


def _printed(directory: Path, attempt: int) -> bool:
    """Whether there is any output of an attempt."""
    try:
        return output_path(directory, attempt).stat().st_size > 0
    except FileNotFoundError:
        return False
