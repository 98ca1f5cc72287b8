"""The rollback screen: the plan computed from the session, one clock against the time allowed, and people kept told."""

from pathlib import PurePath
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType

from tui.actions import bindings
from tui.dialogs import SendMessage
from tui.front.asks import asks
from tui.runbook.templates.variables import worded
from tui.screens.rolling_back import ask_to_roll_back
from tui.screens.run.acts import SessionActs
from tui.widgets import FOLDER
from tui.widgets.checklist.widget import Checklist
from tui.widgets.head.titles import rollback_title
from tui.widgets.head.top_line import TopLine
from tui.widgets.moment import Moment
from tui.widgets.rollback.head import RollbackHead


class RollbackScreen(SessionActs):
    """Drives the rollback of the open session, by the run screen's own widgets and keys."""

    ACTS = "rollback"
    CSS_PATH: ClassVar[list[str | PurePath]] = [*SessionActs.CSS_PATH, FOLDER / "rollback" / "head.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = bindings("rollback")

    rollback_head = getters.query_one("#rollback-head", RollbackHead)

    def head(self) -> ComposeResult:
        """What this is about."""
        yield TopLine(rollback_title(self.viewer.state), self.app.mode)
        yield RollbackHead(id="rollback-head")

    def make_checklist(self) -> Checklist:
        """The rollback's own steps."""
        return Checklist(id="checklist", rollback=True)

    def on_mount(self) -> None:
        if self.viewer.state.rollback is None and not self.viewer.read_only:
            self.call_after_refresh(ask_to_roll_back, self)

    def watch_moment(self, before: Moment | None, moment: Moment) -> None:
        self.rollback_head.moment = moment
        self.top.entitle(rollback_title(moment.state))
        super().watch_moment(before, moment)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to turn back to from here, once the reason is given."""
        viewer = self.app.viewer
        if action == "rollback" and viewer is not None and viewer.state.rollback is not None:
            return False
        return super().check_action(action, parameters)

    def action_next(self) -> None:
        """As on the run screen; a rollback nobody has given a reason for asks for it first."""
        if self.viewer.state.rollback is None:
            ask_to_roll_back(self)
        else:
            super().action_next()

    @asks
    async def action_update(self) -> None:
        """Write the status update that people wait for, filled in from the session."""
        if self.refused("update"):
            return
        conductor = self.conductor
        name = conductor.runbook.flows[conductor.state.flow].update
        message = conductor.runbook.messages[name]
        can_send = (bool(message.send) or conductor.announces is not None) and not self.app.workspace.drill
        title, to = worded(message.title, conductor.values()), worded(message.to, conductor.values())
        sent = await self.app.ask(SendMessage(title, conductor.message(name), can_send, to))
        if sent is not None:
            await self.app.work_done(lambda: conductor.deliver(name, "", sent.text, sent.how))
            self.show_now()

    def action_everything(self) -> None:
        """Look at the whole session's steps, or at the rollback's alone again."""
        self.checklist.show_rollback(not self.checklist.rollback)
        self.show_now()  # the row of keys says what it shows next
