"""Gives an application what one read of its terminal held, as Textual's driver does: all of it before any of it works."""

from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App


def one_read(app: App[Any], keys: str) -> None:
    """Feed keys, pastes and clicks as a terminal sends them."""
    driver = app._driver
    assert driver is not None
    for message in XTermParser().feed(keys):
        driver.process_message(message)


def click(x: int, y: int) -> str:
    """A click as a terminal sends it; columns and lines count from 0."""
    return f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m"


def paste(text: str) -> str:
    """A bracketed paste."""
    return f"\x1b[200~{text}\x1b[201~"
