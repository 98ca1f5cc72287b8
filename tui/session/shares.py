"""Decides for how long a share of requests has been above a bound: of a few requests it is so, or not, by chance.

The share of the requests since a sample decides, and no part of them may be noticeably within the bound. What it comes
to with even and with random errors is in docs/runbook-format.md; tests/session/test_triggers_of_logs.py measures it.
"""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

KEPT = 240
"""Samples kept: forty minutes at one every ten seconds, of which those before the rate rose say what it was."""

WITHIN = 2.5
"""Standard deviations by which a part of the requests may be within the bound, and the rate not."""

ABOVE = 0.25
"""Standard deviations by which the share has to be above the bound: one at the bound is above it half of the time."""

RISEN = 3.0
"""Standard deviations by which it has to be above the share before, where both together are within the bound."""


class Counted(Struct, frozen=True):
    """How many of how many requests; `span` are the seconds since the sample before, 0 where those do not count."""

    span: float
    bad: float
    of: float


def lasting(samples: Sequence[Counted], bound: float, wanted: float) -> tuple[float, bool]:
    """For how many seconds the share has been above the bound (0 to 1), -1 where it is not; and whether as `wanted`.

    Not so where the share may be what it was before, and that is within the bound: a rate of 8 % comes above 10 % now
    and then, which one that has risen to 12 % does not look like.
    """
    start, span = len(samples) - 1, 0.0
    while start > 0 and span < wanted:
        span += samples[start].span
        start -= 1
    for place in range(start, len(samples)):
        if _above(samples[place:], bound):
            found = sum(sample.span for sample in samples[place + 1 :])
            return found, found >= wanted and _risen(samples[:place], samples[place:], bound)
    return -1.0, False


def _above(samples: Sequence[Counted], bound: float) -> bool:
    """Whether the share of these is above the bound, and that of no part noticeably within it."""
    bad, of = _sum(samples)
    if bad - 0.5 <= bound * of + ABOVE * _deviation(bound, of):
        return False
    share = bad / of
    for first, last, dip in _dips(samples, bound):
        fewest, number = _sum(dip)
        if fewest < bound * number - WITHIN * _deviation(bound, number):
            return False
        edge = first == 0 or last == len(samples)  # before it began, or after it ended
        if edge and fewest < share * number - WITHIN * _deviation(share, number):
            return False
    return True


def _dips(samples: Sequence[Counted], bound: float) -> Iterator[tuple[int, int, Sequence[Counted]]]:
    """The runs of samples that are not above the bound, each with its place."""
    first = 0
    for place in range(len(samples) + 1):
        if place == len(samples) or samples[place].bad > bound * samples[place].of:
            if place > first:
                yield first, place, samples[first:place]
            first = place + 1


def _risen(before: Sequence[Counted], latest: Sequence[Counted], bound: float) -> bool:
    """Whether the share is above the bound with what was before it too, or is noticeably above that."""
    (bad, of), (more, number) = _sum(before), _sum(latest)
    share = (bad + more) / (of + number)
    if not of or share > bound:
        return True
    return more / number - bad / of > RISEN * math.sqrt(share * (1 - share) * (1 / of + 1 / number))


def _sum(samples: Sequence[Counted]) -> tuple[float, float]:
    return sum(sample.bad for sample in samples), sum(sample.of for sample in samples)


def _deviation(share: float, of: float) -> float:
    return math.sqrt(of * share * (1 - share))
