"""The head of the rollback screen: one big clock against the time allowed, how far it is, and the next news."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Digits, Static

from tui.widgets.progress import Moment, clock_words
from tui.widgets.rollback_text import clock, head_lines, update_overdue
from tui.widgets.step_card import content
from tui.widgets.step_text import Piece


class RollbackHead(Horizontal):
    """Shows the rollback at `moment`."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[Piece]] = []

    def compose(self) -> ComposeResult:
        yield Digits("0:00", id="rollback-clock")
        yield Static("", markup=False, id="rollback-text")

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        time = clock(moment)
        self.query_one("#rollback-clock", Digits).update(clock_words(time.elapsed))
        self.set_class(time.over and moment.state.rollback_finished_at is None, "over")
        self.set_class(bool(update_overdue(moment)), "overdue")
        lines = head_lines(moment)
        if lines != self._lines:
            self._lines = lines
            self.query_one("#rollback-text", Static).update(content(lines), layout=False)
