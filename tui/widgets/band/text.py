"""Decides what the band says: the key, the verb in capitals, what follows; at its right what else can be pressed."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

from tui.text.block import Piece, shown
from tui.widgets.looks.fitting import shortened
from tui.widgets.offers.next_act import NextAct
from tui.widgets.offers.offer import Offer

KEY_STYLES = {
    "": "bold $st-run",
    "bad": "bold $st-bad",
    "turn": "bold $st-turn",
    "sign": "bold $st-sign",
    "good": "bold $st-good",
}
"""The key and what moves, in the colour of the band's own ground."""
BETWEEN = 2
GIVES_WAY = "retry"
"""The act whose consequence goes before what stands beside it: it was read when it was started first."""
NAMED = "troubleshoot"
"""The act that says which trouble the step looks like, where there is room."""
APART = 3
"""Cells before what stands at the right."""


class Clickable(Struct, frozen=True):
    """A part of the band or of the row of keys; a click on it does `act`, where it has one."""

    pieces: tuple[Piece, ...]
    act: str = ""

    @property
    def width(self) -> int:
        """The cells it takes."""
        return sum(cell_len(shown(text)) for text, _ in self.pieces)


def band_parts(
    first: NextAct, beside: Sequence[Offer], key: str, width: int, spinner: str = "▶", replayed: bool = False
) -> list[Clickable]:
    """The parts of the band in its width; what is beside goes first, then the consequence is said shorter.

    Args:
        key: what is pressed for the first act.
        spinner: what stands for the key while something runs.
        replayed: nothing can be done: it says what could be then.
    """
    if replayed:
        verbs = [*dict.fromkeys([first.verb.lower(), *(one.verb for one in beside)])]
        lists = [" · ".join(verbs[:many]) for many in range(len(verbs), 0, -1)]
        return [Clickable((("   was open: ", "$soft"), (_whole(lists, width - 13), "")))]
    sign = first.sign or (spinner if first.runs else key)
    head = Clickable(((f" {sign} ", KEY_STYLES[first.tone]), (f" {first.verb}", "bold $strong")), first.act)
    named = [
        replace(one, verb=f"{one.verb}: {one.consequence}") if one.name == NAMED and one.consequence else one
        for one in beside
    ]
    right = named if head.width + APART + _length(named[:1]) + 1 <= width else list(beside)
    ways = [first.consequence, *first.brief]
    nearest = APART + _length(right[:1]) if right else 0
    words = _whole(ways, width - 1 - head.width - BETWEEN - nearest) or first.consequence
    told = cell_len(words) + BETWEEN if words and first.act != GIVES_WAY else 0
    while right and head.width + told + APART + _length(right) + 1 > width:
        right.pop()
    room = width - head.width - BETWEEN - (APART + _length(right) if right else 0) - 1
    consequence = shortened(words, max(0, room)) if first.title else _whole([words, *ways], room)
    parts = [head]
    if consequence:
        parts.append(Clickable(((" " * BETWEEN + consequence, ""),), first.act))
    if right:
        used = sum(part.width for part in parts)
        parts.append(Clickable(((" " * (width - used - _length(right) - 1), ""),)))
        for place, one in enumerate(right):
            gap = [("  ", "")] if place else []
            style = "bold $st-bad" if one.danger else "bold $st-run"
            parts.append(
                Clickable(
                    (*gap, (one.key, style), (f" {one.verb.lower() if one.danger else one.verb}", "$soft")), one.act
                )
            )
    return parts


def part_at(parts: Sequence[Clickable], cell: int) -> str:
    """What a click on a cell does; empty where there is nothing."""
    at = 0
    for part in parts:
        at += part.width
        if cell < at:
            return part.act
    return ""


def _whole(ways: Sequence[str], room: int) -> str:
    """The first of these that has room; nothing where none has."""
    return next((one for one in map(shown, ways) if cell_len(one) <= room), "")


def _length(offers: Sequence[Offer]) -> int:
    return sum(cell_len(one.key) + 1 + cell_len(one.verb) for one in offers) + 2 * (len(offers) - 1)
