"""The card of the step looked at: what it does, where, why, and what to press."""

from typing import ClassVar

from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual

from tui.text.block import Piece, styled
from tui.widgets.moment import Moment
from tui.widgets.output.lines import Lines
from tui.widgets.step.text import card


class StepCard(Lines):
    """Shows step `step` as it stands at `moment`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card--plain"}

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    step: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: list[list[Piece]] = []
        self._strips: list[Strip] = []
        self._width = 0

    def watch_moment(self) -> None:
        self._update()

    def watch_step(self) -> None:
        self._update()
        self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        self._wrap()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._shown:
            self._wrap()

    def draw_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.width
        plain = self.paint("card--plain")
        if width != self._width:  # a scroll bar came or went
            self._fill()
        if place >= len(self._strips):
            return Strip.blank(width, plain)
        return self._strips[place].adjust_cell_length(width, plain)

    def _update(self) -> None:
        if self.moment is None or not self.step:
            return
        lines = card(self.moment, self.step, self.width)
        if lines != self._shown:
            self._shown = lines
            self._break()
            self.refresh_changed()

    def _wrap(self) -> None:
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        """Make the lines for the width there is."""
        if self.moment is not None and self.step:
            self._shown = card(self.moment, self.step, self.width)
        self._break()

    def _break(self) -> None:
        """Break the lines to the width there is."""
        self._width = self.width
        drawn = styled(self._shown)
        self._strips = Visual.to_strips(self, drawn, self._width, None, self.visual_style, apply_selection=False)
        self.set_total(len(self._strips))
