"""What is typed or clicked belongs to the screen that was painted before it: what was read earlier belongs to nobody.

One read of the terminal may hold several keys. The first may change the screen, and the others were meant for what
was seen before: another dialog would be answered, and another screen closed, that nobody has looked at.
"""

import math
import time
from typing import Any

from rich.console import RenderableType
from textual import events
from textual.geometry import Size
from textual.screen import Screen

from tui.bridge import Front
from tui.screens.small import TooSmall, too_small


class Attentive(Front):
    """The application, as far as it knows what the operator has seen."""

    _on_top: Screen[Any] | None = None
    _painted = math.inf
    _laid_out = math.inf
    """When it was painted as large as it is now; a click read before that was meant for another place."""
    _lost = False

    @property
    def painted(self) -> float:
        """When the screen on top was first painted since it is there; infinite while it is not."""
        if not self.screen_stack:
            return math.inf
        if self.screen is not self._on_top:
            self._on_top = self.screen
            self._painted = self._laid_out = math.inf
            self.call_later(self.fit)
        return self._painted

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Keep when it was; the time before the terminal has it, so that no key it is answered by comes too early."""
        if renderable is not None and self._batch_count:
            self._lost = True
        elif renderable is not None and self.screen_stack[-1:] == [screen]:
            now = time.monotonic()  # which is what events have
            self._painted = min(self.painted, now)
            self._laid_out = min(self._laid_out, now)
        super()._display(screen, renderable)

    def _end_batch(self) -> None:
        """Paint what Textual drew while it held paintings back, and threw away or forgot: nobody would see a screen."""
        super()._end_batch()
        if self._batch_count or not self.screen_stack:
            return
        if self._lost:
            self._lost = False
            self.screen.refresh()
        else:
            self.screen.check_idle()

    async def on_event(self, event: events.Event) -> None:
        """Drop what was read before the screen was painted, on its way down and on its way up again."""
        if isinstance(event, events.InputEvent | events.Paste):
            seen = max(self.painted, self._laid_out) if isinstance(event, events.MouseEvent) else self.painted
            if event.time < seen or self._exit:
                event.stop()
                return
        if isinstance(event, events.Resize) and event.size != self.size:
            self._laid_out = math.inf
            self.call_later(self._paint_all)  # also where it is soon as large as before, and nothing would change
        await super().on_event(event)

    def _paint_all(self) -> None:
        if self.screen_stack:
            self.screen.refresh()

    def fit(self, size: Size | None = None) -> None:
        """Cover the screens while the terminal is too small for them, and no longer."""
        if not self.screen_stack:  # the size changed while the program ended
            return
        small = too_small(size or self.size)
        if small and not any(isinstance(screen, TooSmall) for screen in self.screen_stack):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()
