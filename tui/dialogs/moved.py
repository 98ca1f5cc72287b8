"""Asks which place holds where a session's hosts are said to be elsewhere today than its journal has them."""

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


class WhichHosts(Dialog[str | None]):
    """Gives "session" or "today"; Escape leaves the session alone, and that is what has the focus."""

    ACTS = "moved"
    FIRST: ClassVar[str] = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("moved"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, moved: Sequence[str]) -> None:
        super().__init__("Where are the hosts of this session?")
        self._moved = moved

    def body(self) -> Iterable[Widget]:
        words = "Everything so far ran on the hosts of the session. Your choice is recorded."
        yield Said(lines_of([*self._moved, "", words]), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Leave it", "dialog.no"), id="no")
        yield Press(self.named("As in the session", "moved.session"), id="session")
        yield Press(self.named("As today", "moved.today"), id="today")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "no" else event.button.id)

    def action_choose(self, which: str) -> None:
        self.dismiss(which)
