"""What every screen has in common: one that is under another is painted where it changed, and only where it shows."""

from typing import TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


class Page(Screen[Result]):
    """A screen that writes nothing while nothing changes, also under another one.

    Textual marks what it has painted of a screen under another as unpainted again, so that each tick of that screen
    would paint all that ever changed there; and it paints a screen under one that hides it.
    """

    @property
    def hidden(self) -> bool:
        """Whether a screen above this one leaves nothing of it to be seen."""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        return any(screen.styles.background.a == 1 for screen in above)

    def _compositor_refresh(self) -> None:
        if self is self.app.screen:
            super()._compositor_refresh()
            return
        if not self.hidden:
            super()._compositor_refresh()
        self._compositor._dirty_regions.clear()
        self._dirty_widgets.clear()
        self._exchange_repaint_regions()
        self._repaint_required = False
