"""Textual's own widgets that show text, each taking a `Block` and nothing else."""

from textual.geometry import Size
from textual.widgets import Button, RadioButton, Static

from tui.text.block import Block


class Said(Static):
    """Text that stays, or is replaced; saying the same again lays nothing out."""

    def __init__(self, text: Block, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(text, id=id, classes=classes, markup=False)
        self._said = text

    def say(self, text: Block) -> None:
        """Show another text."""
        if not text.is_same(self._said):
            self._said = text
            self.update(text)


class Press(Button):
    """A button in one line."""

    def __init__(self, label: Block, *, id: str) -> None:
        super().__init__(label, id=id, compact=True)

    def say(self, label: Block) -> None:
        """Show other words, as wide as they are."""
        self.label = label
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as its words, and the blanks beside them that it has: Textual counts two of these always."""
        return super().get_content_width(container, viewport) - 2 * (1 - int(self.styles.line_pad))


class Choice(RadioButton):
    """A radio button whose dot is there only when it is chosen, for terminals without colours.

    Its sides are signs of which each stands for a bracket where there is only ASCII.
    """

    BUTTON_LEFT, BUTTON_RIGHT = "▐", "▍"

    def __init__(self, label: Block, *, value: bool) -> None:
        super().__init__(label, value=value, compact=True)

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # a constant of Textual's, here by the value
        return "●" if self.value else " "
