"""Shows a message that people will get, lets it be put right, and sees it on its way."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Static, TextArea

from tui.actions import bindings
from tui.screens.dialogs.base import Dialog, lines_of
from tui.text.sanitise import sanitise

Sent = tuple[str, str]
"""How it went out (copied, sent or already sent), and the text as it went."""


class SendMessage(Dialog[Sent | None]):
    """The message's text, ready to be changed; `can_send` where the runbook has a command that sends it."""

    FIRST: ClassVar[str] = "#copy"
    ACTS = "message"
    BINDINGS: ClassVar[list[BindingType]] = bindings("message")

    def __init__(self, message: str, text: str, can_send: bool, to: str = "") -> None:
        super().__init__(message)
        self._text = text
        self._can_send = can_send
        self._to = to

    def body(self) -> Iterable[Widget]:
        to = f"To {self._to}. " if self._to else ""
        yield Static(lines_of([f"{to}Change what needs changing (Tab reaches the text)."]), classes="dialog-ask")
        safe = "\n".join(sanitise(line) for line in self._text.split("\n"))
        area = TextArea(safe, id="message", compact=True)
        area.cursor_blink = False
        yield area
        if "{{" in self._text:
            yield Static("! what is in {{ }} is not known: fill it in by hand", classes="dialog-hint", markup=False)

    def buttons(self) -> Iterable[Button]:
        yield Button(self.named("Not now", "dialog.no"), id="no", compact=True)
        yield Button(self.named("Copy", "message.copy"), id="copy", compact=True)
        if self._can_send:
            yield Button(self.named("Send", "message.send"), id="send", compact=True)
        yield Button(self.named("Sent already", "message.already"), id="already", compact=True)

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
        text = self.query_one(TextArea).text
        if how == "copied":
            self.app.copy_to_clipboard(text)
            self.app.notify("Copied, if the terminal allows it (OSC 52). Paste it where it goes.", markup=False)
        self.dismiss((how, text))
