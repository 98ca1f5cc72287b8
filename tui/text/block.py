"""Text for widgets: a `Block` is made here, of text from anywhere, and a widget takes nothing else.

What a type checker does not see, `tests/text/test_only_what_is_made_here.py` does: nobody else makes one.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import accumulate
from typing import NewType

from rich.cells import cell_len, get_character_cell_size, split_graphemes
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.content import Content

from tui.text.sanitise import Shown, sanitise

Block = NewType("Block", Content)
"""One or several lines that a terminal can be given, with their styles; nothing in them is markup."""

Piece = tuple[str, str]
"""A part of a line, from anywhere, and its style."""

NO_BREAK = "\N{NO-BREAK SPACE}"
_KEPT = 8192


def block(text: str) -> Block:
    """Text of several lines, whose line feeds are meant; text that is one line is for `pieces`."""
    return Block(Content("\n".join(_line(line) for line in text.split("\n"))))


def lines_of(lines: Iterable[str]) -> Block:
    """Several texts below each other, each of them one line whatever it holds."""
    return Block(Content("\n".join(_line(line) for line in lines)))


def pieces(*line: str | Piece) -> Block:
    """One line of parts with styles."""
    return styled([[part if isinstance(part, tuple) else (part, "") for part in line]])


def styled(lines: Iterable[Iterable[Piece]]) -> Block:
    """Lines of parts with styles."""
    drawn = (Content.assemble(*((_line(text), style) for text, style in line if text)) for line in lines)
    return Block(Content("\n").join(drawn))


def last_words(lines: Iterable[str]) -> Text:
    """Lines for the terminal after the screen is gone."""
    return Text(lines_of(lines).plain)


def segment(text: Shown, style: Style) -> Segment:
    """A part of a line for a widget that draws its lines itself."""
    return Segment(text, style)


def shown(text: str) -> Shown:
    """One line for `segment`."""
    return Shown(_line(text))


def part(text: Shown, start: int, end: int | None = None) -> Shown:
    """A part of what is safe is safe."""
    return Shown(text[start:end])


def rows_of(text: Shown, width: int, hung: int = 0) -> list[tuple[int, int]]:
    """Which characters of a line are in each of its rows, one at least; later rows are `hung` cells shorter.

    A row ends behind its last blank, so that a word is read whole; a word that no row can hold is cut.
    """
    if cell_len(text) <= width:
        return [(0, len(text))]
    later = max(1, width - hung)
    if text.isascii():
        return _rows_at_words(text, lambda at, room: at + room, width, later)
    cells = list(map(get_character_cell_size, text))
    if 0 not in cells:
        return _rows_at_words(text, _reach(cells), width, later)
    spans, _ = split_graphemes(text)
    starts = [*(start for start, _, _ in spans), len(text)]
    letters = "".join(text[start] if end - start == 1 else "x" for start, end, _ in spans)
    rows = _rows_at_words(letters, _reach([one for _, _, one in spans]), width, later)
    return [(starts[at], starts[end]) for at, end in rows]


def _reach(cells: list[int]) -> Callable[[int, int], int]:
    """What tells which letter is the first that does not fit, by the cells of each."""
    before = list(accumulate(cells, initial=0))
    return lambda at, room: bisect_right(before, before[at] + room) - 1


def _rows_at_words(letters: str, reach: Callable[[int, int], int], first: int, later: int) -> list[tuple[int, int]]:
    """The same of a line by its letters, whatever characters each is made of.

    `reach` tells from a letter and the cells that a row has which is the first that does not fit.
    """
    rows: list[tuple[int, int]] = []
    at, room = 0, first
    while (end := max(at + 1, reach(at, room))) < len(letters):
        if letters[end] != " ":
            behind = letters.rfind(" ", at, end) + 1
            if letters[at:behind].strip() and _ends(letters, end, reach(behind, later)):
                end = behind
        rows.append((at, end))
        at, room = end, later
    return [*rows, (at, len(letters))]


def _ends(letters: str, at: int, until: int) -> bool:
    """Whether the word that is at a place is over at the first letter that does not fit, or before."""
    return until >= len(letters) or letters.find(" ", at, until + 1) >= 0


def within(text: Shown, left: int, right: int) -> tuple[int, int, int]:
    """The cells that half a character leaves blank, then which characters of a line are from one cell to another."""
    if text.isascii():
        return 0, min(left, len(text)), min(right, len(text))
    start = end = cells = blank = 0
    for place, character in enumerate(text):
        behind = cells + cell_len(character)
        if behind <= left and cells < left:
            start = place + 1
        elif cells < left:
            start, blank = place + 1, behind - left
        if behind > right:
            break
        cells, end = behind, place + 1
    return blank, start, max(start, end)


@lru_cache(maxsize=_KEPT)
def _line(text: str) -> str:
    """One line made safe; a space at which no line may break stays one. What is shown twice a second is kept.

    A carriage return is a space here: what comes from elsewhere must not erase the program's own words before it.
    """
    text = text.rstrip("\r\n").replace("\r", " ")
    return NO_BREAK.join(sanitise(part) for part in text.split(NO_BREAK))
