"""Tells the person who resumes a session where it stands, and offers to make the last checks again first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.text.block import lines_of
from tui.widgets.said import Press, Said


class TakenUp(Dialog[bool]):
    """The summary; True asks for the `checks` read-only steps to be checked again."""

    ACTS = "taken-up"
    FIRST: ClassVar[str] = "#go-on"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("taken-up"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, lines: Sequence[str], checks: int) -> None:
        super().__init__("The session is resumed")
        self._lines = lines
        self._checks = checks

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of(self._lines), classes="dialog-text")
        if self._checks:
            many = "1 read-only step was" if self._checks == 1 else f"{self._checks} read-only steps were"
            words = f"{many} checked after the last change, and can be checked again now."
            yield Said(lines_of([words]), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Continue", "dialog.no"), id="go-on")
        if self._checks:
            yield Press(self.named("Check them again", "taken-up.check"), id="check")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "check")

    def action_check(self) -> None:
        if self._checks:
            self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)
