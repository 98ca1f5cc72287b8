"""Asks how what a person does by hand came out: done or not, a note, a file that shows it."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.text.block import block
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said

NOTE, FILE = "note", "file"


class HandResult(Struct, frozen=True):
    """How it came out, what was noted, and the file of this machine that shows it."""

    done: bool
    note: str
    file: str = ""


class ByHand(Dialog[HandResult | None]):
    """What is to be done stands above; what was not done needs a note that says why."""

    ACTS = "by-hand"
    BINDINGS: ClassVar[list[BindingType]] = bindings("by-hand")
    FIRST: ClassVar[str] = "Input"
    kind = "◆ BY HAND"

    def __init__(self, title: str, asked: str, problem: str = "") -> None:
        super().__init__(title)
        self._asked = asked
        self._first = problem

    def body(self) -> Iterable[Widget]:
        yield Said(block(self._asked), classes="dialog-ask")

    def field(self) -> Iterable[Widget]:
        yield Said(block("Note; what was not done needs one"), classes="dialog-hint")
        yield LineInput(id=NOTE)
        yield Said(block("File that shows it, copied into the session; none is needed"), classes="dialog-hint")
        yield LineInput(id=FILE)

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        yield Press(self.named("Not done", "by-hand.failed"), id="failed")
        yield Press(self.named("Done", "by-hand.done"), id="done")

    def on_mount(self) -> None:
        self.problem(self._first)

    def action_ended(self, done: bool) -> None:
        """Answer that it is done, or that it was not."""
        note, file = (self.query_one(f"#{name}", Input) for name in (NOTE, FILE))
        if not done and not note.value.strip():
            self.problem("say why it was not done")
            note.focus()
            return
        self.dismiss(HandResult(done, note.value.strip(), file.value.strip()))

    @on(Input.Submitted, f"#{NOTE}")
    def _noted(self) -> None:
        self.query_one(f"#{FILE}", Input).focus()

    @on(Input.Submitted, f"#{FILE}")
    @on(Button.Pressed, "#done")
    def _done(self) -> None:
        self.action_ended(True)

    @on(Button.Pressed, "#failed")
    def _failed(self) -> None:
        self.action_ended(False)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
