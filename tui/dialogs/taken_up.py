"""Tells the person who resumes a session where it stands, and offers to make the last checks again first."""

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
from tui.session.views.handover import NEXT, TAKEN_OVER
from tui.widgets.said import Press
from tui.widgets.step.laid_out import LaidRow, blocks, rows


def left_rows(lines: Sequence[str], checks: int, width: int) -> list[LaidRow]:
    """How the session was left, and what the answers do; what is next is what one looks for."""
    left = [row for line in lines for row in rows([(line, "bold" if line.startswith(NEXT) else "")], width, 2)]
    first = [("Continue", "nothing more runs until you start it")]
    many = "1 read-only step was" if checks == 1 else f"{checks} read-only steps were"
    again = [("Check", f"{many} good after the last change: run again now, which changes nothing")] if checks else []
    return blocks([left, facts([*first, *again], width)])


class TakenUp(Dialog[bool]):
    """The summary; True asks for the `checks` read-only steps to be checked again."""

    ACTS = "taken-up"
    FIRST: ClassVar[str] = "#go-on"
    kind = "▶ RESUMED"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("taken-up"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, lines: Sequence[str], checks: int) -> None:
        super().__init__(lines[0], "▶ TAKEN OVER" if lines[0].startswith(TAKEN_OVER) else "")
        self._lines = lines[1:]
        self._checks = checks

    def body(self) -> Iterable[Widget]:
        yield Laid(partial(left_rows, self._lines, self._checks), classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Continue", "dialog.no"), id="go-on")
        if self._checks:
            yield Press(self.named("Check them again", "taken-up.check"), id="check")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "check")

    def action_check(self) -> None:
        if self._checks:
            self.dismiss(True)

    def action_no(self) -> None:
        self.dismiss(False)
