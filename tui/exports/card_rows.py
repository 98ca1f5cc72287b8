"""What the report card says in rows of words, the same in Markdown and on the page."""

from msgspec import Struct

from tui.session.report_card.deviations import DeviationGroup
from tui.session.report_card.report_card import CardSection, ReportCard
from tui.text.amounts import took_spelled, within_words


class CardRow(Struct, frozen=True):
    """A row of the card: what it is, what came, what it is compared with, and whether it is as it should be."""

    name: str
    value: str
    beside: str = ""
    bad: bool = False

    @property
    def words(self) -> str:
        """What came and what it is compared with, in one."""
        return f"{self.value}, {self.beside}" if self.beside else self.value


def rows(card: ReportCard) -> list[CardRow]:
    """The figures of the card, the most important first; what there is nothing to say of is left out."""
    found = [_time(card), _downtime(card)]
    if card.rollback is not None:
        back = card.rollback
        late = bool(back.took and back.allowed and back.took > back.allowed)
        took = "not finished" if back.took is None else took_spelled(back.took)
        beside = [f"{within_words(back.allowed)} allowed"] if back.allowed else []
        beside += [f"{took_spelled(back.took - back.allowed)} over"] if back.took and late else []
        found.append(CardRow("Rollback", took, ", ".join(beside), late))
    skipped = f"{card.skipped} skipped" if card.skipped else ""
    found.append(CardRow("Steps done", f"{card.signed} of {card.steps}", skipped, bool(skipped)))
    found.append(CardRow("Deviations", str(card.deviated) if card.deviated else "none"))
    found.append(CardRow("Failed attempts", str(card.failed) if card.failed else "none"))
    if card.items:
        found.append(CardRow("Checklist", f"{card.ticked} of {card.items}", bad=card.ticked < card.items))
    return found


def _time(card: ReportCard) -> CardRow:
    beside = [f"{within_words(card.budget)} planned"] if card.budget else []
    beside += [f"{took_spelled(card.took - card.budget)} over"] if card.over else []
    beside += [f"usually {took_spelled(card.usual.median)}"] if card.usual else []
    took = took_spelled(card.took) if card.ended else f"{took_spelled(card.took)} so far"
    return CardRow("Time", took, ", ".join(beside), card.over)


def _downtime(card: ReportCard) -> CardRow:
    down = card.downtime
    beside = [f"{within_words(down.planned)} planned"] if down.planned and down.outages else []
    beside += [f"{took_spelled(down.seconds - down.planned)} over"] if down.over else []
    return CardRow(
        "Downtime", down.words_of(took_spelled(down.seconds)), ", ".join(beside), down.over or down.since is not None
    )


def owed_words(card: ReportCard) -> str:
    """The follow-ups by when they are due: 5 within 1 hour, 4 within 1 week; empty where there are none."""
    return ", ".join(followup.words for followup in card.owed)


def when_words(card: ReportCard) -> str:
    """From when until when: 2026-11-24 02:00 to 02:38 UTC."""
    if card.began is None:
        return ""
    if card.ended is None:
        return f"since {card.began:%Y-%m-%d %H:%M} UTC"
    same = card.ended.date() == card.began.date()
    return f"{card.began:%Y-%m-%d %H:%M} to {card.ended:{'%H:%M' if same else '%Y-%m-%d %H:%M'}} UTC"


def slower_words(section: CardSection) -> str:
    """That a section was slower than usual; empty where it was not."""
    return "▲ slower" if section.slower else ""


def deviation_words(group: DeviationGroup) -> str:
    """A group of deviations, with since when until when where it came more than once."""
    if group.count == 1 or f"{group.first:%H:%M:%S}" == f"{group.last:%H:%M:%S}":
        return group.words
    return f"{group.words}, until {group.last:%H:%M:%S}"
