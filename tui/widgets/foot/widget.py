"""The rows of a session's screens that answer always: is it connected, is it well, is it recorded, what is wrong?"""

from textual import events
from textual.reactive import reactive

from tui.text.block import pieces, styled
from tui.widgets.foot.text import banner, vitals_line
from tui.widgets.moment import Moment
from tui.widgets.words import Words


class Alarm(Words):
    """A loud row, there while the journal cannot be written, a connection is lost, or a trigger has tripped.

    That somebody follows what another person does is told there too, and not loudly.
    """

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    def watch_moment(self, moment: Moment | None) -> None:
        words = banner(moment) if moment is not None else ""
        self.display = bool(words)
        if words and moment is not None:
            self.set_class(bool(moment.read_only) and not (moment.trouble or moment.amiss), "quiet")
            self.say(pieces(words))


class Vitals(Words):
    """The connections and the monitors, in one row."""

    moment: reactive[Moment | None] = reactive(None, repaint=False)

    def watch_moment(self, moment: Moment | None) -> None:
        self._say()

    def on_resize(self, event: events.Resize) -> None:
        self._say()

    def _say(self) -> None:
        if self.moment is not None and self.outer_size.width:
            self.say(styled([vitals_line(self.moment, self.outer_size.width)]))
