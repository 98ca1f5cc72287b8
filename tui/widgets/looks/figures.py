"""Large figures of three rows: of lines where the terminal has them, else of ASCII, in which lines cannot be read."""

from textual.app import RenderResult
from textual.widgets import Digits

from tui.text.block import styled

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

    def render(self) -> RenderResult:
        if not getattr(self.app, "ascii", False):
            return super().render()
        return styled([[("".join(_cells(sign, row) for sign in self.value), "")] for row in range(len(ROWS))])


def _cells(sign: str, row: int) -> str:
    """A row of a figure; what is none stands in the last row as it is, as in Textual's own."""
    place = SIGNS.find(sign)
    if place < 0:
        return sign if row == len(ROWS) - 1 else " "
    return ROWS[row][place * APART : place * APART + WIDTH].ljust(WIDTH)
