"""Draws a session's course as a strip inside the page: a bar for each step, a line for what went wrong."""

from collections.abc import Iterable
from datetime import datetime

from tui.exports.html.tags import Html, tag
from tui.exports.report import TimelineRow
from tui.exports.source import Source, attempts_of
from tui.session.state import StepState
from tui.session.tries import stands
from tui.session.views.called import attempt_failed, over_at, status_word
from tui.text.amounts import duration_spelled

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
    for _, step, step_state in source.steps():
        if step_state.opened is None:
            continue
        left, right = x(step_state.opened), x(step_state.settled or end)
        lasted = duration_spelled((step_state.settled or end) - step_state.opened)
        label = tag("title", f"{step.title}: {status_word(source.state, step_state)}, {lasted}")
        kind = stands(source.state, step_state).name.lower().replace("_", "-")
        bar = tag("rect", label, x=left, y=6, width=max(2.0, right - left), height=HIGH - 12, class_=f"bar {kind}")
        bars.append(tag("a", bar, href=f"#step-{step.id}"))
        for began, until in not_well(source, step_state, end):
            bars.append(
                tag("rect", x=x(began), y=6, width=max(2.0, x(until) - x(began)), height=HIGH - 12, class_=FAILED)
            )
    marks = [
        tag(
            "rect",
            tag("title", f"{moment.at:%H:%M:%S} {moment.what}"),
            x=x(moment.at),
            y=0,
            width=2,
            height=HIGH,
            class_=f"kind-{moment.kind}",
        )
        for moment in moments
        if moment.kind in ("failure", "trigger", "rollback", "connection", "handover", "resume")
    ]
    return tag(
        "figure",
        _picture([*bars, *marks]),
        tag(
            "figcaption",
            tag("span", f"{begin:%H:%M:%S}"),
            tag("span", duration_spelled(length)),
            tag("span", f"{end:%H:%M:%S}"),
        ),
    )


def not_well(source: Source, step: StepState, end: datetime) -> list[tuple[datetime, datetime]]:
    """When a step had failed, however it ended: from each failed attempt to what was done next."""
    attempts = attempts_of(source.state, step)
    after = [*(attempt.started for attempt in attempts[1:]), step.settled or end]
    return [(one.started, until) for one, until in zip(attempts, after, strict=False) if attempt_failed(one)]


def _picture(shapes: list[Html]) -> Html:
    return tag(
        "svg",
        shapes,
        class_="strip",
        viewBox=f"0 0 {WIDE} {HIGH}",
        preserveAspectRatio="none",
        role="img",
        aria_label="The steps in time",
    )
