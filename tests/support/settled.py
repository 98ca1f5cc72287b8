"""Waits until an application has taken what it was sent, instead of until its process has nothing to compute.

Textual's own wait between two keys ends when the process computes next to nothing, or after a second: where commands
run or timers tick, every key takes that second. What a test may count on is exact: no widget has a message to take.

The frames in between, of which no test can tell how many there are, are not drawn: that was a third of the time of the
screens' tests. Each state in which a test waits is drawn, once, with everything that has changed since the last one.
"""

import asyncio
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from textual._compositor import Compositor, LayoutUpdate
from textual._context import active_app
from textual.app import App
from textual.geometry import NULL_REGION, Region
from textual.message_pump import MessagePump
from textual.screen import Screen

from tui.attention import Attentive

AT_MOST = 1.0
"""As long as Textual's own: a handler may wait for what the next key brings."""

OWED = LayoutUpdate([], NULL_REGION)
"""Stands for what would be drawn by now."""
owed: WeakKeyDictionary[Compositor, set[Region]] = WeakKeyDictionary()
"""What is to be drawn, by the screen's compositor."""
render_update = Compositor.render_update


def owe(
    compositor: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
) -> Any:
    """Note what is to be drawn, in place of `render_update`; where the test looks at what is painted, draw it."""
    if simplify or type(active_app.get())._display is not Attentive._display:
        return render_update(compositor, full, screen_stack, simplify)
    regions = {compositor.size.region} if full else compositor._dirty_regions.copy()
    compositor._dirty_regions.clear()
    owed.setdefault(compositor, set()).update(regions)
    return OWED if regions else None


def draw_what_is_owed(app: App[Any]) -> None:
    """Draw what has changed on the screen on top."""
    compositor = app.screen._compositor
    if regions := owed.pop(compositor, None):
        compositor._dirty_regions |= regions
        render_update(compositor, screen_stack=app._background_screens)


async def settled(*_: float) -> None:
    """Wait until no message is queued or being handled, drawing what is to be drawn as the screen's timer would."""
    app, began = active_app.get(), monotonic()
    for _round in range(2):  # what is drawn may call back
        while _busy(app) and monotonic() - began < AT_MOST:  # noqa: ASYNC110 – nobody is told
            await asyncio.sleep(0.001)
        if app._screen_stack:
            app.screen._on_timer_update()
            draw_what_is_owed(app)
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
