"""A list to choose from, by whichever keys and however soon they come."""

from textual._widget_navigation import Direction
from textual.widgets import OptionList


class OptionRows(OptionList):
    """Textual's list; a page key that comes before its rows are laid out moves nothing, and ends nothing."""

    def _move_page(self, direction: Direction) -> None:
        if (self.highlighted or 0) in self._index_to_line:
            super()._move_page(direction)
