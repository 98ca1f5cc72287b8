"""Tells something that is to be read whole, or copied, before it goes."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Button

from tui.dialogs.base import Dialog
from tui.text.block import lines_of
from tui.widgets.said import Press, Said


class Told(Dialog[None]):
    """Lines that stay until they are put away; nothing of them is cut off."""

    def __init__(self, title: str, lines: Sequence[str], kind: str = "") -> None:
        super().__init__(title, kind)
        self._lines = lines

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of(self._lines), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Close", "dialog.no"), id="no")

    @on(Button.Pressed)
    def action_no(self) -> None:
        self.dismiss(None)
