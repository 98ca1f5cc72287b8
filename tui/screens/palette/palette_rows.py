"""Decides what the palette lists: first what can be done now, then steps, last what cannot be done and why."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from rich.cells import cell_len

from tui.session.state import SessionState, plan_of
from tui.session.views.rollback import Need, expected_seconds, rollback_plan
from tui.session.views.usual import Usual
from tui.text.amounts import counted, guessed
from tui.text.block import Piece
from tui.text.search import pattern
from tui.widgets.looks.fitting import shortened
from tui.widgets.moment import current_step
from tui.widgets.offers.offer import ROLLBACK, Offer, Rank
from tui.widgets.seen import seen

NOTHING: Mapping[str, str] = MappingProxyType({})
NOW, LOOK, OUTPUT, STEP, ELSE, NOT_NOW = "now", "look", "output", "step", "else", "not now"
GROUPS = (NOW, LOOK, STEP, OUTPUT, ELSE, NOT_NOW)
OUTPUTS = frozenset({"search", "match-next", "match-before", "follow", "wrap", "copy", "zoom", "attempts", "stamps"})
LOOKS = frozenset({"watch", "checks", "summary", "values", "open", "here", "everything", "links", "troubleshoot"})
STEPS = 2
"""How many steps are listed while nothing is searched for: the current one and the next."""
MOST = 40
"""How many steps a search lists."""
GROUP = 10
"""Cells of the groups' names, with the space before them."""
KEY = 8
"""Cells at the right for the key."""


class PaletteRow(Struct, frozen=True, kw_only=True):
    """A row: what it does (an act of a screen, or a step to be looked at), or why that cannot be done."""

    group: str
    title: str
    words: str
    key: str = ""
    act: str = ""
    step: str = ""
    why_not: str = ""
    instead: str = ""


def brought(state: SessionState, usual: Mapping[str, Usual]) -> dict[str, str]:
    """What some acts come to in this session, by their names: how much there is to watch, and to undo."""
    runbook = state.runbook
    found = {"watch": f"{counted(len(runbook.monitors), 'monitor')}, {counted(len(runbook.triggers), 'trigger')}"}
    if runbook.troubleshooting:
        found["troubleshoot"] = counted(len(runbook.troubleshooting), "known trouble")
    plan = [one for one in rollback_plan(state) if one.need is not Need.NOT_NEEDED]
    takes = expected_seconds(plan, state, usual)
    if plan and not state.rollback:
        found[ROLLBACK] = counted(len(plan), "step") + (f", {guessed(takes)}" if takes else "")
    return found


def rows_of(
    offers: Iterable[Offer], state: SessionState | None, wanted: str = "", brings: Mapping[str, str] = NOTHING
) -> list[PaletteRow]:
    """What is listed, in its order; with `wanted` what has all of its words in it, those in whose title they are first.

    Args:
        state: the session whose steps can be gone to; None where the screen shows none.
        brings: what acts come to now, by their names.
    """
    rows = [_row(offer, brings) for offer in offers if offer.key or offer.possible]
    rows += _steps(state, wanted) if state is not None else []
    found = [row for row in rows if _matches(f"{row.title} {row.words} {row.key}", wanted)]
    first = [row.step == "" and not _matches(row.title, wanted) for row in found]
    order = sorted(
        range(len(found)),
        key=lambda at: (GROUPS.index(found[at].group) == len(GROUPS) - 1, first[at], GROUPS.index(found[at].group)),
    )
    return [found[at] for at in order]


def row_line(row: PaletteRow, before: PaletteRow | None, width: int) -> list[Piece]:
    """A row as it is drawn; the name of its group stands on the first of it."""
    group = row.group if before is None or before.group != row.group else ""
    key = row.key[:KEY]
    room = max(0, width - GROUP - cell_len(key) - 3)
    title = shortened(row.title, room)
    words = shortened(row.words, max(0, room - cell_len(title) - 2))
    gap = room - cell_len(title) - (cell_len(words) + 2 if words else 0)
    strong, soft = ("", "$soft") if not row.why_not else ("$faint", "$faint")
    return [
        (f"  {group:<{GROUP - 2}}", "$soft"),
        (title, f"bold {strong}".strip()),
        (f"  {words}" if words else "", soft),
        (" " * (gap + 1), ""),
        (key, "bold $st-run" if not row.why_not else "$faint"),
        ("  ", ""),
    ]


def _row(offer: Offer, brings: Mapping[str, str]) -> PaletteRow:
    title = offer.verb.capitalize() if offer.danger else offer.verb[:1].upper() + offer.verb[1:]
    return PaletteRow(
        group=_group(offer),
        title=title,
        words=offer.why_not or offer.consequence or brings.get(offer.name) or offer.words[:1].lower() + offer.words[1:],
        key=offer.key,
        act=offer.act,
        why_not=offer.why_not,
        instead=offer.instead,
    )


def _group(offer: Offer) -> str:
    if not offer.possible:
        return NOT_NOW
    if offer.name in OUTPUTS:
        return OUTPUT
    if offer.name in LOOKS and offer.rank is not Rank.NEXT:
        return LOOK
    return NOW if offer.rank not in (Rank.ELSE, Rank.HELP) else ELSE


def _steps(state: SessionState, wanted: str) -> list[PaletteRow]:
    """The steps that are searched for by their number or title; else the current one and what follows it."""
    plan = plan_of(state)
    if wanted:
        places: Sequence[int] = range(len(plan.steps))
    else:
        place = plan.place(current_step(state))
        places = range(place, min(place + STEPS, len(plan.steps))) if place >= 0 else ()
    found: list[PaletteRow] = []
    for place in places:
        step = plan.steps[place][1]
        if wanted and wanted != str(place + 1) and not _matches(step.title, wanted):
            continue
        title = f"{place + 1} {step.title}"
        found.append(PaletteRow(group=STEP, title=title, words=seen(state, step).word, step=step.id))
        if len(found) >= MOST:
            break
    return found


def _matches(text: str, wanted: str) -> bool:
    return all(pattern(word.lower()).search(text) for word in wanted.split())
