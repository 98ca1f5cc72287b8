"""Lines painted one by one: growing and scrolling repaint the widget alone and never lay the screen out again."""

from abc import abstractmethod

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from tui.text.block import Piece, styled
from tui.widgets.painting import changed, entitle


class Lines(ScrollView, can_focus=True):
    """Base of the widgets that have `total` lines and paint those on the screen."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._painted: dict[int, Strip] = {}

    @property
    def width(self) -> int:
        """The cells a line has, those of the scroll bar left out."""
        return self.scrollable_content_region.width

    def entitle(self, title: list[Piece], below: list[Piece]) -> None:
        """Say on the frame what it holds; saying the same again paints nothing."""
        entitle(self, styled([title]), styled([below]))

    @abstractmethod
    def draw_line(self, y: int) -> Strip:
        """Draw a line of those on the screen."""

    def render_line(self, y: int) -> Strip:
        self._painted[y] = strip = self.draw_line(y)
        return strip

    def refresh_changed(self) -> None:
        """Paint the cells that are not any more what was painted last."""
        height = self.scrollable_content_region.height
        regions = changed((self._painted.get(y), self.draw_line(y)) for y in range(height))
        if regions:
            self.refresh(*regions)

    def set_total(self, total: int, width: int = 0) -> None:
        """Say how many lines there are, and how many cells of them can be scrolled to.

        Setting `virtual_size` as usual would lay out the whole screen, many times a second where output streams.
        """
        size = Size(width or self.width, total)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def paint(self, class_: str) -> Style:
        """The style of a component class: Textual keeps it, while `rich_style` is worked out each time."""
        return self.get_component_rich_style(class_)
