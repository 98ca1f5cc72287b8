"""Fields of one line: what is typed or pasted into one is safe for a terminal, or is a secret and not shown."""

from collections.abc import Sequence

from textual.reactive import var
from textual.suggester import SuggestFromList
from textual.widgets import Input

from tui.text.sanitise import sanitise


class LineInput(Input):
    """An input that keeps no control, escape or bidirectional characters; its cursor stands still."""

    cursor_blink = var(False, init=False)

    def __init__(self, value: str = "", *, id: str | None = None) -> None:
        super().__init__(value, id=id, compact=True)

    def insert_text_at_cursor(self, text: str) -> None:
        super().insert_text_at_cursor(sanitise(text))

    def replace(self, text: str, start: int, end: int) -> None:
        super().replace(sanitise(text), start, end)

    def validate_value(self, value: str) -> str:
        return sanitise(value)

    def suggest(self, values: Sequence[str]) -> None:
        """Complete what is typed to one of these."""
        self.suggester = SuggestFromList([sanitise(value) for value in values]) if values else None


class SecretInput(Input):
    """A field for a secret, which is taken as it is and shown as dots; its cursor stands still."""

    cursor_blink = var(False, init=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(password=True, id=id, compact=True)
