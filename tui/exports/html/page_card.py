"""The report card on the page: what a manager who opens it on a phone sees first."""

from collections.abc import Iterable

from tui.exports.card_rows import CardRow, deviation_words, owed_words, rows, slower_words, when_words
from tui.exports.html.tags import Child, Html, joined, tag
from tui.session.report_card.deviations import DeviationGroup
from tui.session.report_card.report_card import ReportCard
from tui.text.amounts import took_spelled

WIDE, HIGH = 1000, 10
"""A bar's own measures; the page stretches it to its width."""
SHOWN = 5
"""Deviations on the card, at most; the others are folded below them."""


def report_card(card: ReportCard, title: str, running: Child = None) -> Html:
    """Outcome, what is done now, figures, the time against budget and usual, and what deviated, in that order."""
    badge = tag("span", f"{card.badge.sign} {card.badge.words}", class_=f"badge {card.badge.tone}")
    return tag(
        "header",
        tag("p", title, class_="about"),
        tag("h1", card.what or "Session"),
        tag("p", badge, " ", tag("span", _who(card), class_="by"), class_="result"),
        running,
        tag("p", tag("b", "Rolled back: "), card.rollback.reason, class_="why") if card.rollback else None,
        _time(card),
        tag("dl", [_figure(row) for row in rows(card)[1:]], class_="figures"),
        _owed(card),
    )


def _who(card: ReportCard) -> str:
    return " · ".join(word for word in (card.environment, card.people, when_words(card)) if word)


def _time(card: ReportCard) -> Html:
    """How long it took, as a bar against the budget and what is usual."""
    row = rows(card)[0]
    usual = card.usual.median if card.usual else 0.0
    return tag(
        "div",
        tag("p", tag("b", row.value), " ", tag("small", row.beside), class_="over" if row.bad else ""),
        bar(card.took, max(card.took, card.budget, usual), usual, f"Time: {row.words}", bad=row.bad),
        class_="time",
    )


def _figure(row: CardRow) -> Html:
    return tag(
        "div",
        tag("dt", row.name),
        tag("dd", tag("b", row.value), " ", tag("small", row.beside) if row.beside else None),
        class_="over" if row.bad else "",
    )


def _owed(card: ReportCard) -> Html | None:
    words = owed_words(card)
    return tag("p", tag("a", "Follow-ups", href="#follow-ups"), f": {words}", class_="owed") if words else None


def bar(took: float, whole: float, usual: float, label: str, bad: bool = False) -> Html:
    """A time as a bar of the whole, with a line where it usually ends."""
    scale = WIDE / whole if whole > 0 else 0.0
    shapes = [
        tag("rect", x=0, y=0, width=WIDE, height=HIGH, class_="whole"),
        tag("rect", x=0, y=0, width=round(took * scale, 1), height=HIGH, class_="took over" if bad else "took"),
    ]
    if usual:
        x = round(min(usual * scale, WIDE - 2), 1)
        shapes.append(tag("line", x1=x, x2=x, y1=0, y2=HIGH, class_="tick"))
    return tag(
        "svg",
        shapes,
        class_="timebar",
        viewBox=f"0 0 {WIDE} {HIGH}",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


def deviations(card: ReportCard) -> Html:
    """What was not as the runbook has it, each thing once; where there are many, the first of them."""
    if not card.deviations:
        return tag("p", "✔ None: every step went as the runbook has it.", class_="good")
    first, rest = card.deviations[:SHOWN], card.deviations[SHOWN:]
    more = tag("details", tag("summary", tag("span", f"{len(rest)} more")), _listed(rest)) if rest else None
    return joined([_listed(first), more])


def _listed(found: Iterable[DeviationGroup]) -> Html:
    return tag("ol", [_deviation(one) for one in found], class_="deviations")


def _deviation(one: DeviationGroup) -> Html:
    title: Child = tag("a", one.title, href=f"#step-{one.step}") if one.step else None
    return tag(
        "li",
        tag("time", f"{one.first:%H:%M:%S}", datetime=f"{one.first:%Y-%m-%dT%H:%M:%SZ}"),
        tag("span", one.sign, class_=f"sign {one.kind.partition(' ')[0].lower()}", aria_hidden="true"),
        tag("span", title, " " if title else None, tag("span", deviation_words(one), class_="what")),
    )


def sections(card: ReportCard) -> Html | None:
    """The time of each section as a bar, all to one scale, beside what is usual."""
    if not card.sections:
        return None
    whole = max(max(section.took, section.usual.median if section.usual else 0.0) for section in card.sections)
    found = []
    for section in card.sections:
        usual = section.usual.median if section.usual else 0.0
        beside = f"usually {took_spelled(usual)}" if section.usual else ""
        took = took_spelled(section.took) if section.took >= 1 else ""
        late = tag("b", f"{slower_words(section)} ", class_="slower") if section.slower else None
        label = f"{section.title}: {took_spelled(section.took)}{', ' if beside else ''}{beside}"
        found.append(
            tag(
                "li",
                tag("span", section.title),
                tag("span", late, tag("b", took), " ", tag("small", beside), class_="took"),
                bar(section.took, whole, usual, label, bad=section.slower),
                class_="part" if section.part else None,
            )
        )
    return tag("ol", found, class_="sections")
