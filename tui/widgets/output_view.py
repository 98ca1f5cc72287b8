"""Shows an attempt's output, however much there is: only the lines on the screen are read, decoded and painted."""

import re
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.execution.text import sanitise
from tui.session.output import OutputReader

WIDEST = 2_000
"""Cells of a line that can be scrolled to; the file keeps all of it."""


class OutputView(ScrollView, can_focus=True):
    """Follows the end of the output until the operator scrolls up; `find` marks matches of a search."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"output--match", "output--here", "output--quiet"}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("end", "tail", "Follow the end", show=False)]

    following: reactive[bool] = reactive(True, repaint=False)

    class Followed(Message):
        """Following the end began or stopped."""

        def __init__(self, following: bool) -> None:
            super().__init__()
            self.following = following

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = "no output yet"
        self._reader: OutputReader | None = None
        self._lines: dict[int, str] = {}
        self._total = 0
        self._pattern: re.Pattern[str] | None = None
        self._here = -1

    @property
    def top(self) -> int:
        """The first line on the screen."""
        return self.scroll_offset.y

    def show(self, reader: OutputReader | None, empty: str = "no output yet") -> None:
        """Show another attempt, from its end."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self.empty = reader, empty
        self._pattern, self._here = None, -1
        self.following = True
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self.grew()

    def grew(self) -> None:
        """Look how much there is now, and paint it."""
        self._lines.clear()
        self._total = self._reader.lines_total() if self._reader is not None else 0
        self.virtual_size = Size(WIDEST if self.scroll_offset.x else self.size.width, self._total)
        if self.following:
            self.scroll_to(y=max(0, self._total - self.size.height), animate=False, immediate=True, force=True)
        self.refresh()

    def settle(self, reader: OutputReader) -> None:
        """Go on with a reader that does not follow a writer: the attempt has ended."""
        if self._reader is not None:
            self._reader.close()
        self._reader = reader
        self.grew()

    def mark(self, pattern: str, line: int) -> None:
        """Mark a search's matches, and go to the line of one."""
        flags = 0 if pattern != pattern.lower() else re.IGNORECASE
        self._pattern = re.compile(re.escape(pattern), flags) if pattern else None
        self._here = line
        if line >= 0:
            self.following = False
            self.scroll_to(y=max(0, line - self.size.height // 2), animate=False, immediate=True, force=True)
        self.refresh()

    def watch_following(self, following: bool) -> None:
        self.post_message(self.Followed(following))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and round(new_value) < self._total - self.size.height:
            self.following = False
        elif round(new_value) >= self._total - self.size.height:
            self.following = True
        self._lines.clear()

    def action_tail(self) -> None:
        self.following = True
        self.grew()

    def on_resize(self, event: events.Resize) -> None:
        self.grew()

    def action_scroll_right(self) -> None:
        self.virtual_size = Size(WIDEST, self._total)
        self.scroll_relative(x=20, animate=False)

    def action_scroll_left(self) -> None:
        self.scroll_relative(x=-20, animate=False)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        place = y + self.scroll_offset.y
        if self._total == 0:
            words = self.empty if y == 0 else ""
            return self._strip([Segment(words, self.get_component_rich_style("output--quiet"))], width)
        if place >= self._total:
            return Strip.blank(width, self.rich_style)
        text = self._line(place)[self.scroll_offset.x : self.scroll_offset.x + width]
        return self._strip(self._segments(text, place), width)

    def _strip(self, segments: list[Segment], width: int) -> Strip:
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _line(self, place: int) -> str:
        if place not in self._lines and self._reader is not None:
            first = self.scroll_offset.y
            self._lines.clear()
            for number, line in enumerate(self._reader.read_lines(first, self.size.height + 1)):
                self._lines[first + number] = sanitise(line)
        return self._lines.get(place, "")

    def _segments(self, text: str, place: int) -> list[Segment]:
        if self._pattern is None:
            return [Segment(text, self.rich_style)]
        style = self.get_component_rich_style("output--here" if place == self._here else "output--match")
        segments: list[Segment] = []
        at = 0
        for found in self._pattern.finditer(text):
            segments += [Segment(text[at : found.start()], self.rich_style), Segment(found[0], style)]
            at = found.end()
        return [*segments, Segment(text[at:], self.rich_style)]
