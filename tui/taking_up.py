"""Takes a session up on the screen, or shows one that is over: asks where its hosts are, and reaches them again."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tui.errors import HostsMoved, RunbookError, SessionHeld, SessionOver
from tui.front.asks import asks
from tui.front.front import Front
from tui.widgets.page import Page

if TYPE_CHECKING:
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.preflight import Finding
    from tui.execution.viewer import Viewer
    from tui.execution.workspace import Workspace
    from tui.replay.stage import ReplayWorkspace
    from tui.session.places import Moved

Result = TypeVar("Result")
Failed = Callable[[RunbookError], None]


class TakingUp(Front):
    """The application, as far as it takes up sessions that were left, and shows those that are over."""

    _hosts = ""
    """Which places hold for hosts that are said to be elsewhere today: "session", "today", or "" to ask."""
    _rolling_back = False
    _again = False
    _opening = False
    _before: "Workspace | None" = None
    """Where the program was before it shows a session that was recorded."""

    def once(self, call: Callable[[], Result], done: Callable[[Result], None], failed: Failed | None = None) -> None:
        """Open a session, unless one is on its way to be opened: a key pressed twice begins or resumes one."""
        if self._opening:
            return
        self._opening = True

        def opened(result: Result) -> None:
            self._opening = False
            done(result)

        def refused(error: RunbookError) -> None:
            self._opening = False
            if isinstance(self.screen, Page):
                self.screen.stays()
            (failed or self.show_error)(error)

        self.work(self, call, opened, refused)

    @abstractmethod
    def _opened(self, viewer: "Viewer") -> None:
        """Show a session that was opened."""

    def replay(self, session_id: str) -> None:
        """See a kept session again, as it was."""
        from tui.replay.stage import staged

        self.once(
            lambda: staged(self.workspace.store.find_to_read(session_id), self.workspace.today), self._show_replay
        )

    def _show_replay(self, place: "ReplayWorkspace") -> None:
        from tui.screens.replay.screen import ReplayScreen

        self._enter(place)
        self.push_screen(ReplayScreen(place))

    def review(self, session_id: str) -> None:
        """Show the summary of a session that is over."""
        from tui.replay.stage import staged
        from tui.screens.summary.screen import SummaryScreen

        def show(place: "ReplayWorkspace") -> None:
            self._enter(place)
            self.push_screen(SummaryScreen())

        self.once(lambda: staged(self.workspace.store.find_to_read(session_id), self.workspace.today), show)

    def _enter(self, place: "ReplayWorkspace") -> None:
        """Have a session that was recorded as the one that is open."""
        if place is not self.workspace:
            self._before = self.workspace
        self.workspace, self.viewer = place, place.replayer

    def resume_chosen(self, session_id: str, rollback: bool) -> None:
        """Resume a session, and ask about its rollback then, or not."""
        if not self._opening:
            self._rolling_back = rollback
        self.resume(session_id)

    def resume(self, session_id: str, hosts: str = "", reopen: bool = False) -> None:
        """Resume a session, reach its hosts again, and show it; where they are said to be elsewhere, ask first."""
        self.once(
            lambda: self.workspace.resume(session_id, self.operator, hosts or self._hosts, reopen),
            self._resumed,
            partial(self._not_resumed, session_id, reopen),
        )

    @asks
    async def _not_resumed(self, session_id: str, reopen: bool, error: RunbookError) -> None:
        """Ask what has to be known first; show what another process writes, without a way to act; tell the rest."""
        if isinstance(error, SessionOver):
            from tui.dialogs import Confirm

            lines = [session_id, f"It is finished: {error.ended}.", "", "Opening it again is recorded."]
            title = "Open a finished session again?"
            if await self.ask(Confirm(title, lines, yes="Open it again", no="Leave it", kind="◆ REOPEN")):
                self.resume(session_id, reopen=True)
        elif isinstance(error, HostsMoved):
            from tui.dialogs.moved import WhichHosts

            which = await self.ask(WhichHosts(error.moved))
            if which:
                self.resume(session_id, which, reopen)
        elif isinstance(error, SessionHeld):
            self.once(lambda: self.workspace.look_on(session_id, error.holder), self._opened)
        else:
            self.show_error(error)

    @asks
    async def _resumed(self, conductor: "Conductor") -> None:
        from tui.dialogs.taken_up import TakenUp

        self._opened(conductor)
        if conductor.state.started is None:
            return
        conductor.hold("its hosts are being reached again")

        def reach() -> "tuple[list[Finding], list[Moved]]":
            from tui.execution.preflight import RowVerdict

            findings, elsewhere = self.workspace.reach_again(conductor, self.ask_secret)
            conductor.mask_left()
            return [row for row in findings if row.verdict is RowVerdict.FAILED], elsewhere

        self._again = False
        self.work(self, reach, partial(self._reached, conductor))
        if self._rolling_back:
            from tui.screens.rolling_back import ask_to_roll_back, why_not

            self._rolling_back = False
            refused = why_not(conductor, self.keys)
            if refused is None:
                self.call_after_refresh(ask_to_roll_back, self.screen, conductor.taken_up)
                return
            self.show_error(refused)
        again = await self.ask(TakenUp(conductor.taken_up, len(conductor.rechecks())))
        self._again = bool(again)
        if not conductor.held:
            self._check_again(conductor)

    def _check_again(self, conductor: "Conductor") -> None:
        """Make the last checks again, where the operator wants that."""
        wanted, self._again = self._again, False
        if wanted and self.viewer is conductor:
            try:
                conductor.recheck(conductor.rechecks())
            except RunbookError as error:
                self.show_error(error)

    @asks
    async def _reached(self, conductor: "Conductor", result: "tuple[list[Finding], list[Moved]]") -> None:
        failed, elsewhere = result
        if self.viewer is not conductor:
            return
        if elsewhere:
            from tui.dialogs import Confirm

            lines = [*map(str, elsewhere), "", "Nothing has been done there yet. If you continue, it is recorded."]
            if await self.ask(
                Confirm("Another machine or user than before", lines, yes="Continue there", kind="◆ HOSTS")
            ):
                conductor.agree()
                self._check_again(conductor)
            else:
                self.close_session()
            return
        self._check_again(conductor)
        if failed:
            again = f"{self.keys.sign('app.login')} asks again" if self.workspace.connections.logged_out() else ""
            todo = again or "; ".join(dict.fromkeys(row.hint for row in failed if row.hint)) or "fix it"
            words = "; ".join(f"{row.name}: {row.detail}" for row in failed)
            self.show_error(RunbookError(words, f"{todo}; until then steps that need it fail"))
