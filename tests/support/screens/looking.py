"""Pilots that look before they press: keys that were typed before a screen was painted belong to nobody."""

import asyncio
import math
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.support.screens.painting import look

pressed = Pilot.press


async def seen(app: App[Any]) -> None:
    """Wait until the screen on top has been painted, where the terminal is large enough for any."""
    while getattr(app, "painted", 0.0) == math.inf and app.is_running and not getattr(app, "covered", False):  # noqa: ASYNC110 – nobody is told
        await asyncio.sleep(0.005)


async def press_what_is_seen(self: Pilot[Any], *keys: str) -> None:
    """Press keys, each on a screen that was painted."""
    look(self.app)
    for key in keys:
        await seen(self.app)
        await pressed(self, key)
