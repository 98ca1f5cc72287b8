"""Keeps what a monitor measured in a whole night in sixteen bytes a sample, of which the reports draw a few."""

import math
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tui.session.events import Entry
from tui.session.folding.sample_runs import samples_of

EXACT = float(1 << 31)
"""Seconds from 1970 within which a float has each microsecond."""


class Series:
    """The samples of one monitor in their order."""

    def __init__(self) -> None:
        self._times = array("d")
        self._values = array("d")
        self._others: dict[int, datetime] = {}

    def __len__(self) -> int:
        return len(self._times)

    def add(self, entries: Sequence[Entry]) -> None:
        """Take more samples of the monitor, which are all that these entries are."""
        ats = [entry.at for entry in entries]
        times = [at.timestamp() for at in ats]
        if {at.tzinfo for at in ats} != {UTC} or min(times) <= -EXACT or max(times) >= EXACT:
            self._others.update(enumerate(ats, len(self._times)))
        self._times.fromlist(times)
        values = [event.value for event in samples_of(entries)]
        self._values.fromlist([math.nan if value is None else value for value in values])

    def highest(self, most: int) -> Iterator[tuple[datetime, float | None]]:
        """Up to `most` samples: of several that follow each other the highest, its time and its value."""
        size = -(-len(self) // most)
        for start in range(0, len(self), size):
            values = [-math.inf if math.isnan(one) else one for one in self._values[start : start + size]]
            place = start + values.index(max(values))
            value = self._values[place]
            at = self._others.get(place) or datetime.fromtimestamp(self._times[place], UTC)
            yield at, None if math.isnan(value) else value
