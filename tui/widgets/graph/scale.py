"""Decides what a graph's axis goes from and to, and in which words: figures people read, never a power of ten."""

import math
from collections.abc import Sequence

from msgspec import Struct

from tui.session.samples import Limit
from tui.text.amounts import figure

SPARE = 1.25
"""An axis that begins at 0 is at most this many times as long as what must be seen on it."""
LEAST = 0.2
"""The share of its middle that an axis without a limit reaches both ways at least, so that noise looks like noise."""
BYTES = 1024.0
"""Of each unit in the next."""
_STEPS = ((5.0, 0.5), (2.0, 0.2), (1.0, 0.1))
"""The end of an axis is a multiple of the second from the first on; of figures from 1 to 10."""


class Axis(Struct, frozen=True):
    """What the lowest and the highest cell of a graph stand for."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a figure is between the ends: 0 to 1."""
        whole = self.high / 4 - self.low / 4  # a quarter: else the largest numbers are infinitely far apart
        return max(0.0, min(1.0, (value / 4 - self.low / 4) / whole)) if whole > 0 else 0.5

    def eighths(self, value: float, height: int) -> int:
        """How many eighths of a cell a bar of a value is high; one at least, since it is there."""
        return max(1, round(self.share(value) * 8 * height))

    def row(self, value: float, height: int) -> int:
        """In which row of a graph, counted from above, a figure is."""
        return height - 1 - min(height - 1, int(self.share(value) * height))


def axis(known: Sequence[float], limits: Sequence[Limit], unit: str = "") -> Axis:
    """From 0 to a quarter above the limit or the highest; without a limit the figures are about the middle.

    A trigger far beyond what was measured does not flatten the graph.
    """
    marks = [one.value for one in limits if not one.trigger] or [one.value for one in limits]
    if not marks and known:
        return _about(min(known), max(known))
    figures = [*known, *marks, 0.0]
    low, high = min(figures), max(figures)
    top = _round(SPARE * high, unit) if high > 0 else 0.0
    if unit == "%" and low >= 0 and 50 < high <= 100:
        top = 100.0
    bottom = -_round(-SPARE * low, unit) if low < 0 else 0.0
    return Axis(bottom, top if top > bottom else bottom + 1.0)


def _about(low: float, high: float) -> Axis:
    middle = low / 2 + high / 2
    reach = max(high - low, abs(middle) * LEAST)
    if not reach or not math.isfinite(reach):
        return Axis(middle - 1.0, middle + 1.0)
    begin = middle - reach
    return Axis(0.0 if low >= 0 > begin else begin, middle + reach)


def _round(value: float, unit: str) -> float:
    """A figure, or the next above it that is short to write."""
    if not math.isfinite(value):
        return math.nextafter(math.inf, 0)
    whole = 1.0
    while unit == "bytes" and value / whole >= BYTES:
        whole *= BYTES
    tens = 10.0 ** math.floor(math.log10(value / whole))
    if not tens:
        return value
    share = value / whole / tens
    step = next((step for least, step in _STEPS if share >= least), 0.1)
    return max(value, math.ceil(round(share / step, 6)) * step * tens * whole)


def mark(value: float, unit: str) -> str:
    """A figure beside an axis; its unit stands in the graph's head, unless it says how many bytes a figure is."""
    return figure(value, unit if unit == "bytes" else "")
