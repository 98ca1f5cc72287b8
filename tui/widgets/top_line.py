"""The line on top of every screen: so that nobody mistakes it, whether this is production, a drill or a replay."""

from textual import events

from tui.text.block import styled
from tui.widgets.mode import Mode, mode_line
from tui.widgets.words import Words


class TopLine(Words):
    """Shows the mode, what the screen is about, and at the right end what it is told, which is mostly the time."""

    def __init__(self, text: str, mode: Mode) -> None:
        super().__init__(classes=mode.kind)
        self._text = text
        self._mode = mode
        self._right = ""

    def on_resize(self, event: events.Resize) -> None:
        self._say()

    def tell(self, right: str) -> None:
        """Show something else at the right end."""
        if right != self._right:
            self._right = right
            self._say()

    def _say(self) -> None:
        if self.size.width:
            self.say(styled([mode_line(self._mode, self._text, self._right, self.size.width)]))
