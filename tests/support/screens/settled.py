"""Waits until an application has taken what it was sent, instead of until its process has nothing to compute.

Textual's own wait between two keys ends when the process computes next to nothing, or after a second: where commands
run or timers tick, every key takes that second. What a test may count on is exact: no widget has a message to take.
"""

import asyncio
from time import monotonic
from typing import Any

from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump

AT_MOST = 1.0
"""As long as Textual's own: a handler may wait for what the next key brings."""


async def settled(*_: float) -> None:
    """Wait until no message is queued or being handled, drawing what is to be drawn as the screen's timer would."""
    app, began = active_app.get(), monotonic()
    for _round in range(2):  # what is drawn may call back
        while _busy(app) and monotonic() - began < AT_MOST:  # noqa: ASYNC110 – nobody is told
            await asyncio.sleep(0.001)
        if app._screen_stack:
            app.screen._on_timer_update()
        await asyncio.sleep(0)


def _busy(app: App[Any]) -> bool:
    pumps: list[MessagePump] = [app]
    for screen in app._screen_stack:
        pumps += screen.walk_children(with_self=True)
    return any(not _waits(one) for one in pumps if not (one._closing or one._closed))


def _waits(pump: MessagePump) -> bool:
    """Whether it is there, has taken every message and waits for the next."""
    queue = pump._message_queue
    return pump._is_mounted and queue.empty() and bool(queue.ready_event._waiters) and not pump._next_callbacks
