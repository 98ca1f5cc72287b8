"""Follows what monitors measure: their samples, what was usual before the deployment, how long a trigger dwells."""

import math
import statistics
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import Monitor, Trigger, seconds

KEPT = 240
"""Samples kept of each monitor: two hours at one every 30 seconds."""

GAP = 3
"""After so many intervals without a sample the time between two is no dwell: nobody knows what it was meanwhile."""


CHANCE = 2.5
"""Standard deviations that a share may be within its bound by chance."""


class Sample(Struct, frozen=True):
    """One measurement that ended `at` a time (UTC), and `took` so many seconds.

    Without a `value` it could not be made, and `detail` says why; see MonitorSampled for `failed`.
    """

    at: datetime
    value: float | None
    detail: str = ""
    took: float = 0.0
    failed: bool = False

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


class Tally(Struct, frozen=True):
    """How many of how many requests."""

    bad: float = 0.0
    of: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.bad + other.bad, self.of + other.of)


class Dwell(Struct, frozen=True):
    """For how many seconds a monitor has been beyond a trigger's bound.

    `last` is the clock (seconds, monotonic) of the last sample beyond it, if the one before was no gap. `all` are the
    requests of a share since it is dwelt, `dip` those since the last sample that was beyond the bound.
    """

    beyond: float = 0.0
    last: float | None = None
    armed: bool = False
    tripped: bool = False
    all: Tally = Tally()
    dip: Tally = Tally()


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


def advance(
    trigger: Trigger,
    monitor: Monitor,
    dwell: Dwell,
    value: float | None,
    clock: float,
    of: float = 0.0,
    failed: bool = False,
) -> Dwell:
    """The dwell after one more sample.

    Only the time between two samples in a row that are both beyond the bound counts; one within it ends the dwell, but
    for a share that may be so by chance: then that of all requests since the dwell began decides. One without data
    neither ends nor lengthens it: what cannot be measured is not known to be fine. No answer is slower than any bound.

    Args:
        of: how many requests the value, a share in per cent, is of; 0 where it is no share.
        failed: there was no answer for as long as it is waited for.
    """
    if value is None:
        return replace(dwell, last=None)
    one = Tally(value / 100 * of, of)
    total, dip = dwell.all + one, dwell.dip + one
    if beyond(trigger, value) or (failed and trigger.above is not None):
        dip = Tally()
    elif not (dwell.armed and by_chance(trigger, dip) and by_chance(trigger, total)):
        return Dwell()
    gap = clock - dwell.last if dwell.last is not None else 0.0
    counts = 0.0 <= gap <= GAP * seconds(monitor.every)
    spent = dwell.beyond + (gap if counts else 0.0)
    due = spent >= seconds(trigger.lasting)
    if due and of and not dwell.tripped and not beyond(trigger, 100 * total.bad / total.of):
        return Dwell()
    return Dwell(spent, clock, True, dwell.tripped or due, total, dip)


def by_chance(trigger: Trigger, tally: Tally) -> bool:
    """Whether a share within the bound may be one beyond it: a rate of 12% shows 9% of a few requests now and then.

    It is not where it is further within the bound than two and a half standard deviations.
    """
    if not tally.of or trigger.above is None or not 0 < trigger.above < 100:
        return False
    bound = trigger.above / 100
    return tally.bad >= bound * tally.of - CHANCE * math.sqrt(tally.of * bound * (1 - bound))
