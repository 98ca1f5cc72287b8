"""The band: the next act is the largest thing of the step's card, and moves only while a command is running."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.timer import Timer

from tui.text.block import styled
from tui.widgets.band.text import Clickable, band_parts, part_at
from tui.widgets.glyphs import SPINNER
from tui.widgets.offers.next_act import NextAct
from tui.widgets.offers.offer import Offer
from tui.widgets.words import Words

STILL = "▶"
FRAME = 0.1
TONES = ("bad", "turn", "sign", "good")


class Band(Words):
    """Shows what comes next and what else can be pressed; a click does it."""

    ALLOW_SELECT = False

    class Chosen(Message):
        """A part of the band was clicked."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._first = NextAct("", "")
        self._beside: tuple[Offer, ...] = ()
        self._key = ""
        self._replayed = False
        self._parts: list[Clickable] = []
        self._frame = 0
        self._spins: Timer | None = None

    def on_mount(self) -> None:
        self._spins = self.set_interval(FRAME, self._spin, pause=True)
        self._say()

    def tell(self, first: NextAct, beside: Sequence[Offer], key: str, replayed: bool = False) -> None:
        """Say what comes next; saying the same again paints nothing."""
        told = (first, tuple(beside), key, replayed)
        if told == (self._first, self._beside, self._key, self._replayed):
            return
        self._first, self._beside, self._key, self._replayed = told
        for tone in TONES:
            self.set_class(tone == first.tone and not replayed, tone)
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        self._say()

    def on_click(self, event: events.Click) -> None:
        act = part_at(self._parts, event.x)
        if act and not self._replayed:
            self.post_message(self.Chosen(act))

    @property
    def _moves(self) -> bool:
        first = self._first
        return first.runs and not first.sign and not self._replayed and self.app.animation_level != "none"

    def _spin(self) -> None:
        if self.screen.is_active:
            self._frame += 1
            self._say()

    def _say(self) -> None:
        if self._spins is not None:
            if self._moves:
                self._spins.resume()
            else:
                self._spins.pause()
        if not self.size.width:
            return
        spinner = SPINNER[self._frame % len(SPINNER)] if self._moves else STILL
        self._parts = band_parts(
            self._first, self._beside, self._key, self.size.width, spinner=spinner, replayed=self._replayed
        )
        self.say(styled([[piece for part in self._parts for piece in part.pieces]]))
