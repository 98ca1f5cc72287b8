"""Shows an attempt's output, however much there is: only the lines on the screen are read, decoded and painted."""

import re
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.session.output.output import OutputReader
from tui.session.output.timing import STREAMS
from tui.text import search
from tui.text.block import chopped, part, segment, shown
from tui.text.sanitise import Shown, sanitise
from tui.widgets.glyphs import STDERR
from tui.widgets.output.lines import Lines

MARGIN = 1
"""Cells before the text, for the mark of the lines that began on standard error."""
SIDEWAYS = 20
WIDEST = 2_000
"""Cells of a line that can be scrolled to; the file keeps all of it."""


class Row(NamedTuple):
    """A row on the screen: the number of its line, whether that began on standard error, and the part that shows."""

    line: int
    error: bool
    text: Shown
    stamp: str = ""


class OutputView(Lines):
    """Follows the end of the output until the operator scrolls up; `mark` marks matches of a search.

    With `stamp` each line has before it when it came. With `wrapped` long lines continue below; what scrolls is whole
    lines all the same, so that no line has to be read but those on the screen.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"output--{name}" for name in ("plain", "match", "here", "quiet", "error")}
    BINDINGS: ClassVar[list[BindingType]] = [Binding("end", "tail", "Follow the end", show=False)]

    following: reactive[bool] = reactive(True, repaint=False)
    wrapped: reactive[bool] = reactive(False, repaint=False)

    class Followed(Message):
        """Following the end began or stopped."""

        def __init__(self, following: bool) -> None:
            super().__init__()
            self.following = following

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = "no output: nothing has run here yet"
        self._reader: OutputReader | None = None
        self._rows: list[Row] | None = None
        self._total = 0
        self._pattern: re.Pattern[str] | None = None
        self._here = -1
        self.stamp: Callable[[float], str] | None = None
        """Words for how many seconds after the attempt began a line came."""

    @property
    def top(self) -> int:
        """The first line on the screen."""
        return self.scroll_offset.y

    @property
    def came(self) -> int:
        """How many bytes there are to show by now."""
        return self._reader.size if self._reader is not None else 0

    def show(self, reader: OutputReader | None, empty: str = "no output yet") -> None:
        """Show another attempt, from its end."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self.empty = reader, empty
        self._pattern, self._here = None, -1
        self.following, self._total = (
            True,
            0,
        )  # whoever scrolled in the output before is not taken for scrolling in this one
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self.grew()

    def grew(self) -> None:
        """Look how much there is now, and paint it."""
        self._rows = None
        self._total = self._reader.lines_total() if self._reader is not None else 0
        self.set_total(self._total, WIDEST if self.scroll_offset.x else 0)
        if self.following:
            self.scroll_to(y=max(0, self._total - self.size.height), animate=False, immediate=True, force=True)
        self.refresh()

    def settle(self, reader: OutputReader, empty: str = "it printed nothing") -> None:
        """Continue with a reader that does not follow a writer: the attempt has ended."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self.empty = reader, empty
        self.grew()

    def mark(self, pattern: str, line: int) -> None:
        """Mark a search's matches, and go to the line of one."""
        self._pattern = search.pattern(pattern) if pattern else None
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
        self._rows = None

    def action_tail(self) -> None:
        self.following = True
        self.grew()

    def on_resize(self, event: events.Resize) -> None:
        self.grew()

    def action_scroll_right(self) -> None:
        self.set_total(self._total, 0 if self.wrapped else WIDEST)
        self.scroll_to(x=self.scroll_x + SIDEWAYS, animate=False, immediate=True, force=True)

    def action_scroll_left(self) -> None:
        self.scroll_to(x=max(0, self.scroll_x - SIDEWAYS), animate=False, immediate=True, force=True)

    def watch_wrapped(self) -> None:
        self.scroll_to(x=0, animate=False, immediate=True, force=True)
        self.grew()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        self._rows = None
        super().watch_scroll_x(old_value, new_value)

    def draw_line(self, y: int) -> Strip:
        width, plain = self.width, self.paint("output--plain")
        if self._total == 0:
            words = " " * MARGIN + self.empty if y == 0 else ""
            return Strip([segment(shown(words), self.paint("output--quiet"))]).adjust_cell_length(width, plain)
        if self._rows is None:
            self._rows = self._read()
        if y >= len(self._rows):
            return Strip.blank(width, plain)
        return Strip(self._segments(self._rows[y])).adjust_cell_length(width, plain)

    def _read(self) -> list[Row]:
        """The rows on the screen."""
        if self._reader is None:
            return []
        stamped = len(self.stamp(0.0)) if self.stamp else 0
        width, height = max(1, self.width - MARGIN - stamped), self.size.height
        first, left = self.scroll_offset.y, self.scroll_offset.x
        texts = [sanitise(line) for line in self._reader.read_lines(first, height)]
        streams = self._reader.streams_of(first, len(texts))
        streams += STREAMS[:1] * (len(texts) - len(streams))
        lines = [
            Row(first + place, stream != STREAMS[0], text)
            for place, (text, stream) in enumerate(zip(texts, streams, strict=False))
        ]
        if self.stamp:
            times = self._reader.times_of(first, len(texts))
            lines = [line._replace(stamp=self.stamp(came)) for line, came in zip(lines, times, strict=False)]
        if not self.wrapped:
            return [line._replace(text=part(line.text, left, left + width)) for line in lines]
        rows = [line._replace(text=row) for line in lines for row in chopped(line.text, width)]
        return rows[-height:] if self.following else rows[:height]

    def _segments(self, row: Row) -> list[Segment]:
        plain = self.paint("output--plain")
        mark = segment(shown(STDERR), self.paint("output--error")) if row.error else segment(shown(" " * MARGIN), plain)
        segments = [mark]
        if row.stamp:
            segments.append(segment(shown(row.stamp), self.paint("output--quiet")))
        if self._pattern is None:
            return [*segments, segment(row.text, plain)]
        style = self.paint("output--here" if row.line == self._here else "output--match")
        at = 0
        for found in self._pattern.finditer(row.text):
            segments += [
                segment(part(row.text, at, found.start()), plain),
                segment(part(row.text, *found.span()), style),
            ]
            at = found.end()
        return [*segments, segment(part(row.text, at), plain)]
