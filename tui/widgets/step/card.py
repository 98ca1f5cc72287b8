"""The card of the step looked at: what it does, where, why, and what to press."""

from typing import ClassVar

from textual import events
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.visual import Visual

from tui.session.state import SessionState, StepStatus, step_by_id
from tui.text.block import styled
from tui.widgets.frames import step_foot, step_title
from tui.widgets.moment import Moment
from tui.widgets.output.lines import Lines
from tui.widgets.seen import seen
from tui.widgets.step.laid_out import LaidRow, copied
from tui.widgets.step.text import card

BLINK = 0.4
"""Seconds for which the frame of a step that has just failed is drawn otherwise."""
WRONG = (StepStatus.FAILED, StepStatus.UNKNOWN)


class StepCard(Lines):
    """Shows step `step` as it stands at `moment`; in focus nothing of it is folded."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card--plain"}

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    step: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: list[LaidRow] = []
        self._strips: list[Strip] = []
        self._drawn_for = (0, 0)
        self._class = "todo"

    def watch_moment(self, before: Moment | None, moment: Moment | None) -> None:
        self._update()
        if before is not None and moment is not None and _fails(before.state, moment.state, self.step):
            self._blink(moment)

    def watch_step(self) -> None:
        self._update()
        self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        self._wrap()

    def on_focus(self) -> None:
        self._wrap()

    def on_blur(self) -> None:
        self._wrap()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._shown:
            self._wrap()

    def draw_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.width
        plain = self.paint("card--plain")
        if (width, self._height) != self._drawn_for:  # a scroll bar came or went
            self._fill()
        if place >= len(self._strips):
            return Strip.blank(width, plain)
        return self._strips[place].adjust_cell_length(width, plain)

    @property
    def _height(self) -> int:
        return self.inside.height

    def _update(self) -> None:
        if self.moment is None or not self.step:
            return
        self._entitle(self.moment)
        lines = self._rows(self.moment)
        if lines != self._shown:
            self._shown = lines
            self._draw()
            self.refresh_changed()

    def _entitle(self, moment: Moment) -> None:
        """Say on the frame what state the step is in; the frame has its colour."""
        step = step_by_id(moment.state.runbook, self.step)
        width = self.outer_size.width
        self.entitle(step_title(moment.state, step, width), step_foot(moment, step))
        class_ = seen(moment.state, step).class_
        if class_ != self._class:
            self.remove_class(self._class, update=False)  # what is added brings the styles up to date
            self.add_class(class_)
            self._class = class_

    def _blink(self, moment: Moment) -> None:
        """Draw the eye to a step that has just failed, once."""
        if moment.replayed or self.app.animation_level == "none":
            return
        self.add_class("blink")
        self.set_timer(BLINK, lambda: self.remove_class("blink"))

    def _wrap(self) -> None:
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        """Make the lines for the room there is."""
        if self.moment is not None and self.step:
            self._entitle(self.moment)
            self._shown = self._rows(self.moment)
        self._draw()

    def _rows(self, moment: Moment) -> list[LaidRow]:
        return card(moment, self.step, self.width, self._height, self.has_focus, self.outer_size.width)

    def _draw(self) -> None:
        """Draw the rows, each on a line of its own."""
        self._drawn_for = self.width, self._height
        drawn = styled(row.pieces for row in self._shown)
        self._strips = Visual.to_strips(self, drawn, self.width, None, self.visual_style)
        self.set_total(len(self._strips))

    # what is copied

    def selection_updated(self, selection: Selection | None) -> None:
        self._draw()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected, a line that was broken as one, without what the card puts before its rows."""
        return copied(self._shown, selection), "\n"


def _fails(before: SessionState, state: SessionState, step: str) -> bool:
    """Whether a step has just failed."""
    return state.step(step).status in WRONG and before.step(step).status not in WRONG
