"""A list to choose from, by whichever keys and however soon they come; its rows are blocks, or what lays itself out."""

from textual._widget_navigation import Direction
from textual.visual import Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.text.block import Block


class OptionRow(Option):
    """A row to choose."""

    def __init__(self, text: Block | Visual, id: str | None = None) -> None:
        super().__init__(text, id=id)


class OptionRows(OptionList):
    """Textual's list; a page key that comes before its rows are laid out moves nothing, and ends nothing."""

    def __init__(self, *rows: OptionRow, id: str | None = None) -> None:
        super().__init__(*rows, id=id, compact=True, markup=False)

    def add(self, row: OptionRow) -> None:
        """One more row at the end."""
        self.add_option(row)

    def replace_at(self, place: int, text: Block) -> None:
        """Show another text in a row."""
        self.replace_option_prompt_at_index(place, text)

    def _move_page(self, direction: Direction) -> None:
        if (self.highlighted or 0) in self._index_to_line:
            super()._move_page(direction)
