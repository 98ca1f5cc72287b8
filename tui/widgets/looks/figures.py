"""Large figures of three rows: of lines where the terminal has them, else of ASCII, in which lines cannot be read."""

from textual.strip import Strip
from textual.widgets import Digits

from tui.text.block import segment, shown

ROWS = (
    " _       _   _       _   _   _   _   _     ",
    "| |  |   _|  _| |_| |_  |_    | |_| |_|  . ",
    "|_|  |  |_   _|   |  _| |_|   | |_|  _|  . ",
)
"""0 to 9 and the colon, each three cells wide and one apart."""
SIGNS = "0123456789:"
WIDTH, APART = 3, 4


class Figures(Digits):
    """Shows a time in large figures."""

    def render_line(self, y: int) -> Strip:
        if not getattr(self.app, "ascii", False):
            return super().render_line(y)
        style = self.rich_style
        words = "".join(_cells(sign, y) for sign in self.value)
        return Strip([segment(shown(words), style)]).adjust_cell_length(self.size.width, style)


def _cells(sign: str, row: int) -> str:
    """A row of a figure; what is none stands in the last row as it is, as in Textual's own."""
    place = SIGNS.find(sign)
    if place < 0:
        return sign if row == len(ROWS) - 1 else " "
    return ROWS[row][place * APART : place * APART + WIDTH].ljust(WIDTH)
