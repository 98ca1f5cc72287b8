"""Follows what monitors measure: samples, what was usual before the deployment, how long a value is beyond a bound."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from tui.runbook.model import Monitor, Number, Runbook, Trigger, seconds
from tui.runbook.results import known_bound
from tui.session import shares
from tui.session.event_kinds.measurements import MonitorSampled
from tui.session.shares import Counted
from tui.text.amounts import figure, within_words

KEPT = 240
"""Samples kept of each monitor: two hours at one every 30 seconds."""

GAP = 3
"""After this many intervals without a sample the time between two does not count: nobody knows what the value was."""


class Sample(Struct, frozen=True, array_like=True):
    """One measurement that ended `at` a time (UTC), and `took` seconds.

    Without a `value` it could not be made, and `detail` says why; of a group it says which host's the value is. See
    MonitorSampled for `failed`.
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


class MonitorWait(Struct, frozen=True):
    """A monitor that is due has waited for a free session on a host since a time (UTC)."""

    host: str
    since: datetime


class Limit(Struct, frozen=True, kw_only=True):
    """A figure beyond which something is not good: above `value` where it is `high`, else below it.

    The value itself is good where it is `included`. A trigger's limit proposes the rollback when it is passed for as
    long as `lasting` (seconds) says.
    """

    value: float
    high: bool
    included: bool = False
    lasting: float | None = None

    @property
    def trigger(self) -> bool:
        """Whether a trigger watches it."""
        return self.lasting is not None

    def passed(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        if value == self.value:
            return not self.included
        return value > self.value if self.high else value < self.value

    def words(self, unit: str) -> str:
        """The limit in words: good below 0.5 s; above 5 s for 5 minutes: rollback proposed."""
        words = figure(self.value, unit)
        if self.lasting is not None:
            return f"{'above' if self.high else 'below'} {words} for {within_words(self.lasting)}: rollback proposed"
        side = ("up to" if self.high else "from") if self.included else ("below" if self.high else "above")
        return f"good {side} {words}"


class Monitored(Struct, frozen=True, kw_only=True):
    """A monitor's last samples, oldest first, their median before the first change, and since when there is no data.

    While it is `waiting` nothing is measured, and the last sample is an old one.
    """

    samples: tuple[Sample, ...] = ()
    baseline: float | None = None
    lost_since: datetime | None = None
    waiting: MonitorWait | None = None

    @property
    def value(self) -> float | None:
        """What was measured last; None where the last measurement could not be made."""
        return self.samples[-1].value if self.samples else None

    @property
    def detail(self) -> str:
        """Why the last measurement could not be made."""
        return self.samples[-1].detail if self.samples else ""


class TriggerState(Struct, frozen=True):
    """For how many seconds a monitor has been beyond a trigger's bound.

    `last` is the clock (seconds, monotonic) of the last sample beyond it, if the one before was not a gap; of a share,
    of the last sample. `counts` are the requests of its samples.
    """

    beyond: float = 0.0
    last: float | None = None
    armed: bool = False
    tripped: bool = False
    counts: tuple[Counted, ...] = ()


def add(monitored: Monitored, sample: Sample) -> Monitored:
    """The monitor with one more sample."""
    lost = None if sample.value is not None else monitored.lost_since or sample.at
    return replace(monitored, samples=(*monitored.samples, sample)[-KEPT:], lost_since=lost, waiting=None)


def with_baseline(monitored: Monitored) -> Monitored:
    """The monitor with what was usual so far."""
    from statistics import median  # seldom needed, and not before anything is seen

    values = [sample.value for sample in monitored.samples if sample.value is not None]
    return replace(monitored, baseline=median(values)) if values else monitored


def finite(value: float | None) -> float | None:
    """A value that can be compared; None for what is not a number."""
    return value if value is not None and math.isfinite(value) else None


def beyond(trigger: Trigger, value: float) -> bool:
    """Whether a value is beyond the trigger's bound, which itself is not."""
    above, below = known_bound(trigger.above), known_bound(trigger.below)
    return (above is not None and value > above) or (below is not None and value < below)


def advance(
    trigger: Trigger,
    monitor: Monitor,
    before: TriggerState,
    sampled: MonitorSampled,
) -> TriggerState:
    """How long the value has been beyond the bound, after one more sample.

    Only the time between two samples in a row that are both beyond the bound counts; one within it sets the time to 0,
    but for a share above a bound, which may be so by chance: see `shares`. One without data neither ends nor lengthens
    it: what cannot be measured is not known to be fine. No answer is slower than any bound.
    """
    value, clock, of = sampled.value, sampled.clock, sampled.of
    if value is None:
        return replace(before, last=None)
    gap = clock - before.last if before.last is not None else 0.0
    span = gap if 0.0 <= gap <= GAP * seconds(monitor.every) else 0.0
    wanted = seconds(trigger.lasting)
    above = known_bound(trigger.above)
    if of and above is not None and 0 < above < 100:
        counts = (*before.counts, Counted(span, min(max(value, 0.0), 100.0) / 100 * of, of))[-shares.KEPT :]
        spent, due = shares.lasting(counts, above / 100, wanted)
        armed = spent >= 0
        return TriggerState(max(spent, 0.0), clock, armed, armed and (before.tripped or due), counts)
    if ends(trigger, sampled):
        return TriggerState()
    spent = before.beyond + span
    return TriggerState(spent, clock, True, before.tripped or spent >= wanted)


def ends(trigger: Trigger, sampled: MonitorSampled) -> bool:
    """Whether a sample sets the time beyond the bound to 0, whatever was before; see `advance`."""
    above = known_bound(trigger.above)
    if sampled.value is None or (sampled.of and above is not None and 0 < above < 100):
        return False
    return not (beyond(trigger, sampled.value) or (sampled.failed and above is not None))


def limits(runbook: Runbook, monitor: str) -> tuple[Limit, ...]:
    """The limits of a monitor, those of its triggers last."""
    triggers = (trigger for trigger in runbook.triggers.values() if trigger.monitor == monitor)
    bounds = (bound for trigger in triggers if (bound := bound_of(trigger)) is not None)
    return (*limits_of(runbook.monitors[monitor].number), *bounds)


def limits_of(number: Number) -> Iterator[Limit]:
    """What is good, as the limits of a figure."""
    for value, high, included in (
        (number.below, True, False),
        (number.at_most, True, True),
        (number.above, False, False),
        (number.at_least, False, True),
    ):
        if (known := known_bound(value)) is not None:
            yield Limit(value=known, high=high, included=included)


def bound_of(trigger: Trigger) -> Limit | None:
    """The bound of a trigger, which itself is not beyond it; None while the value that it is is not known."""
    high = trigger.above is not None
    value = known_bound(trigger.above if high else trigger.below)
    if value is None:
        return None
    return Limit(value=value, high=high, included=True, lasting=seconds(trigger.lasting))
