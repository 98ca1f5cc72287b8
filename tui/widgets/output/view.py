"""Shows an attempt's output, however much there is: only the lines on the screen are read, decoded and painted."""

import re
import textwrap
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from tui.session.output.output import OutputReader
from tui.session.output.timing import STREAMS
from tui.text import search
from tui.text.block import part, segment, shown
from tui.text.looks import PLAIN
from tui.widgets.glyphs import CONTINUED, STDERR
from tui.widgets.looks.fitting import shortened
from tui.widgets.looks.themes import MONO, SIXTEEN
from tui.widgets.output.colours import style_of
from tui.widgets.output.lines import Lines
from tui.widgets.output.rows import Line, OutOfSight, Row, chosen, cut, matches, parts, sight, wrapped

MARGIN = 1
"""Cells before the text, for the mark of the lines that began on standard error."""
SIDEWAYS = 20
WIDEST = 2_000
"""Cells of a line that can be scrolled to; the file keeps all of it."""


MOST_COPIED = 65_536
"""Characters that are copied at most: terminals take no more at once."""
COPIED = 5_000
"""Lines that are copied at most."""


class OutputView(Lines):
    """Follows the end of the output until the operator scrolls up; `mark` marks matches of a search.

    With `stamp` each line has before it when it came. With `wrapped` long lines continue below; what scrolls is whole
    lines anyway, so that no line has to be read but those on the screen.
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

    class Moved(Message):
        """Other lines are out of sight than before, or it has another size."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sight = OutOfSight()
        """What was out of sight when it was last painted."""
        self.empty: tuple[str, ...] = ()
        self._reader: OutputReader | None = None
        self._strips: list[Strip] = []
        self._shown: list[Row] = []
        self._painting = False
        self._read_for: tuple[int, ...] = ()
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
    def total(self) -> int:
        """How many lines there are by now."""
        return self._total

    @property
    def came(self) -> int:
        """How many bytes there are to show by now."""
        return self._reader.size if self._reader is not None else 0

    def say_empty(self, words: Sequence[str]) -> None:
        """Say in the middle of the pane, where there is nothing to show, why there is not."""
        if tuple(words) != self.empty:
            self.empty = tuple(words)
            if not self._total:
                self.refresh()

    def show(self, reader: OutputReader | None) -> None:
        """Show another attempt, from its end."""
        if self._reader is not None:
            self._reader.close()
        self._reader = reader
        self._pattern, self._here = None, -1
        self.following, self._total = (
            True,
            0,
        )  # scrolling in the output before is not taken for scrolling in this one
        self.scroll_to(0, 0, animate=False, immediate=True, force=True)
        self.grew()

    def grew(self) -> None:
        """Look how much there is now, and paint it."""
        self._look()
        self.refresh()

    def _look(self) -> None:
        """Look how much there is now."""
        self._read_for = ()
        self._total = self._reader.lines_total() if self._reader is not None else 0
        self.set_total(self._total, WIDEST if self.scroll_offset.x else 0)
        if self.following:
            self.scroll_to(y=max(0, self._total - self.size.height), animate=False, immediate=True, force=True)

    def settle(self, reader: OutputReader) -> None:
        """Continue with a reader that does not follow a writer: the attempt has ended."""
        if self._reader is not None:
            self._reader.close()
        self._reader = reader
        self.grew()

    def to_error(self) -> None:
        """Go to where the error stream begins, and leave its end in sight where both are.

        Where all of it is on that stream, as of programs that print their progress there, its end says what is wrong.
        """
        line = self._reader.first_error_line() if self._reader is not None else -1
        if not self.following or not 0 < line < self._total - self.size.height:
            return
        self.following = False
        self.scroll_to(y=line - 1, animate=False, immediate=True, force=True)

    def mark(self, pattern: str, line: int) -> None:
        """Mark a search's matches, and go to the line of one."""
        self._pattern = search.pattern(pattern) if pattern else None
        self._here, self._read_for = line, ()
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
        self._read_for = ()

    def action_tail(self) -> None:
        self.following = True
        self.grew()

    def on_resize(self, event: events.Resize) -> None:
        self._look()
        self.refresh_changed()  # it was painted with the layout
        self.post_message(self.Moved())  # what its frame says has another room too

    def action_scroll_right(self) -> None:
        self.set_total(self._total, 0 if self.wrapped else WIDEST)
        self.scroll_to(x=self.scroll_x + SIDEWAYS, animate=False, immediate=True, force=True)

    def action_scroll_left(self) -> None:
        self.scroll_to(x=max(0, self.scroll_x - SIDEWAYS), animate=False, immediate=True, force=True)

    def watch_wrapped(self) -> None:
        self.scroll_to(x=0, animate=False, immediate=True, force=True)
        self.grew()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        self._read_for = ()
        super().watch_scroll_x(old_value, new_value)

    def draw_line(self, y: int) -> Strip:
        width, plain = self.width, self.paint("output--plain")
        if self._total == 0:
            return self._drawn_empty(y).adjust_cell_length(width, plain)
        view = (width, self.size.height, *self.scroll_offset)
        if view != self._read_for:  # a resized widget is painted before it is told
            self._shown = self._rows()
            self._strips = [self._drawn_row(row).adjust_cell_length(width, plain) for row in self._shown]
            self._read_for = view
            self._note(sight(self._shown, self._total, self.wrapped))
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, plain)

    def _note(self, seen: OutOfSight) -> None:
        if seen != self.sight:
            self.sight = seen
            self.post_message(self.Moved())

    def _drawn_empty(self, y: int) -> Strip:
        """A row of what is said in the middle of an empty pane, broken between words."""
        width, last = max(1, self.width - 2 * MARGIN), max(0, self.size.height - 1)
        said = _wrapped(self.empty, width)
        if len(said) > last + 1:
            said = [*said[:last], shortened(" ".join(said[last:]), width)]
        place = y - max(0, (self.size.height - len(said)) // 2)
        words = said[place] if 0 <= place < len(said) else ""
        blank = " " * max(0, (self.width - cell_len(words)) // 2)
        return Strip([segment(shown(blank + words), self.paint("output--quiet"))])

    def _rows(self) -> list[Row]:
        """The rows on the screen."""
        stamped = len(self.stamp(0.0)) if self.stamp else 0
        width, height = max(1, self.width - MARGIN - stamped), self.size.height
        lines = self._lines(self.scroll_offset.y, height)
        if not self.wrapped:
            return cut(lines, self.scroll_offset.x, width)
        rows = wrapped(lines, width)
        if not self.following:
            return rows[:height]
        alone = rows[-height:]
        if alone and alone[0].start and alone[0].line is rows[-1].line and not (self._reader and self._reader.follows):
            return [row for row in rows if row.line is rows[-1].line][:height]  # its beginning says what it is about
        return alone

    def _lines(self, first: int, count: int) -> list[Line]:
        if self._reader is None:
            return []
        texts = self._reader.shown_lines(first, count)
        streams = self._reader.streams_of(first, len(texts))
        streams += STREAMS[:1] * (len(texts) - len(streams))
        times = self._reader.times_of(first, len(texts)) if self.stamp else []
        stamps = [self.stamp(came) for came in times] if self.stamp else []
        stamps += [""] * (len(texts) - len(stamps))
        return [
            Line(first + place, text, stream != STREAMS[0], stamp)
            for place, (text, stream, stamp) in enumerate(zip(texts, streams, stamps, strict=False))
        ]

    def render_lines(self, crop: Region) -> list[Strip]:
        self._painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._painting = False

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        if self._painting or y >= len(self._shown) or self._total == 0:
            return strip
        row = self._drawn_row(self._shown[y], placed=True)  # the mouse is there: which character is it at?
        return row.adjust_cell_length(strip.cell_length, self.paint("output--plain"))

    def _drawn_row(self, row: Row, placed: bool = False) -> Strip:
        """A row with its margin; where `placed` each part has its place in the line, which a selection counts in."""
        plain, line = self.paint("output--plain"), row.line
        segments = [
            segment(shown(STDERR if line.error else " " * MARGIN), self.paint("output--error") if line.error else plain)
        ]
        if line.stamp:
            stamp = line.stamp if row.start == 0 or not self.wrapped else " " * len(line.stamp)
            segments.append(segment(shown(stamp), self.paint("output--quiet")))
        if row.hung:
            segments.append(segment(shown(f"{CONTINUED} "), self.paint("output--quiet")))
        if row.blank:
            segments.append(segment(shown(" " * row.blank), plain))
        colours = Color.from_rich_color(plain.color), Color.from_rich_color(plain.bgcolor)
        coloured, few = not self.app.no_color and self.app.theme != MONO, self.app.theme in SIXTEEN
        for start, end, look, what in parts(row, self._marked):
            style = plain
            if what or look != PLAIN:
                style = self._style_of(what) if what else plain + style_of(look, *colours, coloured, few)
            if placed:
                style += Style.from_meta({"offset": (start, line.number)})
            segments.append(segment(part(line.shown.text, start, end), style))
        return Strip(segments)

    def _marked(self, line: Line) -> list[tuple[int, int, str]]:
        return [*matches(self._pattern, line, self._here), *chosen(self.text_selection, line)]

    def _style_of(self, what: str) -> Style:
        if what == "chosen":
            return self.screen.get_component_rich_style("screen--selection")
        return self.paint(f"output--{what}")

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._read_for = ()

    # what is copied

    def selection_updated(self, selection: Selection | None) -> None:
        self._read_for = ()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected, as it is shown, without what the pane puts before and between it."""
        if self._reader is None or self._total == 0:
            return None
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else self._total - 1
        texts: list[str] = []
        for line in self._lines(first, min(COPIED, last - first + 1)):
            texts += [line.shown.text[start:end] for start, end, _ in chosen(selection, line)]
        return "\n".join(texts)[:MOST_COPIED], "\n"

    def wanted(self) -> str:
        """What is selected, else the line that a search found, else the lines on the screen."""
        selection = self.text_selection
        if selection is not None and (found := self.get_selection(selection)) is not None:
            return found[0]
        first, count = (self._here, 1) if self._here >= 0 else (self.scroll_offset.y, self.size.height)
        return "\n".join(line.shown.text for line in self._lines(first, count))[:MOST_COPIED]


@lru_cache(16)
def _wrapped(words: tuple[str, ...], width: int) -> list[str]:
    """What is said of an empty pane in its rows; each of its lines asks."""
    return [row for line in words for row in textwrap.wrap(shown(line), width)]
