"""Has a person decide an outcome that the program cannot know, after looking on the host."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.screens.dialogs.base import Dialog, lines_of
from tui.session.state import Attempt
from tui.widgets.line_input import LineInput

Resolved = tuple[bool, str]
"""Whether it succeeded, and how the operator knows."""


class Resolve(Dialog[Resolved | None]):
    """What was sent and where; how the operator knows is recorded and must not be empty."""

    FIRST: ClassVar[str] = "Input"

    def __init__(self, attempt: Attempt, target: str = "") -> None:
        super().__init__("UNKNOWN outcome")
        self._attempt = attempt
        self._target = target or attempt.host

    def body(self) -> Iterable[Widget]:
        attempt = self._attempt
        detail = (attempt.outcome and attempt.outcome.detail) or "it is not known"
        lines = [
            f"Attempt {attempt.number} on {self._target}, {attempt.started:%H:%M:%S} UTC: {detail}",
            f"$ {attempt.command}",
            "It may have run, whole, in part or not at all. Nothing is run again by itself.",
            "Look on the host, then say what happened.",
        ]
        yield Static(lines_of(lines), classes="dialog-text")
        yield Static("How do you know?", classes="dialog-hint", markup=False)
        yield LineInput(id="reason", compact=True)

    def buttons(self) -> Iterable[Button]:
        yield Button("Not now (esc)", id="no", compact=True)
        yield Button("It failed", id="failed", compact=True)
        yield Button("It succeeded", id="succeeded", compact=True)

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.query_one("#failed", Button).focus()
        else:
            self.problem("say how you know; it is recorded")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        reason = self.query_one("#reason", Input)
        if event.button.id == "no":
            self.dismiss(None)
        elif not reason.value.strip():
            self.problem("say how you know; it is recorded")
            reason.focus()
        else:
            self.dismiss((event.button.id == "succeeded", reason.value.strip()))
