"""The line on top of every screen: what this is about, and, so that nobody mistakes it, whether it is a drill."""

from textual.widgets import Static

from tui.execution.text import sanitise

MARK = "DRILL – nothing here is real"


class TopLine(Static):
    """`text` on the left; in a drill the mark comes first and the line has another colour."""

    def __init__(self, text: str, drill: str = "") -> None:
        super().__init__(line(text, drill), markup=False, classes="drill" if drill else "")
        self._drill = drill

    def say(self, text: str) -> None:
        """Show another text."""
        self.update(line(text, self._drill))


def line(text: str, drill: str) -> str:
    """The words of the line, safe for a terminal."""
    return f"◆ {MARK} ◆ {sanitise(text)}" if drill else sanitise(text)
