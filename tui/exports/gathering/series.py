"""Keeps what a monitor measured in a whole night in nineteen bytes a sample, of which the reports draw a few."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from tui.session.folding.packed_samples import PackedSamples
from tui.session.folding.sample_runs import Happened, samples_of

TOGETHER = 250
"""Samples from which on they are packed together."""

_encoder = msgspec.msgpack.Encoder()
_times = msgspec.msgpack.Decoder(list[datetime])
_values = msgspec.msgpack.Decoder(list[float | None])


class _Packed(Struct, frozen=True):
    """Samples that follow each other: their times and values as MessagePack, and times in another zone as they are."""

    times: bytes
    values: bytes
    others: tuple[datetime, ...] = ()


class Series:
    """The samples of one monitor in their order."""

    def __init__(self) -> None:
        self._packed = list[_Packed]()
        self._times = list[datetime]()
        self._values = list[float | None]()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, entries: Sequence[Happened]) -> None:
        """Take more samples of the monitor, which are all that these entries are."""
        self._count += len(entries)
        if isinstance(entries, PackedSamples):
            self.settle()
            self._packed.append(_Packed(entries.columns.times, entries.columns.values))
            return
        self._times += [entry.at for entry in entries]
        self._values += [event.value for event in samples_of(entries)]
        if len(self._times) >= TOGETHER:
            self.settle()

    def highest(self, most: int) -> Iterator[tuple[datetime, float | None]]:
        """Up to `most` samples: of several that follow each other the highest, its time and its value."""
        self.settle()
        size = -(-len(self) // most)
        times, values = list[datetime](), list[float | None]()
        for packed in self._packed:
            times += packed.others or _times.decode(packed.times)
            values += _values.decode(packed.values)
            whole = len(values) // size * size
            for start in range(0, whole, size):
                yield _highest(times, values, start, start + size)
            del times[:whole], values[:whole]
        if values:
            yield _highest(times, values, 0, len(values))

    def settle(self) -> None:
        """Hold none of the samples any more: pack those that wait for more."""
        if self._times:
            others = () if {at.tzinfo for at in self._times} == {UTC} else tuple(self._times)
            self._packed.append(_Packed(_encoder.encode(self._times), _encoder.encode(self._values), others))
            self._times, self._values = [], []


def _highest(
    times: Sequence[datetime], values: Sequence[float | None], start: int, end: int
) -> tuple[datetime, float | None]:
    """The sample with the highest value from one place to another; the first of several, also where none has any."""
    known = [-math.inf if value is None else value for value in values[start:end]]
    place = start + known.index(max(known))
    return times[place], values[place]
