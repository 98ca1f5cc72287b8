"""Choices of which none is chosen until a person has chosen: a reflex Enter records nothing."""

from collections.abc import Sequence

from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from tui.text.block import Block, Piece, pieces, styled
from tui.widgets.fields.option_rows import OptionRow, OptionRows
from tui.widgets.step.laid_out import rows

UNCHOSEN = "nothing is chosen yet"


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


class Choices(OptionRows):
    """A list of choices; `preselected` only where taking the first by habit records nothing."""

    def __init__(
        self, choices: Sequence[str | Sequence[Piece]], preselected: bool = False, *, id: str | None = None
    ) -> None:
        rows = ([(choice, "")] if isinstance(choice, str) else choice for choice in choices)
        super().__init__(*(OptionRow(Hanging(row)) for row in rows), id=id)
        self._preselected = preselected

    def on_mount(self) -> None:
        self.highlighted = 0 if self._preselected and self.option_count else None

    def action_select(self) -> None:
        if self.highlighted is None:
            problem = getattr(self.screen, "problem", None)
            if problem is not None:
                problem(UNCHOSEN)
            return
        super().action_select()
