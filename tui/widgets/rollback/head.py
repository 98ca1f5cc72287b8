"""The head of the rollback screen: one big clock against the time allowed, how far it is, and the next news."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.widgets import Digits

from tui.text.amounts import clock_words
from tui.text.block import styled
from tui.widgets.moment import Moment
from tui.widgets.rollback.text import clock, head_lines, update_overdue
from tui.widgets.words import Words


class RollbackHead(Horizontal):
    """Shows the rollback at `moment`."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    digits = getters.query_one("#rollback-clock", Digits)
    text = getters.query_one("#rollback-text", Words)

    def compose(self) -> ComposeResult:
        yield Digits("0:00", id="rollback-clock")
        yield Words(id="rollback-text")

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        time = clock(moment)
        digits, elapsed = self.digits, clock_words(time.elapsed)
        if digits.value != elapsed:
            digits.update(elapsed)
        self.set_class(time.over and moment.state.rollback_finished_at is None, "over")
        self.set_class(bool(update_overdue(moment)), "overdue")
        self.text.say(styled(head_lines(moment)))
