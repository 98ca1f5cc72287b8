"""What a dialog shows that depends on its width: rows that are laid out at each size, hung below their beginnings."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from textual.geometry import Size
from textual.widget import Widget

from tui.text.block import Block, lines_of, styled
from tui.widgets.said import Said
from tui.widgets.step.laid_out import LaidRow, rows

Lay = Callable[[int], Sequence[LaidRow]]
"""Gives the rows of a body by its width in cells."""

LABELS = 11
"""Cells of a label's column."""
NARROW = 40
"""In a dialog of fewer cells what is labelled is not in a column of its own."""

Body = Sequence[str] | Lay
"""What is read in a dialog: lines, or what lays itself out."""


class WayToRun(Struct, frozen=True):
    """One way to do what is asked about: what its key says, what is read of it, and the host's name it asks for."""

    called: str
    body: Body
    name: str = ""


def rows_of(body: Body, width: int) -> Sequence[LaidRow]:
    """A body's rows at a width."""
    return body(width) if callable(body) else [row for line in body for row in rows([(line, "")], width)]


def facts(told: Sequence[tuple[str, str]], width: int, indent: int = LABELS) -> list[LaidRow]:
    """What is told of several things, each after its label, in a column of their own where there is room for one."""
    hang = indent if width >= NARROW else 1
    return [
        row for label, words in told for row in rows([(f"{label}  ".ljust(hang), "$soft"), (words, "")], width, hang)
    ]


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
