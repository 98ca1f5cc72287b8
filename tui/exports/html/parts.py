"""The parts of the HTML report: the card, what deviated, who did what, what is left to do."""

from collections.abc import Mapping

from tui.exports.html.graphs import graph, legend
from tui.exports.html.page_card import deviations, report_card, sections
from tui.exports.html.page_now import now_part
from tui.exports.html.page_timeline import linked, timeline_part
from tui.exports.html.steps import steps
from tui.exports.html.tags import Child, Html, joined, table, tag
from tui.exports.lessons import lessons, lessons_beside
from tui.exports.measured import changes, courses
from tui.exports.report import TimelineRow, checklist, followups, head, people, rollback, values
from tui.exports.source import Source
from tui.session.report_card.report_card import ReportCard
from tui.text.amounts import counted, duration_spelled


def top(source: Source, card: ReportCard) -> Html:
    """That it is a drill, and the report card."""
    drill = None
    if card.drill:
        words = f" – a rehearsal of scenario “{card.drill}”; no real host was touched."
        drill = tag("p", tag("strong", "DRILL"), words, class_="drill")
    return joined([drill, report_card(card, source.runbook.runbook.title, now_part(source))])


def title(source: Source, card: ReportCard) -> str:
    """What was deployed, and what it came to."""
    return f"{source.runbook.runbook.title}: {card.what or 'session'}, {card.badge.words}"


def parts(source: Source, card: ReportCard, moments: list[TimelineRow]) -> list[tuple[str, str, Html]]:
    """Each part that there is something to say in: its anchor, its heading, what it says."""
    found = [
        ("deviations", "Deviations", deviations(card)),
        ("sections", "Time by section", sections(card)),
        ("debrief", "Debrief", _debrief(source)),
        ("rollback", "Rollback", _rollback(source)),
        ("timeline", "Timeline", timeline_part(source, moments)),
        ("monitors", "Monitors", _monitors(source)),
        ("over-budget", "Over budget", _overruns(source)),
        ("checklist", "Checklist", _checklist(source)),
        ("follow-ups", "Follow-ups", _followups(source)),
        ("figures", "Before and after", _changes(source)),
        ("people", "Who did what", _people(source)),
        ("steps", "Steps", steps(source)),
        ("session", "Session", _session(source)),
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
    rows = ((linked(step.step, step.title), step.plan, step.came_to, step.why) for step in found.steps)
    steps = table(("Step", "Plan", "Came to", "Why"), rows)
    folded = tag("details", tag("summary", tag("span", counted(len(found.steps), "step"))), steps, class_="more")
    return joined([_pairs(facts), folded])


def _overruns(source: Source) -> Html | None:
    rows = [
        (linked(overrun.step, overrun.title), duration_spelled(overrun.budget), duration_spelled(overrun.took))
        for overrun in source.overruns()
    ]
    return table(("Step", "Budget", "Took"), rows) if rows else None


def _monitors(source: Source) -> Html | None:
    found = [
        tag(
            "figure",
            tag("figcaption", tag("b", course.title), tag("span", course.words)),
            graph(course),
            legend(course),
        )
        for course in courses(source)
    ]
    return tag("div", found, class_="courses") if found else None


def _changes(source: Source) -> Html | None:
    rows = [(change.service, change.what, change.before, change.after, change.moved) for change in changes(source)]
    return table(("Service", "Figure", "Before", "After", "Moved"), rows) if rows else None


def _people(source: Source) -> Html | None:
    found = people(source)
    return tag("ul", [tag("li", tag("b", one.name), " ", one.did) for one in found]) if found else None


def _checklist(source: Source) -> Html | None:
    found = [
        _tick(item.done, item.title, None if item.done else tag("small", item.words)) for item in checklist(source)
    ]
    return tag("ul", found, class_="ticks") if found else None


def _followups(source: Source) -> Html | None:
    found = [_tick(bool(followup.done), followup.title, tag("small", followup.words)) for followup in followups(source)]
    return tag("ul", found, class_="ticks") if found else None


def _tick(done: bool, text: str, more: Child = None) -> Html:
    mark = tag("span", "☑" if done else "☐", role="img", aria_label="done" if done else "open")
    return tag("li", mark, tag("span", text, " ", more), class_="done" if done else "")


def _session(source: Source) -> Html:
    """Which session it was, when exactly, on which hosts and with which values."""
    return joined([_pairs(head(source)), tag("h3", "Values") if values(source) else None, _pairs(values(source))])


def _pairs(facts: Mapping[str, str]) -> Html:
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()])
