"""Asks which hosts and values hold where others are said today than the journal of a session has."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.dialogs.laid import Laid, facts
from tui.widgets.said import Press
from tui.widgets.step.laid_out import LaidRow, blocks, rows

HANG = 19
"""Cells of the answers' column."""


def moved_rows(moved: Sequence[str], width: int) -> list[LaidRow]:
    """Which hosts and values are others, and what follows from each answer."""
    told = (
        ("As in the session", "what is left runs where, and with what, everything so far ran"),
        ("As today", "what is left runs as the runbook and the settings say today"),
        ("Leave it", "the session stays as it is"),
    )
    choices = [row for label, words in told for row in facts([(label, words)], width, HANG)]
    return blocks(
        [
            [row for line in moved for row in rows([(line, "bold")], width, 2)],
            choices,
            rows([("Your choice is recorded.", "$soft")], width),
        ]
    )


class WhichHosts(Dialog[str | None]):
    """Gives "session" or "today"; Escape leaves the session alone, and that is what has the focus."""

    ACTS = "moved"
    FIRST: ClassVar[str] = "#no"
    kind = "◆ HOSTS"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("moved"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, moved: Sequence[str]) -> None:
        super().__init__("The hosts and values of the session, or those of today?")
        self._moved = moved

    def body(self) -> Iterable[Widget]:
        yield Laid(partial(moved_rows, self._moved), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Leave it", "dialog.no"), id="no")
        yield Press(self.named("As in the session", "moved.session"), id="session")
        yield Press(self.named("As today", "moved.today"), id="today")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(None if event.button.id == "no" else event.button.id)

    def action_choose(self, which: str) -> None:
        self.dismiss(which)
