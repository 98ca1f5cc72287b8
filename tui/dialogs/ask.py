"""Asks for words: a reason, a note, a choice that may be written differently, a secret that is not shown."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import getters, on
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from tui.dialogs.base import Dialog
from tui.text.block import block, lines_of
from tui.widgets.fields.choices import Choices
from tui.widgets.fields.line_input import LineInput, SecretInput
from tui.widgets.said import Press, Said


class AskText(Dialog[str | None]):
    """A line of text, asked for in one line or several; `choices` are offered and may be changed."""

    FIRST: ClassVar[str] = "OptionList, Input"
    preselected = False

    written = getters.query_one("#text", Input)

    def __init__(
        self,
        title: str,
        prompt: str | Sequence[str],
        value: str = "",
        required: bool = True,
        choices: Sequence[str] = (),
        secret: bool = False,
        kind: str = "",
    ) -> None:
        super().__init__(title, kind)
        self._prompt = [prompt] if isinstance(prompt, str) else prompt
        self._value = value
        self._required = required
        self._choices = choices
        self._secret = secret

    def body(self) -> Iterable[Widget]:
        if self._prompt[:-1]:
            yield Said(lines_of(self._prompt[:-1]), classes="dialog-text")
        if self._prompt:
            yield Said(lines_of(self._prompt[-1:]), classes="dialog-ask")
        if self._choices:
            yield self.hint("takes it")
            yield Choices(self._choices, self.preselected)

    def field(self) -> Iterable[Widget]:
        if self._choices:
            yield Said(block("or in your own words:"), classes="dialog-hint")
        yield SecretInput(id="text") if self._secret else LineInput(self._value, id="text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Cancel", "dialog.no"), id="no")
        yield Press(self.entered("OK"), id="yes")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _submitted(self) -> None:
        field = self.written
        text = field.value if self._secret else field.value.strip()
        if wrong := self.wrong(text):
            self.problem(wrong)
            field.focus()
        else:
            self.dismiss(text)

    def wrong(self, text: str) -> str:
        """What is wrong with the text; empty when it is right."""
        return "it must not be empty; Esc leaves" if self._required and not text else ""

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)


class RollbackReason(AskText):
    """Why to roll back: one of the runbook's reasons, or another in the operator's words.

    The first is `preselected` only where it is the reason of a trigger that tripped, and nothing is stopped by it.
    """

    kind = "↺ ROLL BACK"

    def __init__(
        self,
        reasons: Sequence[str],
        plan: Sequence[str] = (),
        changes: Sequence[str] = (),
        preselected: bool = False,
    ) -> None:
        super().__init__("Why is it rolled back?", (), choices=tuple(reasons))
        self._plan, self._changes, self.preselected = plan, changes, preselected

    def body(self) -> Iterable[Widget]:
        if self._plan:
            yield Said(lines_of(self._plan), classes="dialog-text")
        yield from super().body()
        if self._changes:
            yield Said(lines_of(["What it changes:", *self._changes]), classes="dialog-text", id="rollback-plan")


class AskLogin(AskText):
    """What a login needs typed: masked, and gone once it is sent. What is asked are mostly a server's own words."""

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(title, lines, required=False, secret=True, kind="◆ LOGIN")


class AskSecret(AskText):
    """A secret: masked while it is typed, and kept nowhere but in this process."""

    def __init__(self, prompt: str) -> None:
        super().__init__("A secret is needed", prompt, required=False, secret=True, kind="◆ SECRET")
