"""A text of several lines to be put right before people get it: safe for a terminal, whatever was pasted into it."""

from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from tui.text.block import block


class Draft(TextArea):
    """Textual's own field, whose text has line feeds and nothing else that a terminal acts on."""

    def __init__(self, text: str, *, id: str) -> None:
        super().__init__(block(text).plain, id=id, compact=True)
        self.cursor_blink = False

    def edit(self, edit: Edit) -> EditResult:
        edit.text = block(edit.text).plain
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        super().load_text(block(text).plain)
