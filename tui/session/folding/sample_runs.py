"""Folds samples that follow each other at once: a long session is nearly all samples, of which only some are kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from tui.session.events import Entry
from tui.session.events_measured import MonitorSampled
from tui.session.folding.triggers import advance_run
from tui.session.samples import KEPT, Monitored, Sample
from tui.session.state import SessionState

TOGETHER = 4096
"""Samples that wait to be folded, at most."""

RUNS = 8
"""Runs of samples that wait until somebody asks for their monitors, at most: they are held meanwhile."""


class SampleRun(Struct, frozen=True):
    """Samples that follow each other, by their monitors; `last` is the last of all."""

    by_monitor: Mapping[str, Sequence[Entry]]
    last: Entry


def runs(entries: Iterable[Entry]) -> Iterator[Entry | SampleRun]:
    """The entries in their order, samples that follow each other as one."""
    by_monitor: defaultdict[str, list[Entry]] = defaultdict(list)
    last, count = None, 0
    for entry in entries:
        event = entry.event
        if isinstance(event, MonitorSampled):
            by_monitor[event.monitor].append(entry)
            last, count = entry, count + 1
            if count < TOGETHER:
                continue
        if last is not None:
            yield SampleRun(by_monitor, last)
            by_monitor, last, count = defaultdict(list), None, 0
        if not isinstance(event, MonitorSampled):
            yield entry
    if last is not None:
        yield SampleRun(by_monitor, last)


def samples_of(entries: Iterable[Entry]) -> list[MonitorSampled]:
    """What the entries of a run are."""
    return cast("list[MonitorSampled]", [entry.event for entry in entries])


def with_samples(state: SessionState, run: SampleRun) -> SessionState:
    """The state after samples that follow each other, as `apply` gives it after one at a time."""
    triggers = state.triggers
    for found in run.by_monitor.values():
        triggers = advance_run(state, triggers, samples_of(found))
    monitors = SampledMonitors(state.monitors, run)
    return replace(state, seq=run.last.seq, at=run.last.at, monitors=monitors, triggers=triggers)


class SampledMonitors(Mapping[str, Monitored]):
    """The monitors after samples, worked out once somebody asks: of most samples nothing is left by then."""

    __slots__ = ("_before", "_found", "_runs")

    def __init__(self, before: Mapping[str, Monitored], run: SampleRun) -> None:
        """The monitors as they were before, and the samples since."""
        self._found: dict[str, Monitored] | None = None
        self._before = before
        self._runs: tuple[SampleRun, ...] = (run,)
        if isinstance(before, SampledMonitors):
            waits = before._found is None and len(before._runs) < RUNS
            self._before, earlier = (before._before, before._runs) if waits else (before.known(), ())
            self._runs = (*earlier, run)

    def known(self) -> dict[str, Monitored]:
        """The monitors after all samples."""
        if self._found is None:
            since: defaultdict[str, list[Entry]] = defaultdict(list)
            for run in self._runs:
                for name, found in run.by_monitor.items():
                    since[name] += found
            before = dict(self._before)
            after = {name: _with(before.get(name, Monitored()), found) for name, found in since.items()}
            self._found = {**before, **after}
            self._before, self._runs = {}, ()
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


def _with(monitored: Monitored, measured: Sequence[Entry]) -> Monitored:
    """A monitor after samples of its own."""
    last = measured[-KEPT:]
    kept = zip(last, samples_of(last), strict=True)
    samples = [Sample(entry.at, one.value, one.detail, one.took, one.failed) for entry, one in kept]
    return replace(
        monitored,
        samples=(*monitored.samples, *samples)[-KEPT:],
        lost_since=_lost_since(monitored, measured),
        waiting=None,
    )


def _lost_since(monitored: Monitored, measured: Sequence[Entry]) -> datetime | None:
    """Since when there is no data: since the first sample without a value after the last one with one."""
    first = None
    for entry in reversed(measured):
        (event,) = samples_of((entry,))
        if event.value is not None:
            return first
        first = entry.at
    return monitored.lost_since or first
