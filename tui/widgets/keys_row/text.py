"""Decides what stands in the row of keys: what can be pressed now, as much as fits, the list of keys at its end."""

from collections.abc import Sequence

from rich.cells import cell_len

from tui.widgets.band.text import Clickable
from tui.widgets.offers.offer import Offer, Rank, now

BETWEEN = 2
KEY = "bold $st-run"
DANGER = "bold $st-bad"


def row_parts(offers: Sequence[Offer], width: int) -> list[Clickable]:
    """The parts of the row; what is least likely goes first, the rollback and the list of keys never."""
    entries = fitting(_entries(now(offers)), width)
    parts: list[Clickable] = []
    used = 0
    for entry in entries:
        gap = BETWEEN if parts else 0
        if entry[0].rank is Rank.HELP:
            gap = max(gap, width - used - _width(entry))
        if gap:
            parts.append(Clickable(((" " * gap, ""),)))
        parts += _parts(entry)
        used += gap + _width(entry)
    return parts


def fitting(entries: list[tuple[Offer, ...]], width: int) -> list[tuple[Offer, ...]]:
    """What there is room for, in its order."""
    kept = list(entries)
    while kept and sum(map(_width, kept)) + BETWEEN * (len(kept) - 1) > width:
        kept.remove(min(kept, key=lambda entry: _worth(entry, entries)))
    return kept


def _entries(offers: Sequence[Offer]) -> list[tuple[Offer, ...]]:
    """The offers, those of one verb that follow each other together: [ ] step."""
    found: list[tuple[Offer, ...]] = []
    for offer in offers:
        if found and found[-1][0].verb == offer.verb:
            found[-1] = (*found[-1], offer)
        else:
            found.append((offer,))
    return found


def _worth(entry: tuple[Offer, ...], entries: list[tuple[Offer, ...]]) -> tuple[int, int]:
    ranks = (Rank.LOOK, Rank.LEAVE, Rank.BESIDE, Rank.NEXT, Rank.ROLLBACK, Rank.HELP)
    return ranks.index(entry[0].rank), -entries.index(entry)


def _width(entry: tuple[Offer, ...]) -> int:
    return sum(cell_len(one.key) + 1 for one in entry) + cell_len(entry[0].verb)


def _parts(entry: tuple[Offer, ...]) -> list[Clickable]:
    """Each key of an entry, to be clicked, the verb with the last of them."""
    parts = [Clickable(((f"{one.key} ", KEY),), one.act) for one in entry[:-1]]
    last = entry[-1]
    key, words = (DANGER, DANGER) if last.danger else (KEY, "")
    return [*parts, Clickable(((last.key, key), (f" {last.verb}", words)), last.act)]
