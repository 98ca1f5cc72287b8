"""The run screen: enter does what comes next in the open session."""

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.actions import bindings
from tui.screens.run.acts import SessionActs
from tui.widgets.head.progress_row import ProgressRow
from tui.widgets.head.titles import session_title
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import Moment


class RunScreen(SessionActs):
    """Drives the open session, until it turns to its rollback."""

    ACTS = "run"
    BINDINGS: ClassVar[list[BindingType]] = bindings("run")

    progress = getters.query_one("#progress", ProgressRow)

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(session_title(self.viewer.state), self.app.mode)
        yield ProgressRow(id="progress")

    def watch_moment(self, before: Moment | None, moment: Moment) -> None:
        self.progress.moment = moment
        super().watch_moment(before, moment)

    def _tick(self) -> None:
        viewer = self.app.viewer
        if viewer is not None and viewer.state.rollback is not None and self.app.screen is self:
            self.app.open_run()  # the screen of the rollback shows it now
        else:
            super()._tick()
