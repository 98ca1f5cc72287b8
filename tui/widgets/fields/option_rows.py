"""A list to choose from, by whichever keys and however soon they come; its rows are blocks, or hang."""

from collections.abc import Sequence

from textual._widget_navigation import Direction
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.text.block import Block, Piece, pieces, styled
from tui.widgets.step.laid_out import rows

HANG = 2
"""Cells before what is continued of a row: where a row begins there is a choice, where it does not there is none."""


class Hanging(Visual):
    """A row that is continued below its beginning, in whichever width there is."""

    def __init__(self, row: Sequence[Piece]) -> None:
        self._row = tuple(row)

    def _in(self, width: int) -> Block:
        return styled([list(one.pieces) for one in rows(self._row, max(1, width), HANG)])

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self._in(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return pieces(*self._row).get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self._in(width).get_height(rules, width)


class OptionRow(Option):
    """A row to choose."""

    def __init__(self, text: Block | Hanging, id: str | None = None) -> None:
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
