"""The row below the top line of a run: how far the session is, and how long it may still take."""

from rich.cells import cell_len
from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive

from tui.text.block import styled
from tui.widgets.head.progress_text import progress_row
from tui.widgets.moment import Moment
from tui.widgets.words import Words


class ProgressRow(Horizontal):
    """Shows the session at `moment`; what ticks is a widget of its own: the sections are not painted each time."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    place_shown = getters.query_one("#progress-place", Words)
    left_shown = getters.query_one("#progress-left", Words)

    def compose(self) -> ComposeResult:
        yield Words(id="progress-place")
        yield Words(id="progress-left")

    def watch_moment(self, moment: Moment | None) -> None:
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        self._say()

    def _say(self) -> None:
        if self.moment is None or not self.size.width:
            return
        place, left = progress_row(self.moment, self.size.width)
        ends = self.left_shown
        width = sum(cell_len(text) for text, _ in left)
        if ends.styles.width is None or ends.styles.width.value != width:
            ends.styles.width = width
        ends.say(styled([left]))
        self.place_shown.say(styled([place]))
