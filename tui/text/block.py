"""Text for widgets: a `Block` is made here, of text from anywhere, and a widget takes nothing else.

What a type checker does not see, `tests/text/test_only_what_is_made_here.py` does: nobody else makes one.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NewType

from rich.cells import chop_cells
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


def chopped(text: Shown, width: int) -> list[Shown]:
    """What is shown of a line in rows of so many cells, one at least."""
    return [Shown(row) for row in chop_cells(text, width)] or [Shown("")]


@lru_cache(maxsize=_KEPT)
def _line(text: str) -> str:
    """One line made safe; a space at which no line may break stays one. What is shown twice a second is kept.

    A carriage return is a space here: what comes from elsewhere must not erase the program's own words before it.
    """
    text = text.rstrip("\r\n").replace("\r", " ")
    return NO_BREAK.join(sanitise(part) for part in text.split(NO_BREAK))
