"""Folds samples that follow each other at once: a long session is nearly all samples, of which only some are kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from tui.session.event_kinds.measurements import MonitorSampled
from tui.session.events import Entry
from tui.session.folding.triggers import advance_run
from tui.session.samples import KEPT, Monitored, Sample
from tui.session.state import SessionState

TOGETHER = 4096
"""Samples from which on they are folded: those that were read together by then."""

BLOCK = 1000
"""Entries of one row that are looked at together."""


class Happened(Protocol):
    """An event and when it was, as `Entry` has them: an entry, or a line of a journal that says the same."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def at(self) -> datetime:
        """Its time, UTC."""

    @property
    def mono(self) -> float:
        """Seconds since the process opened the journal."""

    @property
    def event(self) -> object:
        """What it was."""


class SampleRun(Struct, frozen=True):
    """Samples that follow each other, by their monitors; `last` is the last of all."""

    by_monitor: Mapping[str, Sequence[Happened]]
    last: Happened

    @property
    def last_entry(self) -> Entry:
        """The last of all."""
        return entry_of(self.last)


def runs(entries: Iterable[Entry]) -> Iterator[Entry | SampleRun]:
    """The entries in their order, samples that follow each other as one."""
    left = iter(entries)
    return runs_of(iter(lambda: list(islice(left, BLOCK)), []))


def runs_of(blocks: Iterable[Sequence[Happened]]) -> Iterator[Entry | SampleRun]:
    """The same of blocks of them, as they were read; only what is not a sample becomes an entry."""
    by_monitor: defaultdict[str, list[Happened]] = defaultdict(list)
    last, count = None, 0
    for block in blocks:
        kinds = [type(one.event) for one in block]
        begins = 0
        for place in (*_others(kinds), len(block)):
            found: Sequence[Any] = block[begins:place]
            for one in found:
                by_monitor[one.event.monitor].append(one)
            if found:
                last, count = found[-1], count + len(found)
            if last is not None and (count >= TOGETHER or place < len(block)):
                yield SampleRun(by_monitor, last)
                by_monitor, last, count = defaultdict(list), None, 0
            if place < len(block):
                yield entry_of(block[place])
            begins = place + 1
    if last is not None:
        yield SampleRun(by_monitor, last)


def _others(kinds: Sequence[type]) -> Sequence[int]:
    """The places of what is not a sample."""
    if kinds.count(MonitorSampled) == len(kinds):
        return ()
    return [place for place, kind in enumerate(kinds) if kind is not MonitorSampled]


def entry_of(one: Any) -> Entry:
    """The entry that a line of a journal says; an entry is one."""
    return one if isinstance(one, Entry) else Entry(one.seq, one.at, one.mono, one.event)


def samples_of(entries: Iterable[Happened]) -> list[MonitorSampled]:
    """What the entries of a run are."""
    return cast("list[MonitorSampled]", [entry.event for entry in entries])


def with_samples(state: SessionState, run: SampleRun) -> SessionState:
    """The state after samples that follow each other, as `apply` gives it after one at a time."""
    triggers, watched = state.triggers, {trigger.monitor for trigger in state.runbook.triggers.values()}
    for name, found in run.by_monitor.items():
        if name in watched:
            triggers = advance_run(state, triggers, samples_of(found))
    monitors = SampledMonitors(state.monitors, run)
    return replace(state, seq=run.last.seq, at=run.last.at, monitors=monitors, triggers=triggers)


NOTHING = Monitored()
"""What is known of a monitor before its first sample."""


class _Since(Struct, frozen=True):
    """The samples of a monitor that are not worked out yet, in pieces, and since when there is no data after them.

    Pieces of which none would be kept are let go.
    """

    pieces: tuple[Sequence[Happened], ...]
    count: int
    lost_since: datetime | None

    def after(self, found: Sequence[Happened]) -> "_Since":
        """The same after more samples."""
        pieces, count = (*self.pieces, found), self.count + len(found)
        while count - len(pieces[0]) >= KEPT:
            count -= len(pieces[0])
            pieces = pieces[1:]
        return _Since(pieces, count, _lost_since(self.lost_since, found))


class SampledMonitors(Mapping[str, Monitored]):
    """The monitors after samples, worked out once somebody asks: of most samples nothing is left by then."""

    __slots__ = ("_before", "_found", "_since")

    def __init__(self, before: Mapping[str, Monitored], run: SampleRun) -> None:
        """The monitors as they were before, and the last samples of each since, up to those that are kept."""
        self._found: dict[str, Monitored] | None = None
        self._before, self._since = before, dict[str, _Since]()
        if isinstance(before, SampledMonitors):
            waits = before._found is None
            self._before, self._since = (before._before, {**before._since}) if waits else (before.known(), {})
        for name, found in run.by_monitor.items():
            earlier = self._since.get(name) or _Since((), 0, self._before.get(name, NOTHING).lost_since)
            self._since[name] = earlier.after(found)

    def known(self) -> dict[str, Monitored]:
        """The monitors after all samples."""
        if self._found is None:
            before = dict(self._before)
            after = {name: _with(before.get(name, NOTHING), since) for name, since in self._since.items()}
            self._found = {**before, **after}
            self._before, self._since = {}, {}
        return self._found

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Monitored:
        return self.known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known())

    def __len__(self) -> int:
        return len(self.known())

    def __repr__(self) -> str:
        return repr(self.known())


def settled(state: SessionState) -> SessionState:
    """The same state with its monitors worked out."""
    monitors = state.monitors
    return replace(state, monitors=monitors.known()) if isinstance(monitors, SampledMonitors) else state


def _with(monitored: Monitored, since: _Since) -> Monitored:
    """A monitor after samples of its own."""
    last = [one for piece in since.pieces for one in piece][-KEPT:]
    kept = zip(last, samples_of(last), strict=True)
    samples = [Sample(entry.at, one.value, one.detail, one.took, one.failed) for entry, one in kept]
    return replace(monitored, samples=(*monitored.samples, *samples)[-KEPT:], lost_since=since.lost_since, waiting=None)


def _lost_since(before: datetime | None, measured: Sequence[Happened]) -> datetime | None:
    """Since when there is no data: since the first sample without a value after the last one with one."""
    first = None
    for entry in reversed(measured):
        (event,) = samples_of((entry,))
        if event.value is not None:
            return first
        first = entry.at
    return before or first
