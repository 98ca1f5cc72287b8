"""The line on top of every screen: what this is about, and, so that nobody mistakes it, whether it is a drill."""

from tui.text.block import pieces
from tui.widgets.words import Words

MARK = "DRILL – nothing here is real"


class TopLine(Words):
    """`text` on the left; in a drill the mark comes first and the line has another colour."""

    def __init__(self, text: str, drill: str = "") -> None:
        super().__init__(pieces(line(text, drill)), classes="drill" if drill else "")


def line(text: str, drill: str) -> str:
    """The words of the line."""
    return f"◆ {MARK} ◆ {text}" if drill else text
