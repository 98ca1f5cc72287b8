"""The parts of the HTML report beside the steps: what it came to, what deviated, who did what, what is left to do."""

from collections.abc import Mapping
from itertools import islice, pairwise

from tui.exports.html.charts import course_of_steps, sparkline
from tui.exports.html.tags import Child, Html, joined, table, tag
from tui.exports.lessons import lessons, lessons_beside
from tui.exports.measured import changes, courses
from tui.exports.report import TimelineRow, checklist, followups, head, people, rollback, values
from tui.exports.source import Source
from tui.session.views.called import session_called
from tui.text.amounts import duration

ROWS = 5_000
"""So many rows of the timeline are written; of a longer one the markers, which are what is looked for."""


def top(source: Source) -> Html:
    """What was done, by whom, and what it came to."""
    state, started = source.state, source.state.started
    facts = head(source)
    given, called = values(source), session_called(state)
    drill = None
    if state.drill and started:
        words = f" – a rehearsal of scenario “{started.drill}”; no real host was touched."
        drill = tag("p", tag("strong", "DRILL"), words, class_="drill")
    return joined(
        [
            drill,
            tag(
                "header",
                tag("h1", title(source)),
                tag("p", str(called), class_=f"result {called.tone}"),
                _pairs(facts),
                tag("details", tag("summary", tag("span", "Values")), _pairs(given), class_="values")
                if given
                else None,
            ),
        ]
    )


def title(source: Source) -> str:
    """What was deployed, and by which flow."""
    started = source.state.started
    return f"{source.runbook.runbook.title}: {started.flow if started else 'session'}"


def parts(source: Source, moments: list[TimelineRow]) -> list[tuple[str, str, Html]]:
    """Each part that there is something to say in: its anchor, its heading, what it says."""
    found = [
        ("debrief", "Debrief", _debrief(source)),
        ("rollback", "Rollback", _rollback(source)),
        ("deviations", "Deviations", _deviations(source)),
        ("over-budget", "Over budget", _overruns(source)),
        ("monitors", "Monitors", _monitors(source)),
        ("figures", "Before and after", _changes(source)),
        ("people", "Who did what", _people(source)),
        ("checklist", "Checklist", _checklist(source)),
        ("follow-ups", "Follow-ups", _followups(source)),
        ("timeline", "Timeline", _timeline(source, moments)),
    ]
    return [(anchor, heading, part) for anchor, heading, part in found if part is not None]


def _debrief(source: Source) -> Html | None:
    if source.debrief is None:
        return None
    heads = ("UTC", "What went wrong", "Noticed", "Decided", "Recovered", "Did not help")
    rows = [(o.at, o.what, o.noticed, o.decided, o.recovered, o.vain) for o in lessons(source.debrief)]
    return joined([tag("p", lessons_beside(source.debrief)), table(heads, rows) if rows else None])


def _rollback(source: Source) -> Html | None:
    found = rollback(source)
    if found is None:
        return None
    facts = {
        "Because": found.reason,
        "Decided (UTC)": f"{found.at:%H:%M:%S} by {found.operator}",
        "Took": found.words,
    }
    rows = ((_to(one.step, one.title), one.plan, one.came_to, one.why) for one in found.steps)
    return joined(
        [
            _pairs(facts),
            table(("Step", "Plan", "Came to", "Why"), rows),
        ]
    )


def _deviations(source: Source) -> Html:
    found = source.deviations()
    if not found:
        return tag("p", "✔ None: every step went as the runbook has it.", class_="good")
    titles = {step.id: step.title for _, step, _ in source.steps()}
    rows = ((f"{one.at:%H:%M:%S}", _to(one.step, titles.get(one.step, one.step)), one.what) for one in found)
    return table(("UTC", "Step", "What"), rows)


def _overruns(source: Source) -> Html | None:
    rows = [(_to(one.step, one.title), duration(one.budget), duration(one.took)) for one in source.overruns()]
    return table(("Step", "Budget", "Took"), rows) if rows else None


def _monitors(source: Source) -> Html | None:
    found = [
        tag("figure", tag("figcaption", tag("b", one.title), tag("span", one.words)), sparkline(one))
        for one in courses(source)
    ]
    return tag("div", found, class_="courses") if found else None


def _changes(source: Source) -> Html | None:
    rows = [(one.service, one.what, one.before, one.after, one.moved) for one in changes(source)]
    return table(("Service", "Figure", "Before", "After", "Moved"), rows) if rows else None


def _people(source: Source) -> Html | None:
    found = people(source)
    return tag("ul", [tag("li", tag("b", one.name), " ", one.did) for one in found]) if found else None


def _checklist(source: Source) -> Html | None:
    found = [_tick(one.done, one.title, None if one.done else tag("small", one.words)) for one in checklist(source)]
    return tag("ul", found, class_="ticks") if found else None


def _followups(source: Source) -> Html | None:
    found = [_tick(bool(one.done), one.title, tag("small", one.words)) for one in followups(source)]
    return tag("ul", found, class_="ticks") if found else None


def _tick(done: bool, text: str, more: Child = None) -> Html:
    mark = tag("span", "☑" if done else "☐", role="img", aria_label="done" if done else "open")
    return tag("li", mark, tag("span", text, " ", more), class_="done" if done else "")


def _timeline(source: Source, moments: list[TimelineRow]) -> Html:
    shown, left = moments, None
    if len(moments) > ROWS:
        shown = list(islice((one for one in moments if one.kind), ROWS))
        left = tag(
            "p", f"{len(moments) - len(shown)} rows left out: markers are shown, and no more than {ROWS} of them."
        )
    return joined(
        [
            course_of_steps(source, moments),
            left,
            tag("ol", [_moment(one, before) for before, one in pairwise([None, *shown])], class_="moments"),
        ]
    )


def _moment(one: TimelineRow | None, before: TimelineRow | None) -> Child:
    if one is None:
        return None
    what: Child = tag("a", one.what, href=f"#attempt-{one.attempt}") if one.attempt else one.what
    same = " same" if before is not None and before.step == one.step else ""
    return tag(
        "li",
        tag("time", f"{one.at:%H:%M:%S}", datetime=f"{one.at:%Y-%m-%dT%H:%M:%SZ}"),
        tag("span", one.who, class_="who"),
        tag("span", _to(one.step, one.title), class_="step"),
        tag("span", what, class_="what"),
        id=f"event-{one.seq}",
        class_=(f"marker kind-{one.kind}" if one.kind else "") + same,
    )


def _pairs(facts: Mapping[str, str]) -> Html:
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()])


def _to(step: str, text: str) -> Child:
    return tag("a", text, href=f"#step-{step}") if step else text
