"""Paints a screen when somebody looks at it: without a terminal nobody sees what is painted in between.

A test looks when it reads the screen, before it presses keys, before another screen comes or this one goes, and at its
end. So all that a test opens is painted, and what goes wrong in that fails it; a quarter of the time of the screens'
tests was painting that nobody looked at. A test of painting itself asks for `each_paint`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate, LayoutUpdate
from textual._context import visible_screen_stack
from textual.app import App
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip

from tui.widgets.spans import SparingCompositor

render_update, render_strips = Compositor.render_update, Compositor.render_strips
NOTHING = frozenset[Region]()
LOOKED_AT_BEFORE = ("push_screen", "pop_screen", "_shutdown")
"""What takes a screen out of sight."""


class Unseen:
    """What is to be painted of a screen once somebody looks, kept beside its compositor."""

    @staticmethod
    def of(compositor: Compositor) -> frozenset[Region]:
        return vars(compositor).get("unseen", NOTHING)

    @staticmethod
    def becomes(compositor: Compositor, regions: frozenset[Region]) -> None:
        vars(compositor)["unseen"] = regions


def update_put_off(
    self: Compositor, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
) -> CompositorUpdate | None:
    """An update that says how much changes and holds nothing yet, in place of `render_update`."""
    if full:
        return render_update(self, full=full, screen_stack=screen_stack, simplify=simplify)
    regions = frozenset(self._dirty_regions)
    if not regions:
        return None
    Unseen.becomes(self, Unseen.of(self) | regions)
    self._dirty_regions.clear()
    whole = self.size.region
    return LayoutUpdate([], whole) if whole in regions else ChopsUpdate([], [], [])


def strips_seen(self: Compositor, size: Size | None = None) -> list[Strip]:
    """All of the screen, in place of `render_strips`, with what is under a dialog."""
    Unseen.becomes(self, NOTHING)
    if isinstance(self.root, Screen):
        visible_screen_stack.set(self.root.app._background_screens)
    return render_strips(self, size)


def rests(screen: Screen[Any]) -> bool:
    """Whether a screen is laid out as it is now: parts that are gone by then are not painted, in a terminal neither."""
    return not screen._layout_required and all(one.is_attached for one in screen._compositor.visible_widgets)


def look(app: App[Any]) -> None:
    """Paint what changed on the screen on top since somebody looked."""
    if not app._screen_stack:
        return
    compositor = app.screen._compositor
    regions = Unseen.of(compositor)
    if regions and rests(app.screen):
        Unseen.becomes(compositor, NOTHING)
        later, compositor._dirty_regions = compositor._dirty_regions, set(regions)
        try:
            render_update(compositor, screen_stack=app._background_screens)
        finally:
            compositor._dirty_regions = later


def looking_first(act: Callable[..., Any]) -> Callable[..., Any]:
    """Have something done once what it takes out of sight was looked at."""

    @wraps(act)
    def done(self: App[Any], *given: Any, **named: Any) -> Any:
        look(self)
        return act(self, *given, **named)

    return done


def only_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint screens of ours only when somebody looks at them."""
    monkeypatch.setattr(SparingCompositor, "render_update", update_put_off)
    monkeypatch.setattr(SparingCompositor, "render_strips", strips_seen)
    for name in LOOKED_AT_BEFORE:
        monkeypatch.setattr(App, name, looking_first(getattr(App, name)))
