"""A field whose text is safe for a terminal, whatever was pasted into it."""

from textual.reactive import var
from textual.widgets import Input

from tui.text.sanitise import sanitise


class LineInput(Input):
    """An input that keeps no control, escape or bidirectional characters; its cursor stands still."""

    cursor_blink = var(False, init=False)

    def insert_text_at_cursor(self, text: str) -> None:
        super().insert_text_at_cursor(sanitise(text))

    def replace(self, text: str, start: int, end: int) -> None:
        super().replace(sanitise(text), start, end)

    def validate_value(self, value: str) -> str:
        return sanitise(value)
