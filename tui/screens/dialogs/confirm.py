"""The two heavier tiers of a start: a confirmation whose default is No, and the name of the host typed by hand."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.screens.dialogs.base import Dialog
from tui.text.block import lines_of
from tui.widgets.line_input import LineInput
from tui.widgets.said import Press, Said


class Confirm(Dialog[bool]):
    """Asks for a yes; No has the focus."""

    ACTS = "confirm"
    FIRST: ClassVar[str] = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("confirm"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], yes: str = "Yes", no: str = "No") -> None:
        super().__init__(title)
        self._lines = lines
        self._yes, self._no = yes, no

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of(self._lines), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named(self._no, "confirm.no"), id="no")
        yield Press(self.named(self._yes, "confirm.yes"), id="yes")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_yes(self) -> None:
        self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)


class TypedInput(LineInput):
    """A field that has to be typed into: what is pasted is refused."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self._refuse()

    def action_paste(self) -> None:
        self._refuse()

    def _refuse(self) -> None:
        if isinstance(self.screen, TypeName):
            self.screen.problem("pasting is refused here: type it")


class TypeName(Dialog[bool]):
    """Asks for `name` to be typed before something that destroys; everything else means no."""

    FIRST: ClassVar[str] = "#name"
    DEFAULT_CLASSES = "dialog destructive"

    def __init__(self, title: str, lines: Sequence[str], name: str) -> None:
        super().__init__(title)
        self._lines = lines
        self._name = name

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of(self._lines), classes="dialog-text")
        yield Said(lines_of([f"Type {self._name} and press Enter to go ahead; Esc leaves it."]), classes="dialog-ask")
        yield TypedInput(id="name", compact=True)

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("No", "dialog.no"), id="no")

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._name:
            self.dismiss(True)
        else:
            self.problem(f"that is not {self._name}; nothing was started" if event.value else "type the name, or Esc")
