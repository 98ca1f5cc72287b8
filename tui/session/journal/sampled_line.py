"""Keeps what monitors measured in three minutes as one line of a journal, and gives every sample back as it was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from math import isfinite
from typing import TypeVar

from msgspec import Struct

from tui.session.events import Entry, MonitorSampled

CLOCKS_APART = 0.02
"""Seconds by which a sample's time on the wall may differ from what the monotonic clock says, to be taken for it."""

MOST = 500
"""Samples in one line at most."""

EXACT = 1e11
"""Seconds up to which a thousandth of one is exact in a float."""


Count = TypeVar("Count", int, float)


class SampledLine(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="samples"):
    """Samples in their order, each part of them in a list of its own; the line's `at` and `mono` are the last one's.

    `of` has the place of each one's monitor in `monitors`, `after` how many milliseconds it came after the one before.
    `clock` is the last one's, `clocks` by how many milliseconds the others' differ from where `after` puts them. `took`
    is in milliseconds. `said` has the place of each one's detail in `details`, from 1 (0: none), `failed` the places of
    those that failed, `shares` of how many requests each is. A list that is empty has nothing but noughts.
    """

    monitors: tuple[str, ...]
    of: tuple[int, ...]
    values: tuple[float | None, ...]
    after: tuple[int, ...] = ()
    clock: float = 0.0
    clocks: tuple[int, ...] = ()
    took: tuple[int, ...] = ()
    details: tuple[str, ...] = ()
    said: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    shares: tuple[float, ...] = ()


def fits(event: MonitorSampled) -> bool:
    """Whether a sample is the same after it was in such a line; one that is not has a line of its own."""
    exact = all(abs(one) < EXACT and round(one, 3) == one for one in (event.clock, event.took))
    return exact and (event.value is None or isfinite(event.value)) and isfinite(event.of)


def timed(at: datetime, mono: float, earlier: Sequence[Entry]) -> tuple[datetime, float] | None:
    """When a sample was taken, in whole milliseconds; None where it cannot be in one line with the earlier ones.

    Args:
        at: the time on the wall, UTC.
        mono: the journal's own, in seconds.
    """
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    millis = int(mono * 1000)  # not after whatever happens next
    if not earlier:
        return at, millis / 1000
    first = earlier[0]
    would_be = first.at + timedelta(milliseconds=millis - _millis(first.mono))
    if mono < earlier[-1].mono or abs((would_be - at).total_seconds()) > CLOCKS_APART:
        return None
    return would_be, millis / 1000


def joined(entries: Sequence[Entry]) -> SampledLine:
    """The line of these samples, which `fits` and `timed` let together."""
    events = [entry.event for entry in entries if isinstance(entry.event, MonitorSampled)]
    monitors = tuple(dict.fromkeys(event.monitor for event in events))
    details = tuple(dict.fromkeys(event.detail for event in events if event.detail))
    monos = [_millis(entry.mono) for entry in entries]
    clocks = [_millis(event.clock) for event in events]
    apart = tuple((clock - clocks[-1]) - (mono - monos[-1]) for clock, mono in zip(clocks, monos, strict=True))[:-1]
    return SampledLine(
        monitors=monitors,
        of=tuple(monitors.index(event.monitor) for event in events),
        values=tuple(map(_short, (event.value for event in events))),
        after=tuple(later - earlier for earlier, later in pairwise(monos)),
        clock=events[-1].clock,
        clocks=_unless_nought(apart),
        took=_unless_nought(tuple(_millis(event.took) for event in events)),
        details=details,
        said=_unless_nought(tuple(details.index(event.detail) + 1 if event.detail else 0 for event in events)),
        failed=tuple(place for place, event in enumerate(events) if event.failed),
        shares=_unless_nought(tuple(float(_short(event.of) or 0) for event in events)),
    )


def parted(line: SampledLine, seq: int, at: datetime, mono: float) -> tuple[Entry, ...]:
    """The samples of a line as they were recorded, each with the number of the line.

    Raises:
        ValueError: its parts do not fit each other: nobody wrote it so.
    """
    count = len(line.of)
    lists = (line.values, line.took or line.of, line.said or line.of, line.shares or line.of)
    others = (line.after, line.clocks or line.after)
    if not count or any(len(one) != count for one in lists) or any(len(one) != count - 1 for one in others):
        raise ValueError("the parts of its samples do not fit each other")
    places = (line.of, len(line.monitors)), (line.said, len(line.details) + 1), (line.failed, count)
    if any(not 0 <= place < end for found, end in places for place in found):
        raise ValueError("one of its samples names what is not there")
    back = [passed - sum(line.after) for passed in accumulate(line.after, initial=0)]
    failed, noughts = frozenset(line.failed), (0,) * count
    last_mono, last_clock = _millis(mono), _millis(line.clock)
    columns = zip(
        line.of,
        line.values,
        back,
        (*(line.clocks or noughts[1:]), 0),
        line.took or noughts,
        line.said or noughts,
        line.shares or noughts,
        strict=True,
    )
    try:
        return tuple(
            Entry(
                seq,
                at + timedelta(milliseconds=before),
                (last_mono + before) / 1000,
                MonitorSampled(
                    monitor=line.monitors[monitor],
                    value=value,
                    detail=line.details[said - 1] if said else "",
                    clock=(last_clock + before + apart) / 1000,
                    took=took / 1000,
                    failed=place in failed,
                    of=float(share),
                ),
            )
            for place, (monitor, value, before, apart, took, said, share) in enumerate(columns)
        )
    except OverflowError as error:
        raise ValueError("one of its samples has no time") from error


def _millis(seconds: float) -> int:
    return round(seconds * 1000)


def _short(value: float | None) -> float | None:
    """The same number in fewer characters, where it is a whole one; JSON gives it back as a float."""
    if value is None or not float(value).is_integer() or abs(value) > 1e15 or str(value) == "-0.0":
        return value
    return int(value)


def _unless_nought(numbers: tuple[Count, ...]) -> tuple[Count, ...]:
    return numbers if any(numbers) else ()
