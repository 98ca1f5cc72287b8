"""The foot of the run screen, where "is it stuck?" and "how much time is left?" are answered always."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from tui.widgets.foot_text import banner, first_line, second_line
from tui.widgets.progress import Moment
from tui.widgets.step_card import content
from tui.widgets.step_text import Piece


class Foot(Vertical):
    """Two lines, and a loud third one while the journal cannot be written or a connection is lost under a command."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[Piece]] = []

    def compose(self) -> ComposeResult:
        yield Static("", markup=False, id="foot-trouble")
        yield Static("", markup=False, id="foot-text")

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        trouble = self.query_one("#foot-trouble", Static)
        words = banner(moment)
        trouble.display = bool(words)
        if words:
            trouble.update(words)
        lines = [first_line(moment), second_line(moment)]
        if lines != self._lines:
            self._lines = lines
            self.query_one("#foot-text", Static).update(content(lines), layout=False)
