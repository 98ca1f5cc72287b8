"""The last row of every screen: what can be pressed now, and nothing else; a click does it."""

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from tui.text.block import Block, styled
from tui.widgets.band.text import Clickable, part_at
from tui.widgets.keys_row.text import row_parts
from tui.widgets.offers.offer import Offer
from tui.widgets.words import Words


class KeysRow(Words):
    """Shows what the screen offers when it is asked; the same as before paints nothing."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeysRow {
        dock: bottom; width: 1fr; height: 1; text-wrap: nowrap;
        background: $footer-background; color: $footer-foreground;
    }
    """

    class Chosen(Message):
        """A key of the row was clicked."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    def __init__(self, offers: Callable[[], Sequence[Offer]]) -> None:
        super().__init__(id="keys-row")
        self._offers = offers
        self._told: list[Offer] = []
        self._parts: list[Clickable] = []
        self._fits = 0
        """The width for which the row was made."""

    @property
    def pressed(self) -> list[str]:
        """The ids of what can be pressed, as it stands in the row."""
        return [part.act for part in self._parts if part.act]

    def on_mount(self) -> None:
        self.look()

    def render(self) -> Block:
        """The row for the width that there is: made as it is painted, so that no paint of another size is without."""
        if self.size.width != self._fits:
            self._words = self._made()
        return super().render()

    def look(self) -> None:
        """Ask what can be done now."""
        found = list(self._offers())
        if found != self._told:
            self._told = found
            self._say()

    def on_click(self, event: events.Click) -> None:
        act = part_at(self._parts, event.x)
        if act:
            self.post_message(self.Chosen(act))

    def _say(self) -> None:
        if self.size.width:
            self.say(self._made())

    def _made(self) -> Block:
        self._fits = self.size.width
        self._parts = row_parts(self._told, self._fits)
        return styled([[piece for part in self._parts for piece in part.pieces]])
