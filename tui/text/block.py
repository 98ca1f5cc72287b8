"""Text for widgets: a `Block` is made here, of text from anywhere, and a widget takes nothing else.

What a type checker does not see, `tests/text/test_only_what_is_made_here.py` does: nobody else makes one.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NewType

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.content import Content

from tui.text.sanitise import MARKS_KEPT, Shown, sanitise

Block = NewType("Block", Content)
"""One or several lines that a terminal can be given, with their styles; nothing in them is markup."""

Piece = tuple[str, str]
"""A part of a line, from anywhere, and its style."""

NO_BREAK = "\N{NO-BREAK SPACE}"
_KEPT = 8192
_PER_CELL = 1 + MARKS_KEPT
"""Characters in one cell, at most."""


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

    A row ends behind a blank where there is one in its second half: a word is read whole.
    """
    if cell_len(text) <= width:
        return [(0, len(text))]
    if text.isascii():
        return _rows_at_words(text, width, max(1, width - hung))
    first = len(chop_cells(text[: width * _PER_CELL], width)[0])
    rows = [(0, first)]
    for row in chop_cells(text[first:], max(1, width - hung)):
        rows.append((rows[-1][1], rows[-1][1] + len(row)))
    return rows


def _rows_at_words(text: str, first: int, later: int) -> list[tuple[int, int]]:
    """The same of a line whose characters have a cell each."""
    rows: list[tuple[int, int]] = []
    at, room = 0, first
    while len(text) - at > room:
        end = at + room
        if text[end] != " ":
            end = text.rfind(" ", at + room // 2, end) + 1 or end
        rows.append((at, end))
        at, room = end, later
    return [*rows, (at, len(text))]


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
