"""What a dialog shows that depends on its width: rows that are laid out at each size, hung below their beginnings."""

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.widget import Widget

from tui.text.block import Block, lines_of, styled
from tui.widgets.said import Said
from tui.widgets.step.laid_out import LaidRow

Lay = Callable[[int], Sequence[LaidRow]]
"""Gives the rows of a body by its width in cells."""

Body = Sequence[str] | Lay
"""What is read in a dialog: lines, or what lays itself out."""


class Laid(Widget):
    """Rows as they are laid out at its width."""

    DEFAULT_CSS = "Laid { height: auto; }"

    def __init__(self, lay: Lay, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lay = lay

    def rows(self, width: int) -> Sequence[LaidRow]:
        """What there is to read; the blank rows only where the dialog has room for them."""
        found = self._lay(width)
        return [row for row in found if not row.blank] if self.screen.has_class("tight") else found

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.rows(width))

    def render(self) -> Block:
        return styled(row.pieces for row in self.rows(self.size.width))


def read(body: Body) -> Widget:
    """The widget that shows a body."""
    return Laid(body, classes="dialog-text") if callable(body) else Said(lines_of(body), classes="dialog-text")
