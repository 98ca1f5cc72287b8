"""Says that an SSH agent is being asked to sign, for as long as it is: it may wait for a touch or a passphrase."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from textual import on
from textual.widget import Widget
from textual.widgets import Button

from tui.dialogs.base import Dialog
from tui.front.front import Front
from tui.text.amounts import clock_words
from tui.text.block import lines_of
from tui.widgets.said import Press, Said

Result = TypeVar("Result")

AT_ONCE = 0.3
"""Seconds in which a key signs that waits for nobody: nothing is said of it."""


class WaitsForKey(Dialog[None]):
    """Stays until the key has signed, or will not; putting it away changes nothing."""

    kind = "✎ SIGNING"

    def __init__(self, person: str) -> None:
        """Args: person: whose key signs."""
        super().__init__("Waiting for the SSH agent")
        self._person = person
        self._began = time.monotonic()
        self.over = False

    def on_mount(self) -> None:
        self.set_interval(0.1, self._tick)

    def _tick(self) -> None:
        if self.over and self.app.screen is self:
            self.dismiss(None)
        elif not self.over:
            self.query_one("#asked", Said).say(lines_of(self._lines()))

    def _lines(self) -> list[str]:
        return [
            f"It is asked to sign as {self._person}: touch the security key, or answer what the agent asks.",
            f"{clock_words(time.monotonic() - self._began)} so far; an agent is given a minute.",
        ]

    def body(self) -> Iterable[Widget]:
        yield Said(lines_of(self._lines()), id="asked", classes="dialog-text")

    def buttons(self) -> Iterable[Button]:
        yield Press(self.named("Hide", "dialog.no"), id="no")

    @on(Button.Pressed)
    def action_no(self) -> None:
        self.dismiss(None)


async def signed_by_key(app: Front, person: str, call: Callable[[], Result]) -> Result:
    """Do what waits for a person's key, and say so meanwhile.

    Raises:
        RunbookError: as `call` does.
    """
    waits = WaitsForKey(person)
    shows = app.set_timer(AT_ONCE, lambda: None if waits.over else app.push_screen(waits))
    try:
        return await app.work_done(call)
    finally:
        waits.over = True
        shows.stop()
        if app.screen is waits:
            waits.dismiss(None)
