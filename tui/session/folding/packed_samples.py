"""Packs samples of one monitor into bytes, for another process, which unpacks them where they are asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast, overload

import msgspec
from msgspec import Struct

from tui.session.event_kinds.measurements import MonitorSampled
from tui.session.events import Entry
from tui.session.folding.sample_runs import Happened, entry_of

_encoder = msgspec.msgpack.Encoder()
_numbers = msgspec.msgpack.Decoder(list[int])
_times = msgspec.msgpack.Decoder(list[datetime])
_seconds = msgspec.msgpack.Decoder(list[float])
_events = msgspec.msgpack.Decoder(list[MonitorSampled])


class Columns(Struct, frozen=True, array_like=True):
    """The samples, as MessagePack has each of their parts; `last` is the last of them."""

    count: int
    last: Entry
    numbers: bytes
    times: bytes
    monos: bytes
    values: bytes
    events: bytes


def columns(found: Sequence[Happened]) -> Columns:
    """Pack samples.

    Raises:
        ValueError: the time of one is not in UTC, which would be lost.
    """
    times, events = [one.at for one in found], [one.event for one in found]
    if {at.tzinfo for at in times} != {UTC}:
        raise ValueError("a time that is not in UTC")
    samples = cast("list[MonitorSampled]", events)
    return Columns(
        len(found),
        entry_of(found[-1]),
        _encoder.encode([one.seq for one in found]),
        _encoder.encode(times),
        _encoder.encode([one.mono for one in found]),
        _encoder.encode([sample.value for sample in samples]),
        _encoder.encode(events),
    )


class PackedSamples(Sequence[Happened]):
    """The entries of packed samples."""

    __slots__ = ("_entries", "columns")

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._entries: list[Entry] | None = None

    def __len__(self) -> int:
        return self.columns.count

    @overload
    def __getitem__(self, place: int) -> Happened: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Happened]: ...
    def __getitem__(self, place: int | slice) -> Happened | Sequence[Happened]:
        return self._unpacked()[place]

    def __iter__(self) -> Iterator[Happened]:
        return iter(self._unpacked())

    def __reversed__(self) -> Iterator[Happened]:
        """The last one needs nothing else to be unpacked, and as a rule nobody asks for more."""
        yield self.columns.last
        yield from reversed(self._unpacked()[:-1])

    def _unpacked(self) -> list[Entry]:
        if self._entries is None:
            packed = self.columns
            numbers, times = _numbers.decode(packed.numbers), _times.decode(packed.times)
            monos, events = _seconds.decode(packed.monos), _events.decode(packed.events)
            self._entries = list(map(Entry, numbers, times, monos, events))
        return self._entries
