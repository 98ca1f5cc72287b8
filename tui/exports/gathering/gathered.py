"""What one reading of a journal leaves for an export: never all events, of which a long session has a million."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from msgspec import Struct

from tui.exports.gathering.events_text import EventsText
from tui.exports.gathering.series import Series
from tui.runbook.model import Runbook
from tui.session.events import Entry
from tui.session.folding.fold import folded
from tui.session.folding.sample_runs import TOGETHER, SampleRun, runs, settled
from tui.session.journal.journal import read, read_blocks
from tui.session.state import SessionState, initial


class JournalEntries:
    """The events of a journal, read and proved again each time that somebody goes through them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Entry]:
        return read(self.path)


class SessionRead(Struct, frozen=True):
    """A session's state at its end, and its events but for what monitors measured, of which it has the `series`.

    `entries` gives all events again; `text` is theirs in JSON, where it was made on the way.
    """

    state: SessionState
    told: tuple[Entry, ...]
    series: Mapping[str, Series]
    entries: Iterable[Entry]
    text: EventsText | None = None


def gathered(
    runbook: Runbook, entries: JournalEntries | Sequence[Entry], text: EventsText | None = None
) -> SessionRead:
    """Read the events of a session once.

    Args:
        text: takes the events as JSON meanwhile.

    Raises:
        SessionError: the journal cannot be read, or is damaged.
    """
    state, told, courses = initial(runbook), list[Entry](), _Courses()
    for part in runs(chain.from_iterable(_written(entries, text))):
        state = folded(state, part)
        if isinstance(part, SampleRun):
            courses.add(part)
        else:
            told.append(part)
    return SessionRead(settled(state), tuple(told), courses.known(), entries, text)


class _Courses:
    """The series of all monitors, which take some thousand samples at a time: a run has few of each."""

    def __init__(self) -> None:
        self._series = defaultdict[str, Series](Series)
        self._waiting = defaultdict[str, list[Entry]](list)
        self._count = 0

    def add(self, run: SampleRun) -> None:
        for monitor, found in run.by_monitor.items():
            self._waiting[monitor] += found
            self._count += len(found)
        if self._count >= TOGETHER:
            self.known()

    def known(self) -> Mapping[str, Series]:
        for monitor, found in self._waiting.items():
            self._series[monitor].add(found)
        self._waiting.clear()
        self._count = 0
        return self._series


def _written(entries: JournalEntries | Sequence[Entry], text: EventsText | None) -> Iterator[Sequence[Entry]]:
    for block in read_blocks(entries.path) if isinstance(entries, JournalEntries) else (entries,):
        if text is not None:
            text.add(block)
        yield block
