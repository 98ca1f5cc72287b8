"""Asks before a step starts; where it may begin at two places, a key shows the other one and all that it would run."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Button

from tui.actions import bindings
from tui.dialogs.base import Dialog, Result
from tui.dialogs.laid import Laid, Way, read, rows_of
from tui.widgets.said import Press


class Ways(Dialog[Result]):
    """Shows the first of `ways`; the key shows the next, which is then the one that is allowed.

    After another one is shown, nothing is heard until it has been seen, as when the dialog opened.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("ways")

    def __init__(self, title: str, ways: Sequence[Way], kind: str = "") -> None:
        super().__init__(title, kind)
        self.ways = ways
        self.at = 0

    @property
    def way(self) -> Way:
        """What is shown, and allowed by the answer."""
        return self.ways[self.at]

    @property
    def _next(self) -> Way:
        return self.ways[(self.at + 1) % len(self.ways)]

    def body(self) -> Iterable[Widget]:
        if len(self.ways) == 1:
            yield read(self.way.body)
        else:
            yield Laid(lambda width: rows_of(self.way.body, width), classes="dialog-text")

    def other(self) -> Iterable[Button]:
        """The button that shows the other way, where there is one."""
        if len(self.ways) > 1:
            yield Press(self.named(self._next.called, "ways.other"), id="other")

    def action_other(self) -> None:
        """Show the other way, and hear nothing until it has been seen."""
        if not self.armed or len(self.ways) == 1:
            return
        self.at = (self.at + 1) % len(self.ways)
        self.armed = False
        other = self.query_one("#other", Button)
        other.label = self.named(self._next.called, "ways.other")
        other.refresh(layout=True)
        self.query_one(Laid).refresh(layout=True)
        self.box.scroll_home(animate=False)
        self.shown_anew()
        self.call_after_refresh(self._drawn)

    def shown_anew(self) -> None:
        """What else of the dialog depends on which way is shown."""
