"""The card of the step looked at: what it does, where, why, and what to press."""

from typing import ClassVar

from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual

from tui.session.state import step_by_id
from tui.text.block import Piece, styled
from tui.widgets.frames import step_foot, step_title
from tui.widgets.moment import Moment
from tui.widgets.output.lines import Lines
from tui.widgets.seen import seen
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
        self._class = "todo"

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
        self._entitle(self.moment)
        lines = card(self.moment, self.step, self.width)
        if lines != self._shown:
            self._shown = lines
            self._break()
            self.refresh_changed()

    def _entitle(self, moment: Moment) -> None:
        """Say on the frame what state the step is in; the frame has its colour."""
        step = step_by_id(moment.state.runbook, self.step)
        width = self.outer_size.width
        self.entitle(step_title(moment.state, step, width), step_foot(moment, step))
        class_ = seen(moment.state, step).class_
        if class_ != self._class:
            self.remove_class(self._class)
            self.add_class(class_)
            self._class = class_

    def _wrap(self) -> None:
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        """Make the lines for the width there is."""
        if self.moment is not None and self.step:
            self._entitle(self.moment)
            self._shown = card(self.moment, self.step, self.width)
        self._break()

    def _break(self) -> None:
        """Break the lines to the width there is."""
        self._width = self.width
        drawn = styled(self._shown)
        self._strips = Visual.to_strips(self, drawn, self._width, None, self.visual_style, apply_selection=False)
        self.set_total(len(self._strips))
