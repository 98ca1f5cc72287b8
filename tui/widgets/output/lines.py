"""Lines painted one by one: growing and scrolling repaint the widget alone and never lay the screen out again."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.style import Style
from textual.geometry import Region, Size
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
        self._said: dict[int, Any] = {}
        """What the lines that were painted say, as far as `said_on` tells it."""
        self._drawing: Size | None = None
        self._scrolls: tuple[object, ...] = ()

    @property
    def inside(self) -> Size:
        """The cells there are for lines, those of the scroll bars left out.

        While lines are drawn it stays what it is: to find out takes Textual a walk through the screen, which for each
        line was a tenth of the time of a screen with much to show.
        """
        return self._drawing or self.scrollable_content_region.size

    @property
    def width(self) -> int:
        """The cells a line has."""
        return self.inside.width

    def entitle(self, title: list[Piece], below: list[Piece]) -> None:
        """Say on the frame what it holds; saying the same again paints nothing."""
        entitle(self, styled([title]), styled([below]))

    @abstractmethod
    def draw_line(self, y: int) -> Strip:
        """Draw a line of those on the screen."""

    def said_on(self, y: int) -> object:
        """All that decides how a line looks but the styles, where that is known before it is drawn; else None.

        While it is drawn, `_said` has it.
        """
        return None

    def render_line(self, y: int) -> Strip:
        self._said[y] = self.said_on(y)
        self._painted[y] = strip = self.draw_line(y)
        return strip

    def refresh_changed(self) -> None:
        """Paint the cells that are not any more what was painted last; a line that says the same is not drawn."""
        with self._at_one_size() as size:
            regions = changed(self._lines_that_say_else(size.height))
        if regions:
            self.refresh(*regions)

    def _lines_that_say_else(self, height: int) -> Iterator[tuple[int, Strip | None, Strip]]:
        for y in range(height):
            said = self.said_on(y)
            if said is None or said != self._said.get(y):
                self._said[y] = said
                yield y, self._painted.get(y), self.draw_line(y)

    def render_lines(self, crop: Region) -> list[Strip]:
        with self._at_one_size():
            return super().render_lines(crop)

    @contextmanager
    def _at_one_size(self) -> Iterator[Size]:
        """Draw lines that all have as many cells as the first."""
        outer, self._drawing = self._drawing, None
        self._drawing = outer or self.inside
        try:
            yield self._drawing
        finally:
            self._drawing = outer

    def set_total(self, total: int, width: int = 0, room_is_known: bool = True) -> None:
        """Say how many lines there are, and how many cells of them can be scrolled to.

        Setting `virtual_size` as usual would lay out the whole screen, many times a second where output streams.

        Args:
            room_is_known: whether they have the room that there is; else `fit_bar` or the next layout has the scroll
                bar, which would come with one layout and go with another.
        """
        size = Size(width or self.width, total)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            if room_is_known:
                self._scroll_update(size)

    def fit_bar(self) -> None:
        """Bring the scroll bar up to date: the lines have the room that there is."""
        self._scroll_update(self.virtual_size)

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        resized = super()._size_updated(size, virtual_size, container_size, layout)
        self.fit_bar()
        return resized

    def _scroll_update(self, virtual_size: Size) -> None:
        """Bring the scroll bar up to date, where there is anything new: Textual paints it again at each layout."""
        shown = self.styles.overflow_x, self.styles.overflow_y, self.scroll_offset
        scrolls = virtual_size, self.size, self.container_size, *shown
        if scrolls != self._scrolls:
            super()._scroll_update(virtual_size)
            self._scrolls = *scrolls[:-1], self.scroll_offset

    def paint(self, class_: str) -> Style:
        """The style of a component class: Textual keeps it, while `rich_style` is worked out each time."""
        return self.get_component_rich_style(class_)
