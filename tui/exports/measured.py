"""What was measured during a session, for the reports: the course of each monitor, and figures before and after."""

from datetime import datetime

from msgspec import Struct

from tui.exports.source import Source
from tui.session.baseline import differences
from tui.session.samples import Limit, limits
from tui.text.amounts import figure

MOST = 240
"""Points of a monitor that are drawn, at most; of several that follow each other the highest stands for them."""


class Point(Struct, frozen=True):
    """A measurement; without a `value` nothing could be measured."""

    at: datetime
    value: float | None


class Course(Struct, frozen=True, kw_only=True):
    """How a monitor went: `usual` was its median before the first change; its `limits`, and those of its triggers."""

    title: str
    unit: str
    points: tuple[Point, ...]
    usual: float | None
    limits: tuple[Limit, ...] = ()

    @property
    def known(self) -> list[float]:
        """The values that could be measured."""
        return [point.value for point in self.points if point.value is not None]

    @property
    def words(self) -> str:
        """The course in words: from the lowest to the highest, and the last."""
        known = self.known
        if not known:
            return "no data"
        gone = sum(point.value is None for point in self.points)
        low, high, last = (figure(one, self.unit) for one in (min(known), max(known), known[-1]))
        words = f"always {low}" if low == high else f"{low} to {high}, last {last}"
        return words + (f", {gone} without data" if gone else "")

    @property
    def beside(self) -> str:
        """What the course is compared with, in words: its limits, and what was usual before the first change."""
        usual = [f"{figure(self.usual, self.unit)} before the first change"] if self.usual is not None else []
        return ", ".join([*(one.words(self.unit) for one in self.limits), *usual])


class FigureChange(Struct, frozen=True):
    """A figure of a service before the session changed anything, and what it was last; `moved` is in words."""

    service: str
    what: str
    before: str
    after: str
    moved: str


def courses(source: Source) -> list[Course]:
    """The monitors that were measured, in the runbook's order."""
    return [
        Course(
            title=monitor.title,
            unit=monitor.number.unit,
            points=tuple(Point(at, value) for at, value in source.read.series[name].highest(MOST)),
            usual=source.state.monitors[name].baseline if name in source.state.monitors else None,
            limits=limits(source.runbook, name),
        )
        for name, monitor in source.runbook.monitors.items()
        if name in source.read.series
    ]


def changes(source: Source) -> list[FigureChange]:
    """The figures that were measured before the first change and after it."""
    return [
        FigureChange(
            service=difference.of,
            what=" ".join(
                word for word in (difference.check, difference.about, difference.figure.replace("_", " ")) if word
            ),
            before=figure(difference.before, difference.unit),
            after=figure(difference.now, difference.unit),
            moved=_moved(difference.change),
        )
        for difference in differences(source.state)
    ]


def _moved(change: float) -> str:
    if change == 0:
        return "unchanged"
    return "from nothing" if abs(change) == float("inf") else f"{change:+.0%}"
