"""Shows a message that people will get, lets it be put right, and sees it on its way."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from textual import getters, on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions import bindings
from tui.dialogs.base import Dialog
from tui.runbook.shell.placeholders import NO_VALUE
from tui.session.views.notices import ALREADY, moment_of
from tui.text.block import block, styled
from tui.widgets.draft import Draft
from tui.widgets.fields.line_input import LineInput
from tui.widgets.said import Press, Said

TALLEST = 10
"""Rows of the text that are shown at most at a time."""


class SentMessage(Struct, frozen=True):
    """How a message went out (copied, sent or already sent), its text, and when where it was sent already."""

    how: str
    text: str
    at: str = ""


def moment_problem(text: str, now: datetime) -> str:
    """Why this is not when something was sent: it must be a moment (UTC) that is not after `now`."""
    moment = moment_of(text)
    if moment is None:
        return "it must be a date and a time, such as 2026-11-24 02:00; Esc leaves"
    return f"that is in the future: it is {now:%Y-%m-%d %H:%M} UTC now" if moment > now else ""


class SendMessage(Dialog[SentMessage | None]):
    """The message's text, ready to be changed; `can_send` where the runbook has a command that sends it.

    Where it matters when people were told, `now` is the time, and one that was sent already needs to say when.
    """

    kind = "◆ MESSAGE"

    FIRST: ClassVar[str] = "#copy"
    ACTS = "message"
    BINDINGS: ClassVar[list[BindingType]] = bindings("message")

    draft = getters.query_one(Draft)

    def __init__(self, message: str, text: str, can_send: bool, to: str = "", now: datetime | None = None) -> None:
        super().__init__(message)
        self._text = text
        self._can_send = can_send
        self._to = to
        self._now = now

    def body(self) -> Iterable[Widget]:
        to = [("to ", "$soft"), (self._to, "bold"), ("  ", "")] if self._to else []
        yield Said(styled([[*to, ("tab to change it", "$soft")]]), classes="dialog-hint")
        draft = Draft(self._text, id="message")
        draft.styles.height = min(TALLEST, self._text.count("\n") + 2)
        yield draft
        if NO_VALUE in self._text:
            yield Said(block("! some of it has no value yet: write it in by hand"), classes="dialog-hint")

    def field(self) -> Iterable[Widget]:
        if self._now is not None:
            words = "If it was sent already, when? (YYYY-MM-DD HH:MM, UTC)"
            yield Said(block(words), classes="dialog-hint")
            yield LineInput(id="at")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Not now", "dialog.no"), id="no")
        yield Press(self.named("Copy", "message.copy"), id="copy")
        if self._can_send:
            yield Press(self.named("Send", "message.send"), id="send")
        yield Press(self.named("Sent already", "message.already"), id="already")

    @on(Input.Submitted)
    def _written(self) -> None:
        self.action_go(ALREADY)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        how = {"copy": "copied", "send": "sent", "already": ALREADY}.get(event.button.id or "")
        if how:
            self.action_go(how)
        else:
            self.dismiss(None)

    def action_go(self, how: str) -> None:
        if not self.armed or (how == "sent" and not self._can_send):
            return
        text, at = self.draft.text, ""
        if how == ALREADY and self._now is not None:
            field = self.query_one("#at", Input)
            at = field.value.strip()
            if wrong := moment_problem(at, self._now):
                self.problem(wrong if at else f"write when it was sent, then {self.app.keys.sign('message.already')}")
                field.focus()
                return
        if how == "copied":
            self.app.copy_to_clipboard(text)
            self.app.say("Copied, if the terminal allows it (OSC 52). Paste it where it goes.")
        self.dismiss(SentMessage(how, text, at))
