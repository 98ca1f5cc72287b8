"""Lines painted one by one: growing and scrolling repaint the widget alone and never lay the screen out anew."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


class Lines(ScrollView, can_focus=True):
    """Base of the widgets that have `total` lines and paint those on the screen."""

    @property
    def width(self) -> int:
        """The cells a line has, those of the scroll bar left out."""
        return self.scrollable_content_region.width

    def set_total(self, total: int, width: int = 0) -> None:
        """Say how many lines there are, and how many cells of them can be scrolled to.

        Setting `virtual_size` as usual would lay out the whole screen, many times a second where output streams.
        """
        size = Size(width or self.width, total)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def paint(self, class_: str) -> Style:
        """The style of a component class: Textual keeps it, while `rich_style` is worked out anew each time."""
        return self.get_component_rich_style(class_)
