"""Draws a session's course and its monitors as small SVG pictures inside the page."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from tui.exports.html.tags import Html, tag
from tui.exports.measured import Course
from tui.exports.report import TimelineRow
from tui.exports.source import Source, attempts_of
from tui.session.state import StepState
from tui.session.views.called import attempt_failed, over_at
from tui.text.amounts import duration

FAILED = "bar failed"
WIDE, HIGH = 1000, 36
"""The pictures' own measures; the page stretches them to its width."""


def course_of_steps(source: Source, moments: Iterable[TimelineRow]) -> Html | None:
    """The whole session as a strip: a bar for each step while it was open, a line for each marker."""
    state = source.state
    end = over_at(state) or state.at
    if state.started_at is None or end is None or end <= state.started_at:
        return None
    begin, length = state.started_at, end - state.started_at

    def x(at: datetime) -> float:
        return round(max(0.0, min(1.0, (at - begin) / length)) * WIDE, 1)

    bars = []
    for _, step, now in source.steps():
        if now.opened is None:
            continue
        left, right = x(now.opened), x(now.settled or end)
        label = tag("title", f"{step.title}: {now.status.value}, {duration((now.settled or end) - now.opened)}")
        kind = now.status.name.lower().replace("_", "-")
        bar = tag("rect", label, x=left, y=6, width=max(2.0, right - left), height=HIGH - 12, class_=f"bar {kind}")
        bars.append(tag("a", bar, href=f"#step-{step.id}"))
        for began, until in not_well(source, now, end):
            bars.append(
                tag("rect", x=x(began), y=6, width=max(2.0, x(until) - x(began)), height=HIGH - 12, class_=FAILED)
            )
    marks = [
        tag(
            "rect",
            tag("title", f"{one.at:%H:%M:%S} {one.what}"),
            x=x(one.at),
            y=0,
            width=2,
            height=HIGH,
            class_=f"kind-{one.kind}",
        )
        for one in moments
        if one.kind in ("failure", "trigger", "rollback", "connection", "handover")
    ]
    return tag(
        "figure",
        _picture("strip", HIGH, "The steps in time", [*bars, *marks]),
        tag(
            "figcaption",
            tag("span", f"{begin:%H:%M:%S}"),
            tag("span", duration(length)),
            tag("span", f"{end:%H:%M:%S}"),
        ),
    )


def not_well(source: Source, step: StepState, end: datetime) -> list[tuple[datetime, datetime]]:
    """When a step had failed, however it ended: from each failed attempt to what was done next."""
    attempts = attempts_of(source.state, step)
    after = [*(one.started for one in attempts[1:]), step.settled or end]
    return [(one.started, until) for one, until in zip(attempts, after, strict=False) if attempt_failed(one)]


def sparkline(course: Course) -> Html:
    """A monitor's course, with what was usual and the bounds of its triggers as lines."""
    known = course.known
    top = 1.2 * max([*known, *course.bounds, course.usual or 0.0], default=0.0) or 1.0
    low = min([*known, 0.0])

    def y(value: float) -> float:
        return round(HIGH - 2 - (value - low) / (top - low) * (HIGH - 4), 1)

    lines = [_level(y(bound), "bound") for bound in course.bounds]
    if course.usual is not None:
        lines.append(_level(y(course.usual), "usual"))
    runs = [tag("polyline", points=points, class_="course") for points in _runs(course, y)]
    return _picture("spark", HIGH, f"{course.title}: {course.words}", [*lines, *runs])


def _runs(course: Course, y: Callable[[float], float]) -> Iterator[str]:
    """The stretches between gaps, each as the points of a line; one point alone is a short line."""
    begin, length = course.points[0].at, course.points[-1].at - course.points[0].at
    run: list[str] = []
    for point in (*course.points, None):
        if point is not None and point.value is not None:
            x = (point.at - begin) / length * WIDE if length else WIDE / 2
            run.append(f"{x:.1f},{y(point.value)}")
        elif run:
            yield " ".join(
                run if len(run) > 1 else (run[0], f"{float(run[0].split(',')[0]) + 4:.1f},{run[0].split(',')[1]}")
            )
            run = []


def _level(y: float, kind: str) -> Html:
    return tag("line", x1=0, x2=WIDE, y1=y, y2=y, class_=kind)


def _picture(kind: str, high: int, label: str, shapes: list[Html]) -> Html:
    return tag(
        "svg",
        shapes,
        class_=kind,
        viewBox=f"0 0 {WIDE} {high}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )
