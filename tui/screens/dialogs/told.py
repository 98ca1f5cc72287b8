"""Tells something that is to be read whole, or copied, before it goes."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.screens.dialogs.base import Dialog, lines_of


class Told(Dialog[None]):
    """Lines that stay until they are put away; nothing of them is cut off."""

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(title)
        self._lines = lines

    def body(self) -> Iterable[Widget]:
        yield Static(lines_of(self._lines), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Button(self.named("Close", "dialog.no"), id="no", compact=True)

    @on(Button.Pressed)
    def action_no(self) -> None:
        self.dismiss(None)
