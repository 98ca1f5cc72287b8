"""Has a person decide an outcome that the program cannot know, after looking on the host."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Literal

from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.session.state import Attempt
from tui.text.block import block, lines_of
from tui.text.command import command_lines
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said

Resolved = tuple[bool, str]
"""Whether it succeeded, and how the operator knows."""

Follow = Literal["follow"]
"""Asks to follow the command again, which may be running still or have left its exit status."""


WANTED = "write how you know; it is recorded"


class Resolve(Dialog[Resolved | Follow | None]):
    """What was sent and where, and what the host knows of it; how the operator knows must not be empty.

    `look` asks the host; it blocks, so it is called on a thread of its own.
    """

    ACTS = "resolve"
    BINDINGS: ClassVar[list[BindingType]] = bindings("resolve")
    FIRST: ClassVar[str] = "Input"

    found = getters.query_one("#found", Said)
    reason = getters.query_one("#reason", Input)
    no = getters.query_one("#no", Button)

    def __init__(self, attempt: Attempt, target: str = "", look: Callable[[], str] | None = None) -> None:
        super().__init__("UNKNOWN outcome")
        self._attempt = attempt
        self._target = target or attempt.host
        self._look_there = look

    def body(self) -> Iterable[Widget]:
        attempt = self._attempt
        detail = (attempt.outcome and attempt.outcome.detail) or "it is not known"
        lines = [
            f"Attempt {attempt.number} on {self._target}, {attempt.started:%H:%M:%S} UTC: {detail}",
            *command_lines(f"$ {attempt.whole}"),
            "It may have run completely, in part or not at all. Nothing is run again automatically.",
        ]
        yield Said(lines_of(lines), classes="dialog-text")
        looking = "On the host: looking…" if self._look_there else "Check on the host what happened, then record it."
        yield Said(block(looking), id="found", classes="dialog-text")

    def field(self) -> Iterable[Widget]:
        yield Said(block("How do you know?"), classes="dialog-hint")
        yield LineInput(id="reason")

    def on_mount(self) -> None:
        if self._look_there:
            self.app.work(self, self._look_there, self._found, lambda error: self._found(error.message))

    def _found(self, words: str) -> None:
        self.found.say(block(f"On the host: {words}"))

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        if self._attempt.durable:
            yield Press(self.named("Follow", "resolve.follow"), id="follow")
        yield Press(self.named("Failed", "resolve.failed"), id="failed")
        yield Press(self.named("Succeeded", "resolve.succeeded"), id="succeeded")

    @on(Input.Submitted)
    def _written(self, event: Input.Submitted) -> None:
        """Enter answers nothing: which of the two it was is a key or a button of its own."""
        if event.value.strip():
            self.no.focus()
        else:
            self.problem(WANTED)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "no":
            self.dismiss(None)
        elif event.button.id == "follow":
            self.action_follow()
        else:
            self.action_resolve(event.button.id == "succeeded")

    def action_follow(self) -> None:
        if self.armed and self._attempt.durable:
            self.dismiss("follow")

    def action_resolve(self, succeeded: bool) -> None:
        reason = self.reason
        if not self.armed:
            return
        if reason.value.strip():
            self.dismiss((succeeded, reason.value.strip()))
        else:
            self.problem(WANTED)
            reason.focus()
