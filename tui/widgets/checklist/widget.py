"""The whole session at a glance: its sections, folded or open, every step with its state, the current one marked."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip

from tui.actions import bindings
from tui.runbook.model import Issue
from tui.session.state import SessionState, StepStatus
from tui.session.tries import at_work
from tui.session.views.called import again_words, count_again
from tui.text.block import Piece, segment, shown
from tui.widgets.checklist.folding import FoldedList, ListRow, opened
from tui.widgets.checklist.outline import Outline, outline
from tui.widgets.checklist.plan_text import RowShape, counts_in, heading, says_the_same, step_row
from tui.widgets.checklist.trouble_outline import trouble_outline
from tui.widgets.frames import NUMBER, counts_of, legend, tried
from tui.widgets.moment import Moment, current_step
from tui.widgets.output.lines import Lines

BAR = 1
"""The cells of the scroll bar: texts in rows leave them free, so that they stay whole when it comes."""
AROUND = 2
"""Rows that show before and after the step looked at."""
Said = tuple[bool, int, list[Piece]]
"""What a row says: whether it is marked, its cells, its words."""


class Checklist(Lines):
    """Shows `moment`; `selected` is the step looked at, which follows the current one until the operator moves.

    Where the step looked at is in a section that the operator folded, the section's heading is marked.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"checklist--{name}"
        for name in (
            *("plain", "heading", "done", "soft", "faint", "line", "current", "selected"),
            *("todo", "live", "turn", "sign", "bad", "unknown", "good", "quiet"),
        )
    }
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("steps"), *bindings("sections")]

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    selected: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None, rollback: bool = False, issue: Issue | None = None) -> None:
        super().__init__(id=id)
        self.rollback = rollback
        self.issue = issue
        self.following = True
        self._outline = Outline()
        self._rows = FoldedList(self._outline, frozenset())
        self._by_hand: dict[str, bool] = {}
        self._state: SessionState | None = None
        self._kept: dict[tuple[str, RowShape], Said] = {}
        """What rows say in the state `_kept_of`, whatever the time is; those of steps that are to do say it longer."""
        self._kept_of: SessionState | None = None

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        if moment.state is not self._state:
            self._state = moment.state
            before = self._outline
            self._outline = self._made(moment.state)
            self._entitle()
            here = current_step(moment.state)
            moved = ""
            if self.following and here in self._outline:
                moved = here
            elif self.following and not here and self.issue is None and self._outline.steps:
                moved = self._outline.steps[-1]  # all is done: the end of it is where the session is
            elif not self.selected and self._outline.steps:
                moved = self._outline.steps[0]
            if moved and moved != self.selected:
                self.selected = moved
            elif self._fold() and (self.following or before is not self._outline):
                self._reveal()
        self.refresh_changed()

    def watch_selected(self, before: str, step: str) -> None:
        self._fold()
        self.refresh_changed()
        self._reveal()

    def _made(self, state: SessionState) -> Outline:
        if self.issue is None:
            return outline(state, self.rollback)
        width = self.size.width or self.app.size.width  # before it is laid out: rows of one cell would be painted once
        return trouble_outline(state, self.issue, width - BAR)

    def on_resize(self, event: events.Resize) -> None:
        if self.issue is not None and self._state is not None:
            self._outline = self._made(self._state)  # its texts are laid out in rows
        self._fold()
        self._entitle()
        self.refresh()
        self._reveal()

    def show_rollback(self, alone: bool) -> None:
        """Show the rollback's steps alone, or the whole session's."""
        self.rollback, self._state = alone, None
        self.watch_moment(self.moment)
        self._reveal()

    # which step is looked at

    def action_move(self, by: int) -> None:
        self.look_at(self._outline.neighbour(self.selected, by, self._folded_by_hand))

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
        row = self._row_at(event)
        if row is None:
            return
        if row.step is not None:
            self.look_at(row.step.id)
        elif self._outline.folds:
            self.fold(row.place, row.place in self._rows.open_parts)

    def _row_at(self, event: events.MouseEvent) -> ListRow | None:
        inside = event.get_content_offset(self)
        place = inside.y + self.scroll_offset.y if inside is not None else -1
        return self._rows.at(place) if 0 <= place < self._rows.total else None

    # what is folded

    def action_fold(self, how: str) -> None:
        """Fold the section of the step looked at, open it, or whichever of the two it is not."""
        place = self._outline.part_of(self.selected)
        is_open = place in self._rows.open_parts
        if place >= 0 and self._outline.folds and how in ("toggle", "fold" if is_open else "open"):
            self.fold(place, is_open)

    def fold(self, place: int, folded: bool) -> None:
        """Fold a section or open it; it stays so, whatever the session does."""
        name = self._outline.parts[place].id
        self._by_hand.pop(name, None)
        if (place in self._opened()) == folded:
            self._by_hand[name] = not folded
        self._fold()
        self.refresh_changed()
        self._reveal()

    def _folded_by_hand(self, place: int) -> bool:
        return self._outline.folds and place >= 0 and self._by_hand.get(self._outline.parts[place].id) is False

    def _opened(self) -> frozenset[int]:
        here = self._outline.part_of(current_step(self._state)) if self._state else -1
        looked = self._outline.part_of(self.selected)
        return opened(self._outline, here, looked, self._by_hand, self.inside.height)

    def _fold(self) -> bool:
        """Open and fold the sections as it is now; whether rows are elsewhere than before."""
        open_parts = self._opened()
        if self._rows.outline is self._outline and self._rows.open_parts == open_parts:
            self.set_total(self._rows.total)
            return False
        self._rows = FoldedList(self._outline, open_parts)
        self.set_total(self._rows.total)
        return True

    # how it looks

    def said_on(self, y: int) -> Said | None:
        number = y + self.scroll_offset.y
        if self.moment is None or self._state is None or number >= self._rows.total:
            return None
        row, width = self._rows.at(number), self.width
        marked = number == self._rows.row_of(self.selected) and bool(self.selected)
        place = RowShape(width=width, selected=marked, rollback=self.rollback, issue=self.issue is not None)
        if row.step is not None:
            if self.issue is not None or self._time_passes(self._state, row.step.id):
                return marked, width, step_row(self.moment, row.step, place)
            moment, step = self.moment, row.step
            return self._known((step.id, place), lambda: step_row(moment, step, place))
        here = self._outline.part_of(current_step(self._state)) == row.place
        return marked, width, heading(self.moment, row.part, row.place in self._rows.open_parts, here, place)

    @staticmethod
    def _time_passes(state: SessionState, step: str) -> bool:
        """Whether a row tells a time that grows: of a step that runs, and of one that is settled and checked again."""
        return state.step(step).status is StepStatus.RUNNING or at_work(state, step)

    def _known(self, row: tuple[str, RowShape], words: Callable[[], list[Piece]]) -> Said:
        """What a row says in which no time passes; where the mark moves all are asked, and two say something else."""
        if self._kept_of is not self._state:
            self._kept = {one: said for one, said in self._kept.items() if self._says_the_same(*one)}
            self._kept_of = self._state
        if row not in self._kept:
            self._kept[row] = row[1].selected, row[1].width, words()
        return self._kept[row]

    def _says_the_same(self, step: str, place: RowShape) -> bool:
        before, state = self._kept_of, self._state
        return before is not None and state is not None and says_the_same(before, state, step, place)

    def draw_line(self, y: int) -> Strip:
        plain, said = self.paint("checklist--plain"), self._said.get(y)
        if said is None:
            return Strip.blank(self.width, plain)
        marked, width, drawn = said
        segments = []
        for text, class_ in drawn:
            style = self.paint(f"checklist--{class_ or 'plain'}")
            if marked:
                style = style + self.get_component_rich_style("checklist--selected", partial=True)
            segments.append(segment(shown(text), style))
        return Strip(segments).adjust_cell_length(width, plain)

    def _entitle(self) -> None:
        """Say on the frame what the list is, and how many of its steps stand so."""
        if self._state is not None:
            what = "What to try" if self.issue else "What is undone" if self.rollback else "Plan"
            counts = self._counts(self._state)
            below = legend(counts, self.outer_size.width, count_again(self._state, counts), again_words(self._state))
            if self.issue is not None:
                below = tried(self._state, self._outline.steps)
            self.entitle([("1 ", NUMBER), (what, "bold")], below)

    def _counts(self, state: SessionState) -> Mapping[StepStatus, int]:
        if self.issue or self.rollback:
            return counts_of(state, self._outline.steps, self.rollback)
        return counts_in(state, self._outline.parts)

    def _reveal(self) -> None:
        """Scroll so that the step looked at shows, with a little of what comes before and after it."""
        row = self._rows.row_of(self.selected)
        region = Region(0, max(0, row - AROUND), self.width, 2 * AROUND + 1)
        if self.issue is not None and (self.selected,) == self._outline.steps[-1:]:
            region = Region(0, row, self.width, self._rows.total - row)  # what must not be done is below the last step
        if self.size.height:
            self.scroll_to_region(region, animate=False, force=True)
