"""What the tests that kill processes share: where to kill, and how the disk is compared with what was promised."""

from collections.abc import Sequence
from itertools import takewhile

import msgspec

from tests.support.harness.forks import Told
from tests.support.hostile.faults import Faults
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.folding.fold import fold
from tui.session.journal.journal import read

KILLED = -9
decode_entry = msgspec.json.Decoder(ev.Entry).decode
decode_event: msgspec.json.Decoder[ev.AnyEvent] = msgspec.json.Decoder(ev.AnyEvent)


def promised(told: Sequence[Told]) -> list[ev.Entry]:
    """The events of which the process was told that they are durable."""
    return [decode_entry(line["promised"]) for line in told if "promised" in line]


def in_flight(told: Sequence[Told]) -> list[ev.AnyEvent]:
    """The events that were tried last, in one piece, where nothing was promised after them."""
    told = [line for line in told if "tried" in line or "promised" in line]
    tried = takewhile(lambda line: "tried" in line, reversed(told))
    return [decode_event.decode(line["tried"]) for line in tried][::-1]


def chosen(places: list[str], faults: Faults, short: int) -> list[int]:
    """Places to die at: all; or of each kind the first, and the rest spread over all."""
    if faults.long:
        return list(range(len(places)))
    kinds = [places.index(kind) for kind in dict.fromkeys(places)]
    return sorted({*kinds, *faults.spread(range(len(places)), max(2, short - len(kinds)))})


def check(directory: SessionDirectory, told: Sequence[Told]) -> list[ev.Entry]:
    """Hold what is on the disk against what was promised; returns what is there."""
    wanted = promised(told)
    found = list(read(directory.journal))
    assert found[: len(wanted)] == wanted
    more = [entry.event for entry in found[len(wanted) :]]
    assert more == in_flight(told)[: len(more)]
    runbook, state = directory.load()
    assert state == fold(runbook, wanted + found[len(wanted) :])
    return found
