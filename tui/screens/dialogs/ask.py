"""Asks for words: a reason, a note, a choice that may be written differently, a secret that is not shown."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.screens.dialogs.base import Dialog
from tui.text.block import block, lines_of
from tui.widgets.choices import Choices
from tui.widgets.line_input import LineInput
from tui.widgets.said import Press, Said


class AskText(Dialog[str | None]):
    """A line of text; `choices` are offered and may be changed."""

    FIRST: ClassVar[str] = "OptionList, Input"

    def __init__(
        self,
        title: str,
        prompt: str,
        value: str = "",
        required: bool = True,
        choices: Sequence[str] = (),
        secret: bool = False,
    ) -> None:
        super().__init__(title)
        self._prompt = prompt
        self._value = value
        self._required = required
        self._choices = choices
        self._secret = secret

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of([self._prompt]), classes="dialog-ask")
        if self._choices:
            yield Choices(self._choices)
            yield Said(block("or in your own words:"), classes="dialog-hint")
        field = Input if self._secret else LineInput  # a secret is taken as it is, and shown as dots
        asked = field(self._value, password=self._secret, compact=True, id="text")
        asked.cursor_blink = False
        yield asked

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Cancel", "dialog.no"), id="no")
        yield Press(block("OK (enter)"), id="yes")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _submitted(self) -> None:
        field = self.query_one("#text", Input)
        text = field.value if self._secret else field.value.strip()
        if self._required and not text:
            self.problem("it must not be empty; Esc leaves")
            field.focus()
        else:
            self.dismiss(text)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


class RollbackReason(AskText):
    """Why to roll back: one of the runbook's reasons, or another in the operator's words."""

    def __init__(self, reasons: Sequence[str], plan: Sequence[str] = ()) -> None:
        super().__init__("Roll back", "Why?", choices=tuple(reasons))
        self._plan = plan

    def body(self) -> Iterable[Widget]:
        if self._plan:
            yield Said(lines_of(self._plan), classes="dialog-text", id="rollback-plan")
        yield from super().body()


class AskSecret(AskText):
    """A secret: masked while it is typed, and kept nowhere but in this process."""

    def __init__(self, prompt: str) -> None:
        super().__init__("A secret is needed", prompt, required=False, secret=True)
