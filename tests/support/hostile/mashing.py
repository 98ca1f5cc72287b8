"""A panicking hand: random keys, pastes, clicks and resizes as a terminal sends them, by a seed."""

import random
from typing import Any

from textual import events
from textual.app import App
from textual.geometry import Size
from textual.widgets import Button

from tests.support.harness.one_read import ESCAPE, click, one_read, paste

NAME = "db-prod-7"
"""The host's name, which chance does not type."""

KEYS: dict[str, float] = {
    "\r": 14,
    "y": 6,
    "n": 4,
    " ": 3,
    "\t": 4,
    ESCAPE: 3,
    **dict.fromkeys(("\x1b[B", "\x1bOQ", "\x1bOR", "\x1bOS"), 3),
    **dict.fromkeys(("\x1b[A", "\x1b[C", "\x1b[D", "\x1b[Z", "\x12", "\x1b[21~"), 2),
    **dict.fromkeys(("\x10", "\x13", "\x7f", "\x1bOP", "\x1b[15~", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"), 0.7),
    **dict.fromkeys(("\x11", "\x00", "\x03", "\x1a", "\x0c"), 0.3),
    **dict.fromkeys("skrcvuxamtowzgfdpe?/bh[]<>-+1é", 1.0),
    "q": 0.5,
}
"""What a terminal sends for a key, and how often it is hit."""
PASTES = (NAME, f"{NAME}\r", "y\r", "\r\r\r", "y", "no\nmore\n", "\x1b[31m", "x" * 5000, "")
SIZES = ((80, 24), (120, 40), (60, 16), (160, 50), (59, 15), (30, 5), (1, 1))
FIRST = SIZES[0]


class Hand:
    """Hits what chance says; `keys` of one read are told, so that a fault can be had again."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def read(self, app: App[Any]) -> list[str]:
        """What one read of the terminal holds."""
        kind = self.chance.random()
        if kind < 0.35:  # one key held down
            return [self._key()] * self.chance.randint(2, 8)
        if kind < 0.45:  # a key, then what one hopes it asks
            return [self._key(), self.chance.choice(["y", "\r", "\x1b[B", ESCAPE]), "\r", self._key()]
        return [self._one(app) for _ in range(self.chance.randint(1, 12))]

    def _key(self) -> str:
        return self.chance.choices(list(KEYS), list(KEYS.values()))[0]

    def _one(self, app: App[Any]) -> str:
        kind = self.chance.random()
        if kind < 0.75:
            return self._key()
        if kind < 0.82:
            return paste(self.chance.choice(PASTES))
        if kind < 0.92:
            return click(*self._place(app))
        x, y = self._place(app)
        moves_or_scrolls = self.chance.choice((35, 64, 65))
        return f"\x1b[<{moves_or_scrolls};{x + 1};{y + 1}M"

    def _place(self, app: App[Any]) -> tuple[int, int]:
        """Where the mouse is: on a button, where there is one, else anywhere."""
        buttons = [one.region for one in app.screen.query(Button) if one.region]
        if buttons and self.chance.random() < 0.6:
            region = self.chance.choice(buttons)
            return region.x + min(2, region.width - 1), region.y
        return self.chance.randrange(app.size.width or 1), self.chance.randrange(app.size.height or 1)

    def hit(self, app: App[Any], keys: list[str]) -> None:
        """Give a read to the application; now and then the terminal's size changes in the middle of it."""
        if self.chance.random() < 0.08:
            middle = self.chance.randint(0, len(keys))
            one_read(app, *keys[:middle])
            resize(app, self.chance.choice(SIZES))
            keys = keys[middle:]
        one_read(app, *keys)


def resize(app: App[Any], size: tuple[int, int]) -> None:
    """Have the terminal be as large as this."""
    assert app._driver is not None
    app._driver._size = size
    app._driver.send_message(events.Resize(Size(*size), Size(*size)))
