"""Decides for how long a share of requests has been above a bound: of a few requests it is so, or not, by chance.

The share of the requests since a sample decides, and no part of them may be noticeably within the bound. What it comes
to with even and with random errors is in docs/runbook-format.md; tests/session/measured/test_triggers_of_logs.py
measures it.
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
    start, span = max(0, len(samples) - 1), 0.0
    while start > 0 and span < wanted:
        span += samples[start].span
        start -= 1
    for place, (bad, of) in zip(range(start, len(samples)), _sums_since(samples[start:]), strict=True):
        above = bad - 0.5 > bound * of + ABOVE * _deviation(bound, of)
        if above and not _within(samples[place:], bound, bad / of):
            found = sum(sample.span for sample in samples[place + 1 :])
            return found, found >= wanted and _risen(samples[:place], samples[place:], bound)
    return -1.0, False


def _sums_since(samples: Sequence[Counted]) -> list[tuple[float, float]]:
    """For each sample what it and those after it come to."""
    found, bad, of = list[tuple[float, float]](), 0.0, 0.0
    for sample in reversed(samples):
        bad, of = bad + sample.bad, of + sample.of
        found.append((bad, of))
    return found[::-1]


def _within(samples: Sequence[Counted], bound: float, share: float) -> bool:
    """Whether a part of these, whose `share` is above the bound, is noticeably within it."""
    for first, last, dip in _dips(samples, bound):
        fewest, number = _sum(dip)
        if fewest < bound * number - WITHIN * _deviation(bound, number):
            return True
        edge = first == 0 or last == len(samples)  # before it began, or after it ended
        if edge and fewest < share * number - WITHIN * _deviation(share, number):
            return True
    return False


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
