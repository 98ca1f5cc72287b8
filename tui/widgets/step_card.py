"""The card of the step looked at: what it does, where, why, and what to press."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from tui.widgets.progress import Moment
from tui.widgets.step_text import Piece, card


class StepCard(VerticalScroll, can_focus=True):
    """Shows step `step` as it stands at `moment`."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)
    step: reactive[str] = reactive("", repaint=False)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: list[list[Piece]] = []

    def compose(self) -> ComposeResult:
        yield Static("", markup=False, id="card-text")

    def watch_moment(self) -> None:
        self._update()

    def watch_step(self) -> None:
        self._update()
        self.scroll_home(animate=False)

    def _update(self) -> None:
        if self.moment is None or not self.step:
            return
        lines = card(self.moment, self.step)
        if lines != self._shown:
            self._shown = lines
            self.query_one("#card-text", Static).update(content(lines))


def content(lines: list[list[Piece]]) -> Content:
    """Lines of pieces as something Textual draws; nothing in them is markup."""
    drawn = [Content.assemble(*(piece for piece in line if piece[0])) for line in lines]
    return Content("\n").join(drawn)
