"""Takes a signature: the step's result, a note, and a second person where the runbook wants two."""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.dialogs.base import Dialog
from tui.dialogs.laid import Body, read
from tui.people import same_person
from tui.text.block import block
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said


class SignResult(Struct, frozen=True):
    """What goes into the journal beside the operator's name."""

    note: str = ""
    second_operator: str = ""


def second_problem(second: str, operator: str, does: str = "sign this step") -> str:
    """Why this is not a second person; empty where it is one."""
    if not second.strip():
        return f"two people {does}: give the second one's name"
    return "the second person must be somebody else" if same_person(second, operator) else ""


class Sign(Dialog[SignResult | None]):
    """Enter signs; the note may stay empty."""

    DEFAULT_CLASSES = "dialog sign"
    kind = "✎ SIGN"
    FIRST: ClassVar[str] = "Input"

    note = getters.query_one("#note", Input)
    second = getters.query_one("#second", Input)

    def __init__(self, step_title: str, summary: Body, two_person: bool, second_operator: str = "") -> None:
        super().__init__(step_title)
        self._lines = summary
        self._two = two_person
        self._second = second_operator

    def body(self) -> Iterable[Widget]:
        yield read(self._lines)

    def field(self) -> Iterable[Widget]:
        if self._two:
            yield Said(block("The second person who has looked:"), classes="dialog-hint")
            yield LineInput(self._second, id="second")
        yield Said(block("A note (may stay empty):"), classes="dialog-hint")
        yield LineInput(id="note")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        yield Press(self.entered("Sign"), id="yes")

    @on(Input.Submitted, "#second")
    def _next(self) -> None:
        """On to the note, once there is a second person: a name typed next would become the note."""
        if wrong := self._wrong():
            self.problem(wrong)
        else:
            self.note.focus()

    @on(Input.Submitted, "#note")
    @on(Button.Pressed, "#yes")
    def _sign(self) -> None:
        if wrong := self._wrong():
            self.problem(wrong)
            self.second.focus()
        else:
            self.dismiss(SignResult(self.note.value.strip(), self._given().strip()))

    def _given(self) -> str:
        return self.second.value if self._two else ""

    def _wrong(self) -> str:
        conductor = self.app.conductor
        return second_problem(self._given(), conductor.state.operator if conductor else "") if self._two else ""

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
