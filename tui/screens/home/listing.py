"""The frames of the first screen: words in a frame, and lists whose ends lead to the frames beside them."""

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from tui.screens.home.spots import Spot
from tui.screens.home.window_text import (
    GOOD,
    LATE,
    SOON,
    WindowSeen,
    below_lines,
    beside_lines,
    countdown,
    small_lines,
)
from tui.text.block import Piece, styled
from tui.widgets import painting
from tui.widgets.fields.option_rows import OptionRow, OptionRows
from tui.widgets.looks.figures import Figures
from tui.widgets.looks.fitting import clipped
from tui.widgets.words import Words

BESIDE = 6
"""Cells of a frame's line that no words can have."""
WINDOWS = {GOOD: "good", LATE: "bad", SOON: "turn"}
"""The style sheet's name for each colour of the window."""


def entitle(frame: Widget, title: list[Piece], foot: list[Piece], width: int) -> None:
    """Say what stands on a frame's lines; the same again paints nothing."""
    painting.entitle(frame, *(styled([clipped(line, max(0, width - BESIDE))]) for line in (title, foot)))


class EndReached(Message):
    """An arrow key at the end of a list: the operator wants the frame beside it."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way


class HomeRows(OptionRows):
    """A list whose first row is below the frame above it."""

    touched = False
    """Whether the operator has moved the mark."""

    def action_cursor_up(self) -> None:
        self.touched = True
        if not self.highlighted:
            self.post_message(EndReached("up"))
        else:
            super().action_cursor_up()

    def action_cursor_down(self) -> None:
        self.touched = True
        if self.highlighted is None or self.highlighted + 1 >= self.option_count:
            self.post_message(EndReached("down"))
        else:
            super().action_cursor_down()


class Listing(Vertical):
    """A list in a frame: a head that stays, rows, or words where there are none; a graph where there is room."""

    rows = getters.query_one(".rows", HomeRows)
    head = getters.query_one(".head", Words)
    none = getters.query_one(".none", Words)
    more = getters.query_one(".more", Words)

    def __init__(self, id: str) -> None:
        super().__init__(id=id, classes="frame")
        self._drawn: list[tuple[str, list[Piece]]] = []
        self._width = 0

    def compose(self) -> ComposeResult:
        yield Words(classes="head")
        yield HomeRows(id=f"{self.id}-rows")
        yield Words(classes="none")
        yield Words(classes="more")

    def on_mount(self) -> None:
        rows = self.query_one(HomeRows)
        rows.add_class("rows")
        rows.display = False

    def show(self, rows: list[tuple[str, list[Piece]]], head: list[Piece], none: list[list[Piece]]) -> None:
        """Show other rows; the mark stays on its row, by its id. What is shown already costs nothing."""
        self.head.say(styled([head]))
        self.head.display = bool(head) and bool(rows)
        self.none.say(styled(none))
        listed = self.rows
        listed.display, self.none.display = bool(rows), not rows
        if rows == self._drawn:
            return
        marked = self.marked
        same = [name for name, _ in rows] == [name for name, _ in self._drawn]
        self._drawn = rows
        if same:
            for place, (_, line) in enumerate(rows):
                listed.replace_at(place, styled([line]))
            return
        top = listed.scroll_y
        listed.clear_options()
        for name, line in rows:
            listed.add(OptionRow(styled([line]), name))
        ids = [name for name, _ in rows]
        if rows:
            listed.highlighted = ids.index(marked) if marked in ids else 0
            listed.scroll_to(y=top, animate=False)

    @property
    def marked(self) -> str:
        """The id of the marked row; empty where there is none."""
        place = self.rows.highlighted
        return self._drawn[place][0] if place is not None and place < len(self._drawn) else ""

    @staticmethod
    def width(count: int, width: int, height: int) -> int:
        """How many cells a row has in a frame of this size, of a number of rows: a bar to scroll by takes one."""
        return width - 4 - (count > height - 2)

    def graph(self, lines: list[list[Piece]]) -> None:
        """Show a graph below the rows, or none."""
        self.more.say(styled(lines))
        self.more.display = bool(lines)


class WindowFrame(Vertical):
    """The deployment window: large figures where there is room, else a few lines."""

    digits = getters.query_one("#window-digits", Figures)
    beside = getters.query_one("#window-beside", Words)
    below = getters.query_one("#window-below", Words)
    count = getters.query_one("#window-count", Horizontal)

    def compose(self) -> ComposeResult:
        with Horizontal(id="window-count"):
            yield Figures("", id="window-digits")
            yield Words(id="window-beside")
        yield Words(id="window-below")

    def show(self, seen: WindowSeen, place: Spot) -> None:
        """Show the window in a frame of this size."""
        width, height = place.width - 4, place.height - 2
        figures, _ = countdown(seen)
        large = height >= 7 and bool(figures)
        self.count.display = large
        if large:
            if self.digits.value != figures:
                self.digits.update(figures)
            self.beside.say(styled(beside_lines(seen, max(1, width - 3 * len(figures) - 2))))
        lines = below_lines(seen, width) if large else small_lines(seen, width, height)
        self.below.say(styled(lines))
        for tone, class_ in WINDOWS.items():
            self.set_class(seen.tone == tone, class_)


class UnfinishedFrame(Words, can_focus=True):
    """The session that was left; a click marks it as Tab does."""

    def on_click(self, event: events.Click) -> None:
        self.focus()
