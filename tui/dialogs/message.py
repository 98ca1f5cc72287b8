"""Shows a message that people will get, lets it be put right, and sees it on its way."""

from collections.abc import Iterable
from typing import ClassVar

from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.runbook.shell.placeholders import NO_VALUE
from tui.text.block import block, lines_of
from tui.widgets.draft import Draft
from tui.widgets.said import Press, Said

Sent = tuple[str, str]
"""How it went out (copied, sent or already sent), and the text as it went."""


class SendMessage(Dialog[Sent | None]):
    """The message's text, ready to be changed; `can_send` where the runbook has a command that sends it."""

    FIRST: ClassVar[str] = "#copy"
    ACTS = "message"
    BINDINGS: ClassVar[list[BindingType]] = bindings("message")

    draft = getters.query_one(Draft)

    def __init__(self, message: str, text: str, can_send: bool, to: str = "") -> None:
        super().__init__(message)
        self._text = text
        self._can_send = can_send
        self._to = to

    def body(self) -> Iterable[Widget]:
        to = f"To {self._to}. " if self._to else ""
        yield Said(lines_of([f"{to}Change what needs changing (Tab reaches the text)."]), classes="dialog-ask")
        yield Draft(self._text, id="message")
        if NO_VALUE in self._text:
            yield Said(block("! some of it has no value yet: write it in by hand"), classes="dialog-hint")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        yield Press(self.named("Copy", "message.copy"), id="copy")
        if self._can_send:
            yield Press(self.named("Send", "message.send"), id="send")
        yield Press(self.named("Sent already", "message.already"), id="already")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        how = {"copy": "copied", "send": "sent", "already": "already sent"}.get(event.button.id or "")
        if how:
            self.action_go(how)
        else:
            self.dismiss(None)

    def action_go(self, how: str) -> None:
        if not self.armed or (how == "sent" and not self._can_send):
            return
        text = self.draft.text
        if how == "copied":
            self.app.copy_to_clipboard(text)
            self.app.say("Copied, if the terminal allows it (OSC 52). Paste it where it goes.")
        self.dismiss((how, text))
