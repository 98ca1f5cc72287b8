"""Asks which place holds where a session's hosts are said to be elsewhere today than its journal has them."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.actions import bindings
from tui.screens.dialogs.base import Dialog, lines_of


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
        words = "What ran so far ran where the session has them. What you choose is recorded."
        yield Static(lines_of([*self._moved, "", words]), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Button(self.named("Leave it", "dialog.no"), id="no", compact=True)
        yield Button(self.named("As in the session", "moved.session"), id="session", compact=True)
        yield Button(self.named("As today", "moved.today"), id="today", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "no" else event.button.id)

    def action_choose(self, which: str) -> None:
        self.dismiss(which)
