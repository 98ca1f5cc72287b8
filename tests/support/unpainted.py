"""What is painted on a terminal that is not there: worked out only where somebody looks at it.

A test without a terminal throws every painting away, and that was a quarter of its processor time. What a test sees
(`shown`) is drawn when it looks, and an output, which says on its frame what it has drawn, whenever anything changed. A
file of tests in which each painting is to be drawn says `PAINTED = True`.
"""

import sys
from typing import Any

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate, visible_screen_stack
from textual._context import active_app
from textual.app import App
from textual.screen import Screen

from tui.attention import Attentive
from tui.widgets.output.view import OutputView

render_update = Compositor.render_update
DISPLAYS = App._display, Attentive._display


def update(
    self: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
) -> RenderableType | None:
    """What changed, in place of `render_update`: where it is, and what it looks like only if that is looked at."""
    if full or screen_stack or looked_at(active_app.get()):
        # A picture of all is asked for to be seen; what is under a dialog is drawn by its painting alone.
        return render_update(self, full, screen_stack, simplify)
    visible_screen_stack.set([])
    for widget in self.visible_widgets if self._dirty_regions else ():
        if isinstance(widget, OutputView):
            widget.draw_line(0)
    screen = self.size.region
    changed = self._dirty_regions.copy()
    self._dirty_regions.clear()
    if screen in changed:
        return LayoutUpdate([], screen)
    return ChopsUpdate([], list(self._regions_to_spans(changed)), []) if changed else None


def looked_at(app: App[Any]) -> bool:
    """Whether an application has a terminal, or a test takes what is painted, or counts what painting calls."""
    ours = type(app)._display in DISPLAYS and (App._display, Attentive._display) == DISPLAYS
    return not (app.is_headless and ours and "_display" not in vars(app) and sys.getprofile() is None)
