"""What one reading of a journal leaves for an export: never all events, of which a long session has a million."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from tui.exports.gathering.events_text import EventsText
from tui.exports.gathering.read_apart import read_apart
from tui.exports.gathering.series import Series
from tui.runbook.model import Runbook
from tui.session.events import Entry
from tui.session.folding.fold import folded
from tui.session.folding.sample_runs import Happened, SampleRun, runs_of, settled
from tui.session.journal.chain import BEGINNING, JournalPlace
from tui.session.journal.reading import read, read_blocks
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
    runbook: Runbook,
    entries: JournalEntries | Sequence[Entry],
    text: EventsText | None = None,
    measured: bool = True,
) -> SessionRead:
    """Read the events of a session once.

    Args:
        text: takes the events as JSON meanwhile.
        measured: whether the series are asked for.

    Raises:
        SessionError: the journal cannot be read, or is damaged.
    """
    read, place = _Gathering(runbook, measured), BEGINNING
    if isinstance(entries, JournalEntries):
        for piece in read_apart(entries.path, text):
            read.take(piece.parts())
            place = piece.after
    read.take(runs_of(_happened(entries, text, place)))
    for one in read.series.values():
        one.settle()
    return SessionRead(settled(read.state), tuple(read.told), read.series, entries, text)


class _Gathering:
    """What was read of a session so far."""

    def __init__(self, runbook: Runbook, measured: bool) -> None:
        self.state = initial(runbook)
        self.told = list[Entry]()
        self.series = defaultdict[str, Series](Series)
        self._measured = measured

    def take(self, parts: Iterable[Entry | SampleRun]) -> None:
        """Fold what comes next."""
        for part in parts:
            self.state = folded(self.state, part)
            if not isinstance(part, SampleRun):
                self.told.append(part)
            elif self._measured:
                for monitor, found in part.by_monitor.items():
                    self.series[monitor].add(found)


def _happened(
    entries: JournalEntries | Sequence[Entry], text: EventsText | None, place: JournalPlace
) -> Iterator[Sequence[Happened]]:
    if not isinstance(entries, JournalEntries):
        if text is not None:
            text.add(entries)
        yield entries
        return
    for block in read_blocks(entries.path, place):
        if text is None:
            yield block.happened
        else:
            written = block.entries
            text.add(written)
            yield written
