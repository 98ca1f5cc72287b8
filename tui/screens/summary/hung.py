"""Lines whose later rows hang below the words of their first: a mark, a time or a label stands alone on the left."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.geometry import Size
from textual.selection import Selection
from textual.widget import Widget

from tui.text.block import Block, Piece, styled
from tui.widgets.step.laid_out import LaidRow, copied, rows

WORDS = ("", "bold")
"""The styles of what is read: what stands before it, in other styles, is its mark, its time or its label."""
NARROW = 40
"""In fewer cells nothing but the mark stands alone."""
MARK = 2
"""Cells of a mark."""


class Hung(Widget):
    """Shows lines, each broken at blanks for the width there is."""

    DEFAULT_CSS = "Hung { height: auto; }"

    def __init__(self, lines: Sequence[Sequence[Piece]] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = lines

    def tell(self, lines: Sequence[Sequence[Piece]]) -> None:
        """Show other lines."""
        if lines != self._lines:
            self._lines = lines
            self.refresh(layout=True)

    def rows(self, width: int) -> list[LaidRow]:
        """The rows of all lines at a width in cells."""
        return rows_of(self._lines, width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.rows(width))

    def render(self) -> Block:
        return styled(row.pieces for row in self.rows(self.size.width))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected, a line that was broken as one."""
        return copied(self.rows(self.size.width), selection), "\n"


def rows_of(lines: Sequence[Sequence[Piece]], width: int) -> list[LaidRow]:
    """The rows of lines at a width in cells."""
    return [row for line in lines for row in rows(line, width, hang_of(line, width))]


def hang_of(line: Sequence[Piece], width: int) -> int:
    """Cells before a line's words; of one that has nothing before them, those of its indentation and two more.

    One word that is whole only further to the left stands there, below its label.
    """
    before = 0
    for place, (text, style) in enumerate(line):
        if style in WORDS and place:
            hang = before + len(text) - len(text.lstrip())
            words = "".join(part for part, _ in line[place:]).split()
            moved = len(words) == 1 and width - hang < cell_len(words[0]) <= width - MARK
            return min(hang, MARK) if moved or width < NARROW else hang
        before += cell_len(text)
    text = "".join(part for part, _ in line)
    return len(text) - len(text.lstrip()) + MARK if text[:1] == " " else 0
