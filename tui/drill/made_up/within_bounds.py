"""Chooses a number that is within the bounds of a runbook."""

import math
from collections.abc import Iterable, Iterator

from tui.runbook.model import Number
from tui.runbook.results import Bound, known_bound


def figure_within(numbers: Iterable[Number]) -> float:
    """A number within the bounds of all of these; one within those of the first, where none is within all.

    A whole one where there is one.
    """
    wanted = tuple(numbers)
    for bounds in (wanted, wanted[:1]):
        found = next((one for one in _candidates(bounds) if all(_fits(number, one) for number in bounds)), None)
        if found is not None:
            return found
    return 1.0


def figure_text(value: float) -> str:
    """A number as a program prints it."""
    return str(int(value)) if value.is_integer() else f"{value:.10g}"


def _candidates(numbers: tuple[Number, ...]) -> Iterator[float]:
    lows = _known(bound for number in numbers for bound in (number.above, number.at_least))
    highs = _known(bound for number in numbers for bound in (number.below, number.at_most))
    low, high = max(lows, default=None), min(highs, default=None)
    if low is None and high is None:
        yield 1.0
    elif high is None and low is not None:
        yield from (math.floor(low) + 1.0, low, low + 1.0)
    elif low is None and high is not None:
        yield from (math.floor(high / 2) * 1.0 if high > 0 else math.ceil(high) - 1.0, high, 0.0, high - 1.0)
    elif low is not None and high is not None:
        middle = (low + high) / 2
        yield from (float(math.floor(middle)), float(math.ceil(middle)), middle, low, high)


def _known(bounds: Iterable[Bound | str]) -> list[float]:
    return [float(known) for bound in bounds if (known := known_bound(bound)) is not None]


def _fits(number: Number, value: float) -> bool:
    below, above = known_bound(number.below), known_bound(number.above)
    most, least = known_bound(number.at_most), known_bound(number.at_least)
    return (
        (below is None or value < below)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (least is None or value >= least)
    )
