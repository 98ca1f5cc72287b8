"""The watch screen: what the monitors measure, beside what was usual, and what the triggers make of it."""

from pathlib import PurePath
from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widgets import Footer

from tui.actions import bindings
from tui.front import FrontPage
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.screens.watch.text import watch_lines
from tui.text.block import styled
from tui.widgets import FOLDER
from tui.widgets.foot.widget import Alarm, Vitals
from tui.widgets.head.mode import clock_line
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import Moment
from tui.widgets.words import Words

TICK = 0.5


class WatchScreen(FrontPage[None]):
    """Shows the monitors of the open session; nothing can be started here but the rollback, by its own question."""

    ACTS = "watch"
    AUTO_FOCUS = "#watch"
    CSS_PATH: ClassVar[list[str | PurePath]] = [FOLDER / "foot" / "foot.tcss"]
    CSS = "WatchScreen #watch { height: 1fr; padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("watch")

    moment: reactive[Moment | None] = reactive(None, init=False, repaint=False)

    measured = getters.query_one("#watch-text", Words)
    top = getters.query_one(TopLine)
    alarm = getters.query_one(Alarm)
    vitals = getters.query_one(Vitals)

    def compose(self) -> ComposeResult:
        yield TopLine(f"Watch · {self.app.workspace.runbook.runbook.title}", self.app.mode)
        yield Alarm(id="alarm")
        with VerticalScroll(id="watch"):
            yield Words(id="watch-text")
        yield Vitals(id="vitals")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self._look()
        self.set_interval(TICK, self._look)

    def on_resize(self, event: events.Resize) -> None:
        self._show()

    def _look(self) -> None:
        viewer = self.app.viewer
        if viewer is None:
            return
        workspace = self.app.workspace
        self.moment = Moment(
            state=viewer.state,
            now=workspace.clock.now(),
            links=workspace.links(),
            read_only=viewer.read_only,
            keys=self.app.keys.on(self.ACTS),
        )

    def watch_moment(self, moment: Moment | None) -> None:
        self._show()

    def _show(self) -> None:
        if self.moment is None or not self.is_mounted:
            return
        back = self.moment.keys.of("rollback") if may_roll_back(self.app.viewer) else ""
        lines = watch_lines(self.moment.state, self.size.width, back)
        self.measured.say(styled(lines))
        self.top.tell(clock_line(self.moment.now, self.size.width))
        self.alarm.moment = self.vitals.moment = self.moment

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would be refused is not offered."""
        return action != "rollback" or may_roll_back(self.app.viewer)

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_back(self) -> None:
        self.dismiss(None)
