"""Choices of which none is chosen until a person has chosen: a reflex Enter records nothing."""

from collections.abc import Sequence

from tui.text.block import Piece
from tui.widgets.fields.option_rows import Hanging, OptionRow, OptionRows

UNCHOSEN = "nothing is chosen yet: ↑ ↓, then Enter; Esc leaves"


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
