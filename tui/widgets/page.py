"""What every screen has in common: under another one it is painted only where it shows, and does nothing it is told."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual import events, messages
from textual._compositor import LayoutUpdate
from textual.await_complete import AwaitComplete
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import Screen
from textual.widgets._toast import ToastRack

from tui.widgets.spans import SparingCompositor

Result = TypeVar("Result")
TOLD = frozenset({"on_button_pressed", "on_input_submitted", "on_option_list_option_selected"}) | {
    "on_keys_row_chosen",
    "on_band_chosen",
}
"""What the operator tells a screen by its widgets; by name, as the first screen needs few of them."""
NO_STYLE, FAINT = Style.null(), Style(dim=True)
DARKENED: LRUCache[tuple[Style, Color], Style] = LRUCache(1024)
"""The looks of what is under another screen, by what they are above it."""
HELD_BACK = ""
"""Stands for what would be painted while paints are held back."""
SHOWS = frozenset({"on_compose", "on_mount", "on_resize", "on_timer", "on_screen_resume"})
"""What makes a screen show something of itself."""


def _shows(message: Message) -> bool:
    """Whether a screen shows something because of a message: one of these, and all that its parts or others tell it."""
    return message.handler_name in SHOWS or not (
        isinstance(message, events.Event) or type(message).__module__ == messages.__name__
    )


class Under(BackgroundScreen):
    """The screen under another one; each of its looks is darkened once, not in every cell of every paint."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        """Darken what is shown, and take away what a click would do."""
        for segment in segments:
            if segment.control:
                yield segment
                continue
            look = (segment.style or NO_STYLE).clear_meta_and_links(), color
            if look not in DARKENED:
                (darkened,) = super().process_segments([Segment("", look[0])], color)
                DARKENED[look] = darkened.style or NO_STYLE
            yield Segment(segment.text, DARKENED[look])


class Faint(Under):
    """The screen under another one, as the terminal shows what is less important."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in super().__rich_console__(console, options):
            assert isinstance(segment, Segment)
            yield segment if segment.control else Segment(segment.text, (segment.style or NO_STYLE) + FAINT)


class Page(Screen[Result]):
    """A screen that writes nothing while nothing changes, also under another one.

    Textual marks what it has painted of a screen under another as unpainted again, so that each tick of that screen
    would paint all that ever changed there; and it paints a screen under one that hides it.
    """

    _came_up = False
    """Whether it was on top once."""
    key_waits = False
    """Whether what changes next is the answer to a key or a click, which is painted at once."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name, id, classes)
        self._compositor = SparingCompositor()

    @property
    def on_top(self) -> bool:
        """Whether no other screen is above this one."""
        return self.app.screen_stack[-1:] == [self]

    @property
    def whole_still(self) -> bool:
        """Whether this screen has all its parts: where it is removed, or the program ends, they go before itself."""
        return self in self.app.screen_stack and not self._pruning

    @property
    def hidden(self) -> bool:
        """Whether a screen above this one leaves nothing of it to be seen."""
        stack = self.app.screen_stack
        above = stack[stack.index(self) + 1 :] if self in stack else []
        return any(screen.styles.background.a == 1 for screen in above)

    def seen(self) -> None:
        """Do what waits until the operator sees something: this screen was just painted, as it had come to the top.

        Textual's `call_after_refresh` waits for no paint while the application starts.
        """

    def stays(self) -> None:
        """Do what waits until the operator sees something: what was to come above this screen does not come."""

    def key_painted(self) -> None:
        """Do what waits until what a key changed is painted."""

    def whole_update(self, update: RenderableType) -> RenderableType:
        """What paints all of this screen; an update of a part tells nothing where its beginning was held back."""
        if isinstance(update, LayoutUpdate):
            return update
        full = self._compositor.render_update(full=True, screen_stack=self.app._background_screens)
        return update if full is None else full

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close this screen, once, and only from the top: Textual would close whatever is there."""
        if not self.on_top:
            return AwaitComplete()
        return super().dismiss(result)

    def render(self) -> RenderableType:
        """What is under a dialog: darker, or faint where the terminal's own colours are used, which cannot be blended.

        In 16 colours it stays as it is: a darker ground is another of the 16, on which its words are not seen.
        """
        shown = super().render()
        if type(shown) is not BackgroundScreen:
            return shown
        return (Faint if self.app.current_theme.ansi else Under)(shown.screen, shown.color)

    def on_screen_suspend(self) -> None:
        """Leave the notices to the screen above, which shows them too; Textual shows them here again afterwards."""
        for rack in self.query_children(ToastRack):
            rack.display = False

    async def _on_message(self, message: Message) -> None:
        """Two keys of one read may both have reached a widget: the second was not meant for a screen that is gone.

        A screen that was removed has no widgets, be it before it was ever shown, and what it shows may be gone too.
        """
        shows = _shows(message)
        if shows and self not in self.app.screen_stack:
            # From Python 3.12 on a screen's task begins within `push_screen`, before the screen is on the stack.
            await asyncio.sleep(0)
        if (shows and not self.whole_still) or (message.handler_name in TOLD and not self.on_top):
            return
        if message.handler_name == "on_compose":
            self._know_its_size(self.app.size)
        elif isinstance(message, events.Resize):
            self._know_its_size(message.size)
        elif isinstance(message, events.ScreenResume) and not self._came_up:
            self._came_up = True
            message.refresh_styles = False  # each part was given its styles as it was mounted, a moment ago
        await super()._on_message(message)

    def _screen_resized(self, size: Size) -> None:
        """Lay this screen out for another size, once: Textual does it again when that tells the screen its own size."""
        if size != self._compositor.size:
            super()._screen_resized(size)

    def _know_its_size(self, size: Size) -> None:
        """Have the classes of a size before what is laid out for it: Textual gives them once it has painted that."""
        for points, length in zip((self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), size, strict=True):
            fitting = [one for one in points or () if one[0] <= length]
            if fitting:
                self.update_classes({name: name == max(fitting)[1] for _, name in points or ()}, animate=False)

    async def _on_idle(self, event: events.Idle) -> None:
        """Paint an answer as soon as all that it changes has said so.

        Textual paints with its next tick, 60 a second: after a paint that took longer than one, up to 33 ms later.
        """
        if self.key_waits and (self._layout_required or self._dirty_widgets):
            self.key_waits = False
            self.call_later(self.call_later, self._paint_answer)  # once those who are told of it were

    def _paint_answer(self) -> None:
        self._on_timer_update()
        self.key_painted()

    def _compositor_refresh(self) -> None:
        if self is self.app.screen:
            if self.app._batch_count:
                self.app._display(self, HELD_BACK)  # drawing it would be for nothing: no paint leaves a batch
            else:
                super()._compositor_refresh()
            return
        if not self.hidden:
            super()._compositor_refresh()
        self._compositor._dirty_regions.clear()
        self._dirty_widgets.clear()
        self._exchange_repaint_regions()
        self._repaint_required = False
