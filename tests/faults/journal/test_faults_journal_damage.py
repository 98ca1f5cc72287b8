"""Cuts a journal of 200 events off at every byte and damages it ten thousand times: recovered, or refused in words."""

import random
import re
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.journal_script import events, sealed
from tests.support.hostile.faults import Faults
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.stored import stored
from tui.errors import JournalDamaged
from tui.runbook.model import Runbook
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.folding.fold import fold
from tui.session.journal.chain import check_receipt, digest
from tui.session.journal.journal import Journal, read, verify

EVENTS = 200
SEED = 2026


class Whole(NamedTuple):
    """A session that nothing has happened to, its journal's bytes, and what it says."""

    directory: SessionDirectory
    runbook: Runbook
    data: bytes
    entries: list[ev.Entry]

    def ending(self, count: int) -> "Whole":
        """The same session when it had this number of events."""
        lines = self.data.splitlines(keepends=True)
        return self._replace(data=b"".join(lines[:count]), entries=self.entries[:count])

    @property
    def path(self) -> Path:
        return self.directory.journal

    @property
    def receipt(self) -> str:
        """The number of lines and the hash of the last, as the end of a session prints them."""
        return f"{len(self.entries)}:{digest(self.data.splitlines()[-1])}"

    @property
    def sealed(self) -> list[tuple[int, str]]:
        """What the sign-offs carry: a number of lines, and the hash of the last of them."""
        return [
            (entry.event.count, entry.event.head) for entry in self.entries if isinstance(entry.event, ev.StepSigned)
        ]


@pytest.fixture
def whole(folder: Path) -> Whole:
    directory, journal = Store(folder).create("deploy", SMALL, FakeClock())
    entries = [journal.append(sealed(journal, event)) for event in islice(events(EVENTS, measured=False), EVENTS)]
    journal.close()
    return Whole(directory, small(), directory.journal.read_bytes(), entries)


def test_every_prefix_is_recovered(whole: Whole, faults: Faults) -> None:
    ends = [place + 1 for place, byte in enumerate(whole.data) if byte == ord("\n")]
    near = {size for end in [0, *ends] for size in (end - 1, end, end + 1) if 0 <= size <= len(whole.data)}
    sizes = range(len(whole.data) + 1) if faults.long else sorted(near)
    for size in sizes:
        data = whole.data[:size]
        whole.path.write_bytes(data)
        lines = data.count(b"\n")
        torn = data[data.rfind(b"\n") + 1 :]
        assert list(read(whole.path)) == whole.entries[:lines]
        journal = Journal.open(whole.path, FakeClock())
        added = journal.append(ev.NoteAdded(text="afterwards", operator="ana"))
        journal.close()
        assert added.seq == lines
        assert whole.path.read_bytes().startswith(data[: len(data) - len(torn)])
        assert verify(whole.path).count == lines + 1
        kept = list(whole.directory.path.glob("*.torn-*"))
        assert [path.read_bytes() for path in kept] == ([torn] if torn else [])
        for path in kept:
            path.unlink()
    faults.count(len(sizes), f"prefixes of a journal of {EVENTS} events", "every whole line recovered, the rest kept")


def flipped_bit(data: bytes, at: int, luck: random.Random) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << luck.randrange(8)]) + data[at + 1 :]


def changed_byte(data: bytes, at: int, luck: random.Random) -> bytes:
    return data[:at] + bytes([luck.randrange(256)]) + data[at + 1 :]


def changed_digit(data: bytes, at: int, luck: random.Random) -> bytes:
    """Another number, which is still good JSON."""
    found = re.compile(rb"\d").search(data, at)
    place = found.start() if found else at
    return data[:place] + str(luck.randrange(10)).encode() + data[place + 1 :]


def deleted(data: bytes, at: int, luck: random.Random) -> bytes:
    return data[:at] + data[at + luck.choice((1, 2, 40, 4096)) :]


def inserted(data: bytes, at: int, luck: random.Random) -> bytes:
    return data[:at] + luck.choice((b"\n", b" ", b"\0", b'"', luck.randbytes(40))) + data[at:]


def zeroed(data: bytes, at: int, luck: random.Random) -> bytes:
    block = luck.choice((16, 512, 4096))
    start = at // block * block
    return data[:start] + bytes(min(block, len(data) - start)) + data[start + block :]


def copied(data: bytes, at: int, luck: random.Random) -> bytes:
    """A block of the file in the place of another."""
    start, size = luck.randrange(len(data)), luck.choice((16, 512, 4096))
    return data[:at] + data[start : start + size] + data[at + size :]


def swapped_lines(data: bytes, at: int, luck: random.Random) -> bytes:
    lines, one = data.splitlines(keepends=True), data.count(b"\n", 0, at)
    other = luck.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def repeated_line(data: bytes, at: int, luck: random.Random) -> bytes:
    lines, one = data.splitlines(keepends=True), data.count(b"\n", 0, at)
    lines.insert(luck.choice((one, luck.randrange(len(lines)))), lines[one])
    return b"".join(lines)


def removed_line(data: bytes, at: int, luck: random.Random) -> bytes:
    lines, one = data.splitlines(keepends=True), data.count(b"\n", 0, at)
    return b"".join([*lines[:one], *lines[one + luck.randint(1, 3) :]])


def garbage_added(data: bytes, at: int, luck: random.Random) -> bytes:
    return data + luck.choice((luck.randbytes(30), bytes(300), b"\n", data[at : at + 100]))


DAMAGES: tuple[Callable[[bytes, int, random.Random], bytes], ...] = (
    *(flipped_bit, changed_byte, changed_digit, deleted, inserted, zeroed),
    *(copied, swapped_lines, repeated_line, removed_line, garbage_added),
)


def differs_from_line(before: bytes, after: bytes) -> int:
    """The line, from 1, that has the first byte that is not what it was."""
    low, high = 0, min(len(before), len(after))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if before.startswith(after[:middle]) else (low, middle - 1)
    return before.count(b"\n", 0, low) + 1


def verdict(whole: Whole, data: bytes) -> str:
    """What becomes of a journal with these bytes; anything that must not be fails."""
    whole.path.write_bytes(data)
    line = differs_from_line(whole.data, data)
    try:
        found = list(read(whole.path))
        fold(whole.runbook, found)
        Journal.open(whole.path, FakeClock()).close()
    except JournalDamaged as error:
        told = re.findall(r"line (\d+)[: ]", error.message)
        # A line whose hash of the line before was changed looks as if that one were changed; one whose end is that of
        # a later line, as if those between were missing after it.
        if not line - 1 <= int(told[0]) <= line + 1:
            raise AssertionError(f"line {line} was damaged, not as told: {error.message}") from error
        return "refused with the line"
    return accepted(whole, found, line)


def accepted(whole: Whole, found: list[ev.Entry], line: int) -> str:
    """Make sure that what was taken for a journal is one, as far as a journal alone can tell."""
    heads = [digest(raw) for raw in whole.path.read_bytes().splitlines()]
    assert found[: line - 1] == whole.entries[: line - 1]
    assert all(heads[count - 1] == head for count, head in whole.sealed if count <= len(found))
    try:
        check_receipt(whole.path, whole.receipt)
    except JournalDamaged:
        pass
    else:
        if found != whole.entries:
            raise AssertionError("a changed journal has the receipt of the whole one")
        return "recovered whole"
    if found == whole.entries[: len(found)] and len(found) < len(whole.entries):
        return "recovered as a shorter one, which a receipt shows"
    assert line == len(whole.entries), "only the last line may change without being seen"
    return "last line changed, which only a receipt shows"


def test_random_damage_is_recovered_or_refused_with_its_line(whole: Whole, faults: Faults) -> None:
    luck, verdicts = random.Random(SEED), Counter[str]()
    endings = [whole.ending(count) for count in range(EVENTS - 9, EVENTS + 1)]
    while verdicts.total() < faults.choose(600, 10_000):
        damage, victim = luck.choice(DAMAGES), luck.choice(endings)
        last = victim.data[:-1].rindex(b"\n")
        at = luck.randrange(last if luck.random() < 0.1 else 0, len(victim.data))
        data = damage(victim.data, at, luck)
        if data != victim.data:
            verdicts[verdict(victim, data)] += 1
    for kept in whole.directory.path.glob("*.torn-*"):
        kept.unlink()
    assert verdicts["refused with the line"] > verdicts.total() / 2
    words = ", ".join(f"{count:,} {what}" for what, count in verdicts.most_common())
    faults.count(verdicts.total(), f"random damages (seed {SEED})", f"0 tracebacks; {words}")


IMPOSSIBLE = (
    (1, b'"flow":"deploy"', b'"flow":"deplox"'),
    (2, b'"step":"backup"', b'"step":"backun"'),
    (4, b'"attempt":1', b'"attempt":7'),
    (5, b'"attempt":1', b'"attempt":7'),
)
"""A last line, which the chain does not protect yet, and a change after which it cannot be true."""


def test_a_last_line_that_does_not_fit_the_session_is_refused(whole: Whole, faults: Faults) -> None:
    for count, before, after in IMPOSSIBLE:
        head, _, last = whole.ending(count).data[:-1].rpartition(b"\n")
        whole.path.write_bytes(head + b"\n" * bool(head) + last.replace(before, after) + b"\n")
        with pytest.raises(JournalDamaged, match=f"line {count} "):
            whole.directory.load()
        (listed,) = stored(Store(whole.directory.path.parent))
        assert f"line {count} " in listed.problem
    faults.count(len(IMPOSSIBLE), "last lines that cannot be true", "refused with the line")
