"""The panes of a session in their frames: which of them are beside each other, how high, and which has the screen."""

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.css.scalar import Scalar
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from tui.screens.run.room import PLAN_AT, WIDE, Panes, Widths, arranged, step_cells
from tui.widgets.band.widget import Band
from tui.widgets.checklist.widget import Checklist
from tui.widgets.graph.monitored import monitors_of, span_of
from tui.widgets.moment import Moment, rests, same_but_for_time
from tui.widgets.output.view import OutputView
from tui.widgets.step.card import StepCard
from tui.widgets.step.text import card as card_rows

if TYPE_CHECKING:
    from tui.screens.watch.monitor_card import MonitorCard

PLAN, STEP, OUTPUT = 1, 2, 3
"""The numbers of the panes, on their frames and keys."""
BESIDE = 4
"""Rows of the screen that no pane has, before it is known how many these are."""

REST = Scalar.parse("1fr")


class StepPane(Vertical):
    """Holds the card and the band; that it has another size follows from a layout, and asks for none.

    Textual would lay out all of the screen a second time, in which nothing moves, and paint the pane again.
    """

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class SessionPanes(Grid):
    """Holds the list of steps, the step and its output, and graphs of monitors where a third column leaves room."""

    class Resized(Message):
        """There is another room for the panes."""

    def __init__(
        self, plan: Checklist, card: StepCard, band: Band, output: OutputView, plan_at: Widths = PLAN_AT
    ) -> None:
        super().__init__(id="run")
        self._plan_at = plan_at
        self._focused = {PLAN: plan, STEP: card, OUTPUT: output}
        self._card = card
        self._panes: dict[int, Widget] = {PLAN: plan, STEP: StepPane(card, band, id="step"), OUTPUT: output}
        self._graphs = Vertical(id="graphs")
        self._monitors: list[MonitorCard] = []
        self._lies: Panes | None = None
        self._moment: Moment | None = None
        self._wanted_for: tuple[object, ...] = ()
        self.zoomed = 0

    def compose(self) -> ComposeResult:
        yield from self._panes.values()
        yield self._graphs

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Resized())

    # which is in focus, and which has the screen

    def go_to(self, number: int) -> None:
        """Focus a pane; one that is in focus gets the whole screen, and gives it back."""
        if self.zoomed == number or (not self.zoomed and self._focused[number].has_focus):
            self.zoomed = 0 if self.zoomed else number
        else:
            self.zoomed = 0
        self._lay()
        self._focused[number].focus()

    def zoom(self, number: int) -> None:
        """Give a pane the whole screen, or all their places again; then the list of steps is in focus."""
        self.zoomed = 0 if self.zoomed else number
        self._lay()
        self._focused[self.zoomed or PLAN].focus()

    # how they lie

    def share_out(self, moment: Moment, step: str, output: int) -> None:
        """Give each pane its room by what there is to show; nothing is laid out again where the same is wanted.

        Args:
            output: the rows that the output would take; 0 where there is none, `LIVE` while it grows.
        """
        width = self.size.width or self.app.size.width
        height = self.size.height or self.app.size.height - BESIDE
        names = self._watched(moment)
        wanted_for, laid = (step, width, height, output), False
        if wanted_for != self._wanted_for or not self._still_holds(moment):
            frame = self._card.gutter
            wanted = len(card_rows(moment, step, step_cells(width, self._plan_at) - frame.width)) if step else 0
            lies = arranged(width, height, wanted + frame.height, output, len(names), self._plan_at)
            if lies != self._lies:
                self._lies = lies
                laid = self._lay()
        self._moment, self._wanted_for = moment, wanted_for
        if not laid:
            self._card.fit_bar()
        self.show_monitors(moment)

    def _still_holds(self, moment: Moment) -> bool:
        """Whether the step's card has the rows that it had; while time is part of it, it may have others by now."""
        before = self._moment
        return moment is before or (rests(moment) and same_but_for_time(before, moment))

    def _watched(self, moment: Moment) -> list[str]:
        """The monitors that may have graphs: none where a third column has no room."""
        return list(monitors_of(moment.state)) if (self.size.width or self.app.size.width) >= WIDE else []

    def show_monitors(self, moment: Moment) -> None:
        """Draw what was measured until now, where there are graphs; nothing else changes by it."""
        names = self._watched(moment)
        if self._lies is not None and names:
            self._show_monitors(names[: self._lies.graphs], moment)

    def _lay(self) -> bool:
        """Put the panes in their places; beside one that is zoomed nothing shows. Whether a layout is to come."""
        if self._lies is None:
            return False
        lies, zoomed = self._lies, self.zoomed
        for number, pane in self._panes.items():
            pane.display = zoomed in (0, number)
        self._graphs.display = bool(lies.graphs) and not zoomed
        rows = 1 if zoomed or not lies.card else 2
        self.set_class(len(lies.columns) > 1, "beside")
        self.set_class(rows == 1, "one-row")
        columns = [REST] if zoomed else [*map(Scalar.from_number, lies.columns), REST]
        heights = [REST] if rows == 1 else [Scalar.from_number(lies.card), REST]
        wanted = {
            "grid_size_columns": len(columns),
            "grid_size_rows": rows,
            "grid_columns": tuple(columns),
            "grid_rows": tuple(heights),
        }
        changed = [rule for rule, value in wanted.items() if self.styles.set_rule(rule, value)]
        if changed:
            # What keeps its place and size is not painted again: where these are set one by one all panes are. A part
            # asks for it: how parts lie is kept until one of them does.
            self._graphs.refresh(repaint=False, layout=True)
        return bool(changed)

    def _show_monitors(self, names: list[str], moment: Moment) -> None:
        """Draw graphs of these monitors."""
        from tui.screens.watch.monitor_card import MonitorCard
        from tui.screens.watch.text import Sight

        if names != [card.monitor for card in self._monitors]:
            self._graphs.remove_children()
            self._monitors = [MonitorCard(name) for name in names]
            self._graphs.mount(*self._monitors)
        sight = Sight(now=moment.now, span=span_of(moment.state.runbook))
        for card in self._monitors:
            card.tell(moment.state, sight)
