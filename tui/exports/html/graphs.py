"""Draws the course of a monitor with its axis, its limits, and what was usual before the first change."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from tui.exports.html.tags import Html, tag
from tui.exports.measured import Course
from tui.text.amounts import figure

WIDE, HIGH = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 92, 632, 14, 206
"""The picture's own measures, and where in it the course is drawn; letters scale with it, so it keeps its shape."""
APART = 22
"""Two words on the axis are at least so far apart."""


class Scale(Struct, frozen=True):
    """From figures to places: the axis goes from `low` to `high`."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Where a figure is."""
        return round(BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP), 1)


def graph(course: Course) -> Html:
    """A monitor's course from zero to a quarter above the highest that matters; beyond a limit it has its colour."""
    scale = _scale(course)
    shapes = [
        tag("line", x1=LEFT, x2=RIGHT, y1=scale.y(at), y2=scale.y(at), class_=kind)
        for at, kind in _levels(course)
        if at <= scale.high
    ]
    shapes += [tag("polyline", points=points, class_="course") for points in _runs(course, scale, lambda _: True)]
    shapes += [tag("polyline", points=points, class_="beyond") for points in _runs(course, scale, _beyond(course))]
    return tag(
        "svg",
        [*_axis(course, scale), *shapes],
        class_="graph",
        viewBox=f"0 0 {WIDE} {HIGH}",
        role="img",
        aria_label=f"{course.title}: {course.words}",
    )


def _scale(course: Course) -> Scale:
    """From zero to a quarter above what matters; a trigger far beyond what was measured does not flatten the course."""
    limits = [one.value for one in course.limits if not one.trigger] or [one.value for one in course.limits]
    figures = [*course.known, *limits, *([course.usual] if course.usual is not None else [])]
    top = max(figures, default=0.0)
    return Scale(min([*figures, 0.0]), 1.25 * top if top > 0 else 1.0)


def legend(course: Course) -> Html:
    """What the lines across the graph are."""
    found = [tag("li", one.words(course.unit), class_="bound" if one.trigger else "limit") for one in course.limits]
    if course.usual is not None:
        found.append(tag("li", f"{figure(course.usual, course.unit)} before the first change", class_="usual"))
    return tag("ul", found, class_="legend")


def _beyond(course: Course) -> Callable[[float], bool]:
    return lambda value: any(one.passed(value) for one in course.limits)


def _levels(course: Course) -> Iterator[tuple[float, str]]:
    for one in course.limits:
        yield one.value, "bound" if one.trigger else "limit"
    if course.usual is not None:
        yield course.usual, "usual"


def _axis(course: Course, scale: Scale) -> Iterator[Html]:
    """The two lines, what the levels are, and from when until when; words that would lie on each other are left out."""
    yield tag("line", x1=LEFT, x2=LEFT, y1=TOP, y2=BOTTOM, class_="axis")
    yield tag("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="axis")
    taken: list[float] = []
    for value, kind in (*_levels(course), (scale.low, "edge"), (max([*course.known, 0.0]), "edge")):
        y = scale.y(value)
        if value <= scale.high and all(abs(y - one) >= APART for one in taken):
            taken.append(y)
            words = figure(value, course.unit)
            yield tag("text", words, x=LEFT - 8, y=y + 6, text_anchor="end", class_=kind)
    first, last = course.points[0].at, course.points[-1].at
    yield tag("text", f"{first:%H:%M}", x=LEFT, y=HIGH - 14, class_="edge")
    yield tag("text", f"{last:%H:%M}", x=RIGHT, y=HIGH - 14, text_anchor="end", class_="edge")


def _runs(course: Course, scale: Scale, drawn: Callable[[float], bool]) -> Iterator[str]:
    """The stretches between gaps and what is not drawn, as the points of lines; one point alone is a short line."""
    begin, length = course.points[0].at, course.points[-1].at - course.points[0].at
    run: list[tuple[float, float]] = []
    for point in (*course.points, None):
        if point is not None and point.value is not None and drawn(point.value):
            share = (point.at - begin) / length if length else 0.5
            run.append((round(LEFT + max(0.0, min(1.0, share)) * (RIGHT - LEFT), 1), scale.y(point.value)))
        elif run:
            if len(run) == 1:
                run.append((run[0][0] + 4, run[0][1]))
            yield " ".join(f"{x:g},{y:g}" for x, y in run)
            run = []
