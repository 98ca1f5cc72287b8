"""What every dialog has in common: it hears nothing until it has been seen, and Escape always means no."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, TextArea

from tui.actions import bindings
from tui.dialogs.laid import Laid
from tui.front.front_page import FrontPage
from tui.text.block import Block, block, pieces
from tui.widgets.painting import entitle
from tui.widgets.said import Said

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], FrontPage[Result]):
    """A box over the screen; keys and pastes are dropped until it is drawn and nobody has typed for a while.

    The while is `QUIET` looks, `LOOK` seconds apart, and not a time: after the program was held up (a suspended
    machine, a stalled terminal), the keys that waited are taken before the dialog hears.
    """

    LOOK: ClassVar[float] = 0.05
    QUIET: ClassVar[int] = 3
    FIRST: ClassVar[str] = "Button"
    """What has the focus once the dialog hears: nothing has it before, so that no key can reach a field or a button."""
    AUTO_FOCUS = ""
    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    DEFAULT_CLASSES = "dialog"
    HORIZONTAL_BREAKPOINTS = [(0, "slim"), (72, "broad")]
    kind = ""
    """What the frame says of the question, before where it is asked."""
    ACTS = "dialog"
    BINDINGS: ClassVar[list[BindingType]] = bindings("dialog")

    box = getters.query_one("#box", VerticalScroll)
    shown_problem = getters.query_one("#dialog-problem", Said)

    def __init__(self, title: str, kind: str = "") -> None:
        super().__init__()
        self.heading = title
        self.kind = kind or self.kind
        self.armed = False
        self._quiet = 0
        self._read_to = 0.0
        self._looks: Timer | None = None

    @property
    def foot(self) -> tuple[str, ...]:
        """What the frame says below, before the key for help."""
        return ()

    def compose(self) -> ComposeResult:
        mode = self.app.mode
        yield Said(block(""), id="above")
        yield Said(block(""), id="below")
        with VerticalScroll(id="box", can_focus=False, classes=mode.kind) as box:
            box.border_title = block(f"{self.kind} {mode.where}" if self.kind else mode.place)
            if self.heading:
                yield Said(pieces(self.heading), id="dialog-title")
            yield from self.body()
            with Vertical(id="dialog-foot"):
                fields = list(self.field())
                yield from fields
                yield Said(block(""), id="dialog-problem")
                yield Horizontal(*self.buttons(), id="dialog-buttons", classes="below-fields" if fields else "")

    def body(self) -> Iterable[Widget]:
        """What is read, under the title; where it does not fit it scrolls, and begins at its beginning."""
        return ()

    def field(self) -> Iterable[Widget]:
        """Where the answer is typed: in sight above the buttons, however long the body is."""
        return ()

    def buttons(self) -> Iterable[Button]:
        """The buttons, the harmless one first."""
        return ()

    def on_mount(self) -> None:
        box = self.box
        for size in ("scroll_y", "virtual_size", "show_vertical_scrollbar"):
            self.watch(box, size, self._say_what_is_beyond)
        self.call_after_refresh(self._drawn)

    def on_resize(self) -> None:
        """A terminal of another size may have room for the blank rows, or none for the blanks in buttons."""
        self.tighten(False)
        for button in self.query(Button):
            button.styles.line_pad = int(self.has_class("broad"))
        self.call_after_refresh(self._laid_anew)

    def _laid_anew(self) -> None:
        """In another width other rows are in sight."""
        self._read_to = 0.0
        self._say_what_is_beyond()

    def tighten(self, tight: bool) -> None:
        """Give up the blank rows, or have them again."""
        if self.has_class("tight") is not tight:
            self.set_class(tight, "tight")
            for laid in self.query(Laid):
                laid.refresh(layout=True)

    def _say_what_is_beyond(self) -> None:
        """Give up the blank rows where not all fits; say on the frame which keys show the rest that still does not."""
        box, keys = self.box, self.app.keys
        if self.armed:
            at_end = box.scroll_y >= box.max_scroll_y
            self._read_to = max(self._read_to, math.inf if at_end else box.scroll_y + self._page())
        if box.show_vertical_scrollbar and box.max_scroll_y > 0 and not self.has_class("tight"):
            self.tighten(True)
        words = [*self.foot, f"{keys.sign('dialog.help')} help"]
        if box.show_vertical_scrollbar and box.scroll_y < box.max_scroll_y:
            words.insert(0, f"▾ more below: {keys.sign('dialog.below')}")
        if box.scroll_y > 0:
            words.insert(0, f"▴ more above: {keys.sign('dialog.above')}")
        entitle(box, foot=block(" · ".join(words)))

    def _page(self) -> int:
        """How many rows of the body are in sight at once."""
        beside = sum(
            self.query_one(name).outer_size.height for name in ("#dialog-title", "#dialog-foot") if self.query(name)
        )
        return self.box.scrollable_content_region.height - beside

    def action_scroll(self, way: int) -> None:
        """Show the next or the previous part of a long body."""
        page = self._page() - 1  # the last line read stays in sight
        self.box.scroll_relative(y=way * max(1, page), animate=False)

    def unread(self, rows: float = math.inf) -> bool:
        """Whether one of the body's first rows was not in sight yet; then the next part is shown, and that is said."""
        if rows <= self._read_to:
            return False
        self.problem("there is more to read before it is allowed: it is shown now")
        self.action_scroll(1)
        return True

    def _drawn(self) -> None:
        self._quiet = 0
        self._looks = self.set_interval(self.LOOK, self._look)

    def _look(self) -> None:
        seen = self.app.screen is self and self.app.painted < math.inf
        self._quiet = self._quiet + 1 if seen else 0
        if self._quiet < self.QUIET or self.armed:
            return
        if self._looks is not None:
            self._looks.stop()
        self.set_focus(next(iter(self.query(self.FIRST)), None))  # at once: no key finds it armed and nothing focused
        self.armed = True
        self._say_what_is_beyond()

    def _forward_event(self, event: events.Event) -> None:
        if not self.armed and isinstance(event, events.Key | events.Paste | events.Click | events.MouseDown):
            event.stop()
            self._quiet = 0
            return
        super()._forward_event(event)

    def action_no(self) -> None:
        self.dismiss(None)

    def entered(self, words: str) -> Block:
        """A button's words with the key that takes what is chosen."""
        return pieces(f"{words} ({self.app.keys.enter})")

    def hint(self, does: str) -> Said:
        """How one of the choices above is taken."""
        return Said(block(f"↑↓ choose · {self.app.keys.enter} {does}"), classes="dialog-hint")

    def named(self, words: str, act: str) -> Block:
        """A button's words with the key that does the same."""
        return pieces(f"{words} ({self.app.keys.sign(act)})")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _answered_anew(self) -> None:
        """What was wrong with an answer is not said of another one."""
        if self.armed:
            self.problem("")

    def problem(self, text: str) -> None:
        """Say in the box what is wrong with the answer."""
        shown = self.shown_problem
        shown.say(pieces(f"✖ {text}" if text else ""))
        shown.display = bool(text)
