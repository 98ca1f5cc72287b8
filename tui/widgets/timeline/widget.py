"""The timeline at the foot of a replay."""

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from tui.session.views.markers import MarkerKind
from tui.text.block import styled
from tui.widgets.painting import entitle
from tui.widgets.timeline.text import Marks, Timeline, axis, bar, foot, legend, legend_line, title
from tui.widgets.words import Words

LOW = 22
"""On a terminal of fewer rows there are no times and no legend."""
BESIDE = 6
"""Cells of the frame's line that no title can have."""


class TimelineBar(Vertical):
    """Shows where a replay is; a click goes to a marker or a moment, one on the legend to the next of its kind."""

    timeline: reactive[Timeline | None] = reactive(None, repaint=False)
    marks: reactive[Marks] = reactive(Marks(), repaint=False)

    line = getters.query_one("#timeline-bar", Words)
    times = getters.query_one("#timeline-axis", Words)
    kinds = getters.query_one("#timeline-legend", Words)

    class Chosen(Message):
        """A cell of the bar was clicked, and the marker of this kind in it, if it has one."""

        def __init__(self, cell: int, cells: int, kind: MarkerKind | None) -> None:
            super().__init__()
            self.cell, self.cells, self.kind = cell, cells, kind

    class Resized(Message):
        """The bar has other cells: what happened in each of them is to be found again."""

    class Wanted(Message):
        """The next marker of a kind is wanted."""

        def __init__(self, kind: MarkerKind) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        yield Words(id="timeline-bar")
        yield Words(id="timeline-axis")
        yield Words(id="timeline-legend")

    @property
    def cells(self) -> int:
        """How long the line is."""
        return max(1, self.scrollable_content_region.width)

    def watch_timeline(self) -> None:
        self._show()

    def watch_marks(self) -> None:
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        self._show()
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        cell, row = event.screen_x - self.line.region.x, event.screen_y
        if row == self.line.region.y and 0 <= cell < self.cells:
            self.post_message(self.Chosen(cell, self.cells, self.marks.first_of(cell)))
        elif self.kinds.display and row == self.kinds.region.y:
            for part in legend(self.marks, self.cells):
                if part.start <= cell < part.end:
                    self.post_message(self.Wanted(part.kind))

    def _show(self) -> None:
        timeline, width = self.timeline, self.cells
        if timeline is None or not self.is_mounted:
            return
        self.set_class(self.app.size.height < LOW, "low")
        entitle(self, styled([title(timeline, self.outer_size.width - BESIDE)]), styled([foot(timeline)]))
        self.line.say(styled([bar(timeline, width, self.marks)]))
        self.times.say(styled([axis(timeline, width)]))
        self.kinds.say(styled([legend_line(legend(self.marks, width))]))
