"""The table of checks: a section's read-only steps made at once, each row as it comes."""

from typing import ClassVar

from textual import events, getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widgets import Footer

from tui.actions import bindings
from tui.errors import NotNow, RunbookError
from tui.front import FrontPage, SessionChanged
from tui.runbook.model import Section
from tui.screens.checks.text import counted, table
from tui.screens.rolling_back import ask_to_roll_back, may_roll_back
from tui.session.views.verdicts import CheckRow, row_of
from tui.text.block import block, styled
from tui.widgets.head.top_line import TopLine
from tui.widgets.words import Words

TICK = 0.5


class ChecksScreen(FrontPage[None]):
    """Shows the checks of `section` of the open session, and makes those that are still to be made."""

    ACTS = "checks"
    AUTO_FOCUS = "#checks"
    CSS = "ChecksScreen #checks { height: 1fr; padding: 0 1; } ChecksScreen #count { height: 1; padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("checks")

    rows: reactive[tuple[CheckRow, ...]] = reactive((), init=False, repaint=False)

    rows_table = getters.query_one("#checks-table", Words)
    count = getters.query_one("#count", Words)

    def __init__(self, section: Section) -> None:
        super().__init__()
        self.section = section

    def compose(self) -> ComposeResult:
        yield TopLine(f"Checks · {self.section.title}", self.app.mode)
        with VerticalScroll(id="checks"):
            yield Words(id="checks-table")
        yield Words(id="count")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        self.action_again()
        self._look()
        self.set_interval(TICK, self._look)

    def on_session_changed(self, event: SessionChanged) -> None:
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        self.watch_rows(self.rows)

    def _look(self) -> None:
        viewer = self.app.viewer
        if viewer is None:
            return
        state = viewer.state
        places = {step.id for _, step in state.plan()}
        steps = [step for step in self.section.steps if step.id in places and not step.mutates]
        self.rows = tuple(
            row_of(state, self.section.id, step) for step in steps if all(action.automatic for action in step.actions)
        )

    def watch_rows(self, rows: tuple[CheckRow, ...]) -> None:
        if not self.is_mounted:
            return
        self.rows_table.say(styled(table(rows, max(60, self.size.width - 4))))
        self.count.say(block(counted(rows)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What would be refused is not offered."""
        viewer = self.app.viewer
        if action == "rollback":
            return may_roll_back(viewer)
        return action not in ("again", "cancel") or viewer is None or not viewer.read_only

    def action_again(self) -> None:
        """Make the checks that are not well, or were not made yet."""
        conductor = self.app.conductor
        if conductor is None:
            return
        try:
            steps = conductor.checks(self.section)
            if steps:
                conductor.check_together(steps)
        except RunbookError as error:
            self.app.show_error(error)

    def action_cancel(self) -> None:
        conductor = self.app.conductor
        if conductor is not None and conductor.busy:
            conductor.cancel()
        else:
            self.app.show_error(NotNow("no check is running"))

    def action_rollback(self) -> None:
        ask_to_roll_back(self)

    def action_back(self) -> None:
        self.dismiss(None)
