"""The head of the rollback screen: one big clock against the time allowed, how far it is, and the next news."""

from textual import events, getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive

from tui.text.block import pieces, styled
from tui.widgets.looks.figures import Figures
from tui.widgets.moment import Moment
from tui.widgets.rollback.head_text import head_rows, pace_of, update_rows
from tui.widgets.rollback.text import elapsed_words, update_due, update_overdue
from tui.widgets.words import Words

LOW = 24
"""On a terminal of fewer rows the head is as high as its clock, and nothing in it has a frame."""


class HeadText(Words):
    """Says when it has another width: its words are laid out by that, and nothing else asks for them then."""

    class Resized(Message):
        """The words have another room."""

    def on_resize(self, event: events.Resize) -> None:
        self.post_message(self.Resized())


class RollbackHead(Horizontal):
    """Shows the rollback at `moment`."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    digits = getters.query_one("#rollback-clock", Figures)
    text = getters.query_one("#rollback-text", Words)
    update = getters.query_one("#rollback-update", Words)

    def compose(self) -> ComposeResult:
        yield Figures("0:00", id="rollback-clock")
        yield HeadText(id="rollback-text")
        update = Words(id="rollback-update")
        update.border_title = pieces(("Status update", "bold"))
        yield update

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        digits, elapsed = self.digits, elapsed_words(moment)
        if digits.value != elapsed:
            digits.update(elapsed)
        pace = pace_of(moment)
        for one in type(pace):
            digits.set_class(one is pace, one.value)
        self.set_class(self.app.size.height < LOW, "low")
        self.set_class(bool(update_overdue(moment)), "overdue")
        update = self.update
        if update.display != (update_due(moment.state) is not None):
            update.display = not update.display
            self.call_after_refresh(self._again)  # what stands beside it has another width then
        self._say(moment)

    def on_resize(self, event: events.Resize) -> None:
        if self.moment is not None:
            self.set_class(self.app.size.height < LOW, "low")
            self.call_after_refresh(self._again)

    def on_head_text_resized(self) -> None:
        self._again()

    def _again(self) -> None:
        if self.moment is not None:
            self._say(self.moment)

    def _say(self, moment: Moment) -> None:
        text, update = self.text, self.update
        width, height = text.scrollable_content_region.size
        if width:
            text.say(styled(head_rows(moment, width, height)))
        width = update.scrollable_content_region.width
        if width and update.display:
            update.say(styled(update_rows(moment, width, not self.has_class("low"))))
