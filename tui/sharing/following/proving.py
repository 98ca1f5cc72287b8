"""Tells the lines that a session's writer wrote from all that a relay may give, and in which order they belong."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tui.errors import JournalDamaged
from tui.session.events import Entry
from tui.session.journal.chain import START, digest, entries_of
from tui.sharing.handed_on import LINE, SealedPart
from tui.sharing.seals import Seals

HELD = 5_000
"""Lines that are kept while one before them is missing, and hashes of lines that may come again."""


class ReceivedLine(Struct, frozen=True):
    """A line that is proved: what it says, as a rule one thing, and its bytes."""

    entries: tuple[Entry, ...]
    line: bytes


class LineProof:
    """Takes lines as they come and gives those that are proved, each once and in their order.

    A line is proved by the writer's seal, by its number, and by the hash of the line before it.
    """

    def __init__(self, seals: Seals, count: int = 0, head: str = START) -> None:
        self._seals = seals
        self.count = count
        """How many lines are proved."""
        self.head = head
        """The hash of the last of them."""
        self.forged = 0
        """How many lines nobody with the team's key has written."""
        self.forked = -1
        """The number of the first line of which there are two, both with the team's seal; -1 while there is none."""
        self._ahead: dict[int, SealedPart] = {}
        self._hashes: dict[int, str] = {count - 1: head}

    @property
    def missing(self) -> bool:
        """Whether later lines are there already, but not the next one."""
        return bool(self._ahead)

    def head_at(self, count: int) -> str | None:
        """The hash of the last of the first `count` lines, as far as it is still known."""
        return self.head if count == self.count else self._hashes.get(count - 1)

    def take(self, parts: list[SealedPart]) -> Iterator[ReceivedLine]:
        """The lines that are proved by now."""
        for part in parts:
            if not self._seals.holds(LINE, str(part.place), part.data, part.seal):
                self.forged += 1
            elif part.place < self.count:
                self._compare(part)
            elif len(self._ahead) < HELD:
                self._ahead.setdefault(part.place, part)
        while (part_next := self._ahead.pop(self.count, None)) is not None:
            try:
                entries = entries_of(Path(self._seals.session), self.count + 1, part_next.data, self.head)
            except JournalDamaged:  # it has the team's seal: another writer continued from another line
                self.forked = self.count
                return
            self.head = digest(part_next.data)
            self._hashes[self.count] = self.head
            self._hashes.pop(self.count - HELD, None)
            self.count += 1
            yield ReceivedLine(entries, part_next.data)

    def _compare(self, part: SealedPart) -> None:
        known = self._hashes.get(part.place)
        if known is not None and digest(part.data) != known:
            self.forked = part.place
