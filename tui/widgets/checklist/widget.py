"""The whole session at a glance: every step with its state and time, the current one marked."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip

from tui.actions import bindings
from tui.runbook.model import Issue
from tui.session.state import SessionState
from tui.session.views.rollback import Need
from tui.text.block import segment, shown
from tui.widgets.checklist.outline import Outline, issue_outline, outline, painted, row, time_of
from tui.widgets.frames import NUMBER, legend
from tui.widgets.moment import Moment, current_step
from tui.widgets.output.lines import Lines


class Checklist(Lines):
    """Shows `moment`; `selected` is the step looked at, which follows the current one until the operator moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"checklist--{name}"
        for name in (
            *("plain", "heading", "current", "time", "selected"),
            *("todo", "live", "turn", "sign", "bad", "unknown", "good", "quiet"),
        )
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings("steps")

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    selected: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None, rollback: bool = False, issue: Issue | None = None) -> None:
        super().__init__(id=id)
        self.rollback = rollback
        self.issue = issue
        self.following = True
        self._outline = Outline(())
        self._state: SessionState | None = None

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        if moment.state is not self._state:
            self._state = moment.state
            self._outline = (
                issue_outline(moment.state, self.issue) if self.issue else outline(moment.state, self.rollback)
            )
            self.set_total(len(self._outline.lines))
            self._entitle()
            here = current_step(moment.state)
            if self.following and here in self._outline:
                self.selected = here
            elif not self.selected and self._outline.steps:
                self.selected = self._outline.steps[0]
        self.refresh_changed()

    def watch_selected(self, before: str, step: str) -> None:
        for one in (before, step):
            self.refresh_line(self._outline.place(one))
        self._reveal()

    def on_resize(self, event: events.Resize) -> None:
        self.set_total(len(self._outline.lines))
        self._entitle()
        self._reveal()

    def show_rollback(self, alone: bool) -> None:
        """Show the rollback's steps alone, or the whole session's."""
        self.rollback, self._state = alone, None
        self.watch_moment(self.moment)
        self._reveal()

    def action_move(self, by: int) -> None:
        self.look_at(self._outline.neighbour(self.selected, by))

    def look_at(self, step: str) -> None:
        """Select a step; looking at the current one follows the session again."""
        here = current_step(self._state) if self._state else ""
        self.following = step == here
        self.selected = step

    def back(self) -> None:
        """Look at the current step again, and follow it."""
        here = current_step(self._state) if self._state else ""
        self.following = True
        if here in self._outline:
            self.selected = here
            self._reveal()

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        if inside is None:
            return
        place = inside.y + self.scroll_offset.y
        step = self._outline.lines[place].step if place < len(self._outline.lines) else None
        if step is not None:
            self.look_at(step.id)

    def draw_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        width, plain = self.width, self.paint("checklist--plain")
        if self.moment is None or place >= len(self._outline.lines):
            return Strip.blank(width, plain)
        line = self._outline.lines[place]
        checklist_row = row(self.moment.state, line, self.rollback, self.issue is not None)
        chosen = line.step is not None and line.step.id == self.selected
        told = line.step if checklist_row.need is not Need.NOT_NEEDED else None
        time = time_of(self.moment, told) if told else ""
        segments = []
        for text, class_ in painted(checklist_row, time, width, chosen):
            style = self.paint(f"checklist--{class_ or 'plain'}")
            if chosen:
                style = style + self.get_component_rich_style("checklist--selected", partial=True)
            segments.append(segment(shown(text), style))
        return Strip(segments).adjust_cell_length(width, plain)

    def _entitle(self) -> None:
        """Say on the frame what the list is, and how many of its steps stand so."""
        if self._state is not None:
            what = "What to try" if self.issue else "Rollback" if self.rollback else "Plan"
            counts = legend(self._state, self._outline.steps, self.outer_size.width, self.rollback)
            self.entitle([("1 ", NUMBER), (what, "bold")], counts)

    def _reveal(self) -> None:
        """Scroll so that the step looked at shows, with a little of what comes before and after it."""
        place = self._outline.place(self.selected)
        region = Region(0, max(0, place - 2), self.width, 5)
        if self.size.height:
            self.scroll_to_region(region, animate=False, force=True)
