"""Gives an application what one read of its terminal held, all at once, as Textual's driver does."""

from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.message import Message

ESCAPE = "escape"
"""Stands for the key itself: its character begins what other keys send."""


def one_read(app: App[Any], *parts: str) -> None:
    """Feed keys, pastes and clicks as a terminal sends them."""
    driver = app._driver
    assert driver is not None
    read: list[Message] = []
    for part in parts:
        read += [events.Key("escape", "\x1b")] if part is ESCAPE else XTermParser().feed(part)
    for message in read:
        driver.process_message(message)


def click(x: int, y: int) -> str:
    """A click as a terminal sends it; columns and lines count from 0."""
    return f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m"


def paste(text: str) -> str:
    """A bracketed paste."""
    return f"\x1b[200~{text}\x1b[201~"
