"""Says what is usual for a step, a section and a whole session, by what they took in earlier sessions."""

from collections.abc import Mapping

from msgspec import Struct

from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.model import Runbook, Step

LONGER = 1.5
"""A step that takes its usual time multiplied by this, and over a second more, takes longer than usual."""


class Usual(Struct, frozen=True):
    """What a step took in `count` sessions, in seconds: the median, and the quartiles around it."""

    median: float
    low: float
    high: float
    count: int

    def longer(self, took: float) -> bool:
        """Whether it took longer than it usually does."""
        return took > self.median * LONGER and took - self.median > 1 and took > self.high


class WholeUsual(Struct, frozen=True):
    """What a whole session usually takes from its beginning to its end, and each of its sections, by id.

    `to_come` is what is usually left until its end when it comes to a step, by the step's id.
    """

    whole: Usual | None = None
    sections: Mapping[str, Usual] = {}
    to_come: Mapping[str, Usual] = {}


def on_host(step: str, host: str) -> str:
    """By which name it is known what a step usually takes on one host of a group."""
    return f"{step} {host}"


def usual_of(lengths: list[float]) -> Usual:
    """The median and the quartiles of at least two lengths."""
    from statistics import quantiles  # seldom needed, and not before anything is seen

    low, median, high = quantiles(lengths, n=4, method="inclusive")
    return Usual(median, low, high, len(lengths))


def step_seconds(runbook: Runbook, step: Step, usual: Mapping[str, Usual]) -> float:
    """What a step is expected to take: what it seldom took longer than, where that is known; else its budget."""
    known = usual.get(step.id)
    return known.high if known is not None else budget_of(runbook, step)
