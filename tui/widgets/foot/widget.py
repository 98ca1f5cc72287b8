"""The foot of the run screen, where "is it stuck?" and "how much time is left?" are answered always."""

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive

from tui.text.block import pieces, styled
from tui.widgets.foot.text import banner, first_line, second_line
from tui.widgets.moment import Moment
from tui.widgets.words import Words


class Foot(Vertical):
    """Two lines, and a loud third one while the journal cannot be written or a connection is lost under a command."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    trouble = getters.query_one("#foot-trouble", Words)
    text = getters.query_one("#foot-text", Words)

    def compose(self) -> ComposeResult:
        yield Words(id="foot-trouble")
        yield Words(id="foot-text")

    def watch_moment(self, moment: Moment | None) -> None:
        if moment is None:
            return
        trouble = self.trouble
        words = banner(moment)
        trouble.display = bool(words)
        if words:
            trouble.say(pieces(words))
        self.text.say(styled([first_line(moment), second_line(moment)]))
