"""Has the operator pick one of several."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from tui.execution.text import sanitise
from tui.screens.dialogs.base import Dialog


class Pick(Dialog[int | None]):
    """Gives the place of what was picked."""

    FIRST: ClassVar[str] = "OptionList"

    def __init__(self, title: str, choices: Sequence[str]) -> None:
        super().__init__(title)
        self._choices = choices

    def body(self) -> Iterable[Widget]:
        yield OptionList(*(Option(Content(sanitise(one))) for one in self._choices), compact=True, markup=False)

    def buttons(self) -> Iterable[Button]:
        yield Button(self.named("Cancel", "dialog.no"), id="no", compact=True)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
