"""Has the operator pick one of several."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button, OptionList

from tui.dialogs.base import Dialog
from tui.widgets.fields.choices import Choices
from tui.widgets.said import Press


class Pick(Dialog[int | None]):
    """Gives the place of what was picked; nothing is `preselected` where picking it would soon record something."""

    FIRST: ClassVar[str] = "OptionList"
    VERTICAL_BREAKPOINTS = [(0, "low"), (32, "tall"), (40, "high"), (50, "higher")]
    kind = "◆ CHOOSE"

    def __init__(self, title: str, choices: Sequence[str], preselected: bool = True) -> None:
        super().__init__(title)
        self._preselected = preselected
        self._choices = choices

    def body(self) -> Iterable[Widget]:
        yield self.hint("takes it")
        yield Choices(self._choices, self._preselected, id="pick")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Cancel", "dialog.no"), id="no")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(None)
