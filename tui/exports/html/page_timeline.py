"""The timeline of the HTML report: the session as a strip, what went otherwise, and every row folded below."""

from itertools import islice, pairwise

from tui.exports.html.charts import course_of_steps
from tui.exports.html.tags import Child, Html, joined, tag
from tui.exports.report import TimelineRow
from tui.exports.source import Source
from tui.session.views.markers import MarkerKind
from tui.text.amounts import counted

ROWS = 5_000
"""Rows of the timeline that are written, at most; of a longer one the markers, which are what is looked for."""
TOLD = 40
"""Moments at which something went otherwise that are shown before every row, at most."""

USUAL = (MarkerKind.STEP, MarkerKind.SIGN_OFF)
"""Markers of what goes as it should."""


def timeline_part(source: Source, rows: list[TimelineRow]) -> Html:
    """The strip, the moments at which something went otherwise, and every row, folded."""
    told = [row for row in rows if row.kind and row.kind not in USUAL]
    shown, left = rows, None
    if len(rows) > ROWS:
        shown = list(islice((row for row in rows if row.kind), ROWS))
        left = tag("p", f"{len(rows) - len(shown)} rows left out: markers are shown, and no more than {ROWS} of them.")
    more = tag("p", f"… and {len(told) - TOLD} more") if len(told) > TOLD else None
    every = tag("ol", [_row(one, before, True) for before, one in pairwise([None, *shown])], class_="moments")
    return joined(
        [
            course_of_steps(source, rows),
            tag("ol", [_row(one, None, False) for one in told[:TOLD]], class_="moments told") if told else None,
            more,
            tag(
                "details",
                tag("summary", tag("span", f"Everything that happened: {counted(len(rows), 'row')}")),
                left,
                every,
                class_="more",
                id="every-row",
            ),
        ]
    )


def _row(one: TimelineRow | None, before: TimelineRow | None, anchored: bool) -> Child:
    if one is None:
        return None
    what: Child = tag("a", one.what, href=f"#attempt-{one.attempt}") if one.attempt else one.what
    same = " same" if before is not None and before.step == one.step else ""
    return tag(
        "li",
        tag("time", f"{one.at:%H:%M:%S}", datetime=f"{one.at:%Y-%m-%dT%H:%M:%SZ}"),
        tag("span", one.who, class_="who"),
        tag("span", linked(one.step, one.title), class_="step-title"),
        tag("span", what, class_="what"),
        id=f"event-{one.seq}" if anchored else None,
        class_=(f"marker kind-{one.kind}" if one.kind else "") + same,
    )


def linked(step: str, text: str) -> Child:
    """Words that lead to a step; alone where it is of none."""
    return tag("a", text, href=f"#step-{step}") if step else text
