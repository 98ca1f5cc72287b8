"""The table of checks on the screen: only the rows that show are drawn, so that ten thousand are as quick as ten."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.actions import bindings
from tui.screens.checks.text import Sizes, row_pieces, sizes
from tui.session.views.verdicts import RUNNING, CheckRow
from tui.text.block import segment, shown
from tui.widgets.output.lines import Lines


class CheckTable(Lines):
    """Shows rows; one is selected, the first until the operator moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"check--{name}" for name in ("plain", "strong", "soft", "good", "turn", "bad", "live", "todo", "selected")
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings("table")

    class Selected(Message):
        """Another row is looked at."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[CheckRow, ...] = ()
        self._places: dict[str, int] = {}
        self._chosen = ""
        self._turn = 0
        self.columns = Sizes(0, 0, 0)

    @property
    def selected(self) -> CheckRow | None:
        """The row looked at."""
        return self._rows[self.place] if self._rows else None

    @property
    def place(self) -> int:
        """Where it is."""
        return self._places.get(self._chosen, 0)

    def tell(self, rows: Sequence[CheckRow]) -> None:
        """Show other rows; the same one stays selected, wherever it is now."""
        self._rows = tuple(rows)
        self._places = {row.step: place for place, row in enumerate(self._rows)}
        self.columns = sizes(self._rows, self.width)
        self.set_total(len(self._rows))
        self.refresh_changed()

    def turn(self) -> None:
        """Let the signs of what is running turn."""
        self._turn += 1
        self.refresh_changed()

    def on_resize(self, event: events.Resize) -> None:
        self.tell(self._rows)
        self._reveal()
        self.refresh()

    def action_move(self, by: int) -> None:
        self._choose(self.place + by)

    def action_page(self, by: int) -> None:
        self._choose(self.place + by * max(1, self.size.height - 1))

    def action_end(self, last: bool) -> None:
        self._choose(len(self._rows) - 1 if last else 0)

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        if inside is not None and inside.y + self.scroll_offset.y < len(self._rows):
            self._choose(inside.y + self.scroll_offset.y)

    def _choose(self, place: int) -> None:
        if not self._rows:
            return
        self._chosen = self._rows[max(0, min(len(self._rows) - 1, place))].step
        self._reveal()
        self.refresh_changed()
        self.post_message(self.Selected())

    def draw_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        width, plain = self.width, self.paint("check--plain")
        if place >= len(self._rows):
            return Strip.blank(width, plain)
        chosen = place == self.place
        segments = []
        for text, class_ in row_pieces(self._rows[place], self.columns, chosen, self._turn):
            style = self.paint(f"check--{class_}")
            if chosen:
                style = style + self.get_component_rich_style("check--selected", partial=True)
            segments.append(segment(shown(text), style))
        return Strip(segments).adjust_cell_length(width, plain)

    @property
    def turning(self) -> bool:
        """Whether any check is running."""
        return any(row.verdict == RUNNING for row in self._rows)

    def _reveal(self) -> None:
        if self.size.height:
            self.scroll_to_region(Region(0, self.place, self.width, 1), animate=False, force=True)
