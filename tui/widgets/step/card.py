"""The card of the step looked at: what it does, where, why, and what to press."""

from typing import ClassVar

from msgspec.structs import replace
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import Visual

from tui.actions import bindings
from tui.runbook.model import Step
from tui.session.state import SessionState, StepStatus, step_by_id
from tui.text.amounts import counted
from tui.text.block import Piece, styled
from tui.widgets.frames import APART, step_foot, step_title
from tui.widgets.moment import Moment
from tui.widgets.output.lines import Lines
from tui.widgets.seen import seen
from tui.widgets.step.host_grid import HostGrid, attempt_on, cells_shown, grid_of, is_marked
from tui.widgets.step.laid_out import LaidRow, copied
from tui.widgets.step.text import card

BLINK = 0.4
"""Seconds for which the frame of a step that has just failed is drawn otherwise."""
WRONG = (StepStatus.FAILED, StepStatus.UNKNOWN)


class StepCard(Lines):
    """Shows step `step` as it stands at `moment`; in focus nothing of it is folded."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card--plain"}
    BINDINGS: ClassVar[list[BindingType]] = bindings("hosts")

    class Marked(Message):
        """Another host of the group is marked, or none."""

    class HostChosen(Message):
        """The host that is marked is to be opened."""

        def __init__(self, host: str) -> None:
            super().__init__()
            self.host = host

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    step: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: list[LaidRow] = []
        self._strips: list[Strip] = []
        self._drawn_for = (0, 0)
        self._drawn_as: tuple[Style, str] | None = None
        self._class = "todo"
        self.marked = ""
        """The host of the step's group that is marked; empty where none is."""
        self._marked_last = ""

    def watch_moment(self, before: Moment | None, moment: Moment | None) -> None:
        self._update()
        if before is not None and moment is not None and _fails(before.state, moment.state, self.step):
            self._blink(moment)

    def watch_step(self) -> None:
        self._marked_last = ""
        self._mark("")
        self._update()
        self.scroll_to(y=0, animate=False, force=True)

    def on_resize(self, event: events.Resize) -> None:
        if (self.width, self._height) != self._drawn_for:  # else it was painted with the layout
            self._fill()
        self.refresh_changed()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if not has_focus:
            self._mark("")
        self._wrap()

    def watch_scroll_y(self, before: float, scrolled: float) -> None:
        super().watch_scroll_y(before, scrolled)
        self._entitle_now()  # which says what is below

    # which host is marked

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "mark_beside":
            return self._grid() is not None
        return bool(self.marked) if action in ("open_host", "unmark") else super().check_action(action, parameters)

    def action_mark_beside(self, by: int) -> None:
        self._move_mark(by, 0)

    def action_mark_row(self, by: int) -> None:
        """Go to the host above or below; where none is marked the card is scrolled, as ever."""
        if self.marked:
            self._move_mark(0, by)
        elif by < 0:
            self.action_scroll_up()
        else:
            self.action_scroll_down()

    def action_open_host(self) -> None:
        self.post_message(self.HostChosen(self.marked))

    def action_unmark(self) -> None:
        self._mark("")
        self._wrap()

    def _grid(self) -> HostGrid | None:
        if self.moment is None or not self.step:
            return None
        cells = cells_shown(self.moment.state, step_by_id(self.moment.state.runbook, self.step))
        return grid_of(cells, self.width) if cells else None

    def _move_mark(self, right: int, down: int) -> None:
        grid = self._grid()
        if grid is None:
            return
        again = not self.marked and any(cell.host == self._marked_last for cell in grid.cells)
        self._mark(self._marked_last if again else grid.moved(self.marked, right, down))
        self._wrap()
        row = next((place for place, row in enumerate(self._shown) if is_marked(row)), None)
        if row is not None:
            self.scroll_to_region(Region(0, row, self.width, 1), animate=False, force=True)

    def _mark(self, host: str) -> None:
        if host != self.marked:
            self._marked_last = self.marked = host or self._marked_last
            self.marked = host
            self.post_message(self.Marked())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self._shown and self._drawn_as != (self.visual_style, self.app.theme):  # the frame alone may look otherwise
            self._wrap()

    def draw_line(self, y: int) -> Strip:
        place, width = y + self.scroll_offset.y, self.width
        plain = self.paint("card--plain")
        if (width, self._height) != self._drawn_for:  # a scroll bar came or went
            self._make_lines()
            self.call_later(self._entitle_now)  # while it is painted the frame has been taken from what it said before
        if place >= len(self._strips):
            return Strip.blank(width, plain)
        return self._strips[place].adjust_cell_length(width, plain)

    @property
    def _height(self) -> int:
        return self.inside.height

    def fit_bar(self) -> None:
        """Make the lines for the room there is before it is known whether they need a scroll bar."""
        if self.is_mounted and (self.width, self._height) != self._drawn_for:
            self._fill()
        super().fit_bar()

    def _update(self) -> None:
        if self.moment is None or not self.step:
            return
        lines = self._rows(self.moment)
        if lines != self._shown:
            self._shown = lines
            self._draw(room_is_known=False)
            self.refresh_changed()
        self._entitle(self.moment)

    def _entitle_now(self) -> None:
        if self.moment is not None and self.step:
            self._entitle(self.moment)

    def _entitle(self, moment: Moment) -> None:
        """Say on the frame what state the step is in; the frame has its colour."""
        step = step_by_id(moment.state.runbook, self.step)
        width = self.outer_size.width
        self.entitle(step_title(moment.state, step, width), self._foot(moment, step))
        class_ = seen(moment.state, step).class_
        if class_ != self._class:
            self.remove_class(self._class, update=False)  # what is added brings the styles up to date
            self.add_class(class_)
            self._class = class_

    def _foot(self, moment: Moment, step: Step) -> list[Piece]:
        """What stands below the card: in focus the keys that mark and open a host, where it has hosts."""
        sign = moment.keys.sign
        if self.marked:
            opens = f": {sign('hosts.open')} opens it" if attempt_on(moment.state, step, self.marked) else " not begun"
            return [(f"{self.marked}{opens} · {sign('hosts.none')} none", "$soft")]
        below = sum(row.hosts for row in self._shown[round(self.scroll_y) + self._height :])
        more = f"{counted(below, 'more host')} below" if below else ""
        if self.has_focus and self._grid() is not None:
            words = [more, f"{sign('hosts.before')} {sign('hosts.after')} mark a host"]
            return [(APART.join(word for word in words if word), "$soft")]
        if below:
            return [(f"{more}{APART}{sign('to-step')} {sign('hosts.below')}", "$soft")]
        return step_foot(moment, step)

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
        """Make the lines for the room there is, and say on the frame what is out of sight."""
        self._make_lines()
        self._entitle_now()

    def _make_lines(self) -> None:
        if self.moment is not None and self.step:
            self._shown = self._rows(self.moment)
        self._draw()

    def _rows(self, moment: Moment) -> list[LaidRow]:
        moment = replace(moment, marked=self.marked) if self.marked else moment
        return card(moment, self.step, self.width, self._height, self.has_focus, self.outer_size.width)

    def _draw(self, room_is_known: bool = True) -> None:
        """Draw the rows, each on a line of its own."""
        self._drawn_for = self.width, self._height
        self._drawn_as = self.visual_style, self.app.theme
        drawn = styled(row.pieces for row in self._shown)
        self._strips = Visual.to_strips(self, drawn, self.width, None, self.visual_style)
        self.set_total(len(self._strips), room_is_known=room_is_known)

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
