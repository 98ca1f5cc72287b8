"""Finds what an earlier writer of a session wrote after it was taken over, and records it in the journal here."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tui.errors import JournalDamaged, RunbookError
from tui.session import events as ev
from tui.session.approval.fork_words import said_in
from tui.session.archive.store import SessionDirectory
from tui.session.journal.chain import digest, entries_of
from tui.session.journal.journal import read
from tui.sharing.handed_on import StrayLines
from tui.sharing.publishing.journal_lines import JournalLines

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor

MOST = 10_000
"""Lines of an earlier writer that are looked at."""
REPLACED = "replaced"
"""The folder beside the sessions for copies that were here before."""
BY_ITS_OWN = 0
"""The epoch of lines that were found in a copy: they say which it is."""


class ForkReader:
    """Compares lines of earlier writers with the journal here. It is called on one thread after another."""

    def __init__(self, conductor: "Conductor", directory: SessionDirectory) -> None:
        self._conductor = conductor
        self._directory = directory
        self._known: dict[int, dict[int, bytes]] = {}

    def __call__(self, stray: StrayLines) -> None:
        """Take lines as they were found; where they are others than the journal's it is recorded. It never raises."""
        known = self._known.setdefault(stray.epoch, {})
        for number, line in enumerate(stray.lines, stray.first):
            if len(known) < MOST:
                known.setdefault(number, line)
        with suppress(RunbookError, OSError):  # a journal that cannot be written says so itself
            first = self._first_other(known)
            if first is not None:
                self._record(stray.epoch, first, known)

    def look_beside(self) -> None:
        """Compare the copies that were kept as the session was brought here; it blocks while they are read."""
        session = self._directory.path
        for copy in sorted((session.parent / REPLACED).glob(f"{session.name}-*/journal.jsonl")):
            try:
                lines = copy.read_bytes().split(b"\n")[:-1]
                same = self._same(lines)
                if same < len(lines):
                    self(StrayLines(BY_ITS_OWN, same, lines[same : same + MOST]))
                    del self._known[BY_ITS_OWN]
            except OSError:
                continue  # it is beside the session, and stays there

    def _same(self, lines: list[bytes]) -> int:
        """How many lines from the first on are those of the journal here."""
        own = JournalLines(self._directory.journal)
        try:
            count = self._conductor.state.seq + 1
            while own.count < min(count, len(lines)):
                first = own.count
                came = own.read(min(count, len(lines)), 1000)
                for number, line in enumerate(came, first):
                    if lines[number] != line:
                        return number
                if not came:
                    break
            return own.count
        finally:
            own.close()

    def _first_other(self, known: dict[int, bytes]) -> int | None:
        """The number of the first of these lines that the journal here has otherwise."""
        own = JournalLines(self._directory.journal)
        try:
            first, count = min(known), self._conductor.state.seq + 1
            own.again(min(first, count))
            while own.count < count and own.count <= max(known):
                number = own.count
                came = own.read(count, 1000)
                for at, line in enumerate(came, number):
                    if known.get(at, line) != line:
                        return at
                if not came:
                    break
            return None
        finally:
            own.close()

    def _record(self, epoch: int, first: int, known: dict[int, bytes]) -> None:
        entries, begins, number = list[ev.Entry](), "", first
        own = JournalLines(self._directory.journal)
        own.again(first)
        own.close()
        head = own.head
        while (line := known.get(number)) is not None:
            try:
                entries += entries_of(Path(self._directory.id), number + 1, line, head)
            except JournalDamaged:  # lines before it are not known yet
                break
            head = digest(line)
            begins = begins or head
            number += 1
        if not entries:
            return
        before = self._conductor.state.forks.get(begins)
        if before is not None and before.lines >= number - first:
            return
        who, of = self._writer(first, epoch, entries)
        self._conductor.record(
            ev.ForkSeen(
                operator=who,
                epoch=of,
                after=first,
                lines=number - first,
                begins=begins,
                head=head,
                since=entries[0].at,
                until=entries[-1].at,
                said=said_in(entries),
            )
        )

    def _writer(self, first: int, epoch: int, entries: list[ev.Entry]) -> tuple[str, int]:
        """Who wrote a fork that begins at a line, and in which epoch."""
        who, of = "", epoch
        opening = (ev.SessionStarted, ev.SessionResumed, ev.SessionHandedOver)
        for entry in read(self._directory.journal):
            if entry.seq >= first:
                break
            if isinstance(entry.event, opening) and (not epoch or entry.event.epoch <= epoch):
                who, of = entry.event.operator, epoch or entry.event.epoch
        for entry in entries:
            if isinstance(entry.event, opening):
                who, of = entry.event.operator, entry.event.epoch or of
        return who, of
