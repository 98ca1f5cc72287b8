"""Follows what monitors measure: their samples, what was usual before the deployment, how long a trigger dwells."""

import math
import statistics
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import Monitor, Runbook, Trigger, seconds

KEPT = 240
"""Samples kept of each monitor: two hours at one every 30 seconds."""

GAP = 3
"""After so many intervals without a sample the time between two is no dwell: nobody knows what it was meanwhile."""


class Sample(Struct, frozen=True):
    """One measurement that ended `at` a time (UTC), and `took` so many seconds.

    Without a `value` it could not be made, and `detail` says why.
    """

    at: datetime
    value: float | None
    detail: str = ""
    took: float = 0.0

    @property
    def begun(self) -> datetime:
        """When the measurement began: what was changed later, it did not see."""
        return self.at - timedelta(seconds=self.took)


class Monitored(Struct, frozen=True, kw_only=True):
    """A monitor's last samples, oldest first, their median before the first change, and since when there is no data."""

    samples: tuple[Sample, ...] = ()
    baseline: float | None = None
    lost_since: datetime | None = None

    @property
    def value(self) -> float | None:
        """What was measured last; None where the last measurement could not be made."""
        return self.samples[-1].value if self.samples else None

    @property
    def detail(self) -> str:
        """Why the last measurement could not be made."""
        return self.samples[-1].detail if self.samples else ""


class Dwell(Struct, frozen=True):
    """For how many seconds a monitor has been beyond a trigger's bound.

    `last` is the clock (seconds, monotonic) of the last sample beyond it, if the one before was no gap.
    """

    beyond: float = 0.0
    last: float | None = None
    armed: bool = False
    tripped: bool = False


def add(monitored: Monitored, sample: Sample) -> Monitored:
    """The monitor with one more sample."""
    lost = None if sample.value is not None else monitored.lost_since or sample.at
    return replace(monitored, samples=(*monitored.samples, sample)[-KEPT:], lost_since=lost)


def with_baseline(monitored: Monitored) -> Monitored:
    """The monitor with what was usual so far."""
    values = [one.value for one in monitored.samples if one.value is not None]
    return replace(monitored, baseline=statistics.median(values)) if values else monitored


def finite(value: float | None) -> float | None:
    """A value that can be compared; None for what is no number."""
    return value if value is not None and math.isfinite(value) else None


def beyond(trigger: Trigger, value: float) -> bool:
    """Whether a value is beyond the trigger's bound, which itself is not."""
    if trigger.above is not None and value > trigger.above:
        return True
    return trigger.below is not None and value < trigger.below


def advance(trigger: Trigger, monitor: Monitor, dwell: Dwell, value: float | None, clock: float) -> Dwell:
    """The dwell after one more sample.

    Only the time between two samples in a row that are both beyond the bound counts; one within it ends the dwell.
    One without data neither ends nor lengthens it: what cannot be measured is not known to be fine.
    """
    if value is None:
        return replace(dwell, last=None)
    if not beyond(trigger, value):
        return Dwell()
    gap = clock - dwell.last if dwell.last is not None else 0.0
    counts = 0.0 <= gap <= GAP * seconds(monitor.every)
    total = dwell.beyond + (gap if counts else 0.0)
    return Dwell(total, clock, True, dwell.tripped or total >= seconds(trigger.lasting))


def advance_all(
    runbook: Runbook, dwells: Mapping[str, Dwell], name: str, value: float | None, clock: float
) -> dict[str, Dwell]:
    """Every trigger's dwell after a sample of the monitor `name`."""
    after = dict(dwells)
    for trigger_name, trigger in runbook.triggers.items():
        if trigger.monitor == name:
            before = dwells.get(trigger_name, Dwell())
            after[trigger_name] = advance(trigger, runbook.monitors[name], before, value, clock)
    return after
