"""The line on top of every screen: so that nobody mistakes it, whether this is production, a drill or a replay."""

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.text.block import pieces, styled
from tui.widgets.head.mode import Mode, mode_line
from tui.widgets.words import Words


class TopLine(Horizontal):
    """Shows the mode, what the screen is about, and the time.

    The time is a widget of its own: Textual paints the whole of a widget's row where one cell of it changed.
    """

    clock_shown = getters.query_one("#clock", Words)
    mode_shown = getters.query_one("#mode", Words)

    def __init__(self, text: str, mode: Mode) -> None:
        super().__init__(classes=mode.kind)
        self._text = text
        self._mode = mode
        self._time = ""

    def compose(self) -> ComposeResult:
        yield Words(id="mode")
        yield Words(id="clock")

    def on_mount(self) -> None:
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        self._say()

    def tell(self, time: str) -> None:
        """Show another time."""
        if time == self._time:
            return
        longer = cell_len(time) != cell_len(self._time)
        self._time = time
        clock = self.clock_shown
        if longer:
            clock.styles.width = cell_len(time) + 2
            self._say()
        clock.say(pieces(f" {time} "))

    def change(self, mode: Mode) -> None:
        """Show another mode: an environment was chosen, or left."""
        if mode != self._mode:
            self.remove_class(self._mode.kind, update=False)
            self.add_class(mode.kind)
            self._mode = mode
            self._say()

    def entitle(self, text: str) -> None:
        """Say something else of what the screen is about."""
        if text != self._text:
            self._text = text
            self._say()

    def _say(self) -> None:
        width = self.size.width or self.app.size.width  # which mode it is stands in the first picture of a screen too
        room = width - (cell_len(self._time) + 2 if self._time else 0)
        if room > 0:
            self.mode_shown.say(styled([mode_line(self._mode, self._text, room)]))
