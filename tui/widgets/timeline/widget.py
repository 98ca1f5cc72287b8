"""The timeline at the foot of a replay."""

from collections.abc import Mapping

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tui.session.views.markers import MarkerKind
from tui.text.block import styled
from tui.widgets.timeline.text import Timeline, bar, words
from tui.widgets.words import Words


class TimelineBar(Vertical):
    """Shows where a replay is; a click goes to that moment."""

    timeline: reactive[Timeline | None] = reactive(None, repaint=False)
    marks: reactive[Mapping[int, set[MarkerKind]]] = reactive({}, repaint=False)

    line = getters.query_one("#timeline-bar", Words)
    below = getters.query_one("#timeline-words", Words)

    class Chosen(Message):
        """A moment was pointed at, `share` of the whole."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def compose(self) -> ComposeResult:
        yield Words(id="timeline-bar")
        yield Words(id="timeline-words")

    @property
    def cells(self) -> int:
        """How long the line is."""
        return max(1, self.size.width - 2)

    def watch_timeline(self) -> None:
        self._show()

    def watch_marks(self) -> None:
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Chosen((event.x - 1) / self.cells))

    def _show(self) -> None:
        if self.timeline is None or not self.is_mounted:
            return
        line = styled([bar(self.timeline, self.cells, self.marks)])
        self.line.say(line)
        self.below.say(styled([words(self.timeline)]))
