"""What screens may ask of the application, so that no screen has to import it."""

import asyncio
import gc
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

from tui import threads
from tui.errors import RunbookError
from tui.front.keys_first import KeysFirst
from tui.keys import Keys
from tui.widgets.head.mode import Mode, mode_here

if TYPE_CHECKING:
    from tui.config import Config
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.viewer import Viewer
    from tui.execution.workspace import Setup, Workspace
    from tui.runbook.model import Issue
    from tui.session.state import SessionState
    from tui.session.views.symptoms import Match
    from tui.session.views.usual import Usual, WholeUsual

AT_ONCE = 16
"""What blocks and is done at a time: more than a screen asks for, also while a host does not answer."""
Result = TypeVar("Result")


class Front(App[None]):
    """What screens may ask of the application, so that no screen has to import it."""

    workspace: "Workspace"
    config: "Config"
    keys: Keys
    viewer: "Viewer | None" = None
    """The session that is open; this process carries it out, follows it or replays it."""
    operator: str = ""
    given: "Setup | None" = None
    """What the command line says of a session that is set up."""

    mode_apart: Mode | None = None  # of a screen that is about no session and no host
    following: Path | None = None
    """The runbook that is opened once the program has left this one."""

    troubleshooting: str = ""
    """The known trouble that the next session is begun for."""
    _frozen = False

    @property
    def mode(self) -> Mode:
        """What is at stake, by the session that is open, else by where the program is."""
        return self.mode_apart or mode_here(self.viewer, self.workspace)

    @cached_property
    def background(self) -> threads.Workers:
        """Who does what blocks."""
        return threads.Workers("runbook-work", AT_ONCE)

    @cached_property
    def keys_first(self) -> KeysFirst:
        """Whether a key waits for its paint, which comes before anything else is shown."""
        return KeysFirst(self)

    @property
    @abstractmethod
    def painted(self) -> float:
        """When the screen on top was first painted since it is there; infinite while it is not."""

    @property
    def conductor(self) -> "Conductor | None":
        """What carries out the open session; None where none is open, or another process does."""
        if self.viewer is None:
            return None
        from tui.execution.conductor.conductor import Conductor

        return self.viewer if isinstance(self.viewer, Conductor) else None

    def acting(self) -> "Conductor":
        """What carries out the open session.

        Raises:
            NotNow: another process does, or it is a replay.
            RunbookError: no session is open.
        """
        if self.viewer is None:
            raise RunbookError("no session is open", "open one from the first screen")
        conductor = self.conductor
        if conductor is None:
            raise self.viewer.refusal()
        return conductor

    def freeze(self, wanted: bool) -> None:
        """Have what is loaded by now stay as long as its session: to search it for garbage holds up keys by 50 ms.

        Once a session: what is frozen is collected only after that was let go.
        """
        if wanted is not self._frozen:
            self._frozen = wanted
            (gc.freeze if wanted else gc.unfreeze)()

    @abstractmethod
    def usual(self, state: "SessionState") -> "Mapping[str, Usual]":
        """What the steps of a session's runbook took in earlier sessions, as far as that is known by now."""

    @abstractmethod
    def usual_whole(self, state: "SessionState") -> "WholeUsual":
        """What whole sessions like this one took, and their sections, as far as that is known by now."""

    @abstractmethod
    def usual_planned(self, flow: str, method: str) -> "Usual | None":
        """What a whole session of a flow by a method took in earlier sessions, as far as that is known by now."""

    @abstractmethod
    def begin(self, setup: "Setup") -> None:
        """Begin a session and show it."""

    @abstractmethod
    def resume(self, session_id: str, hosts: str = "", reopen: bool = False) -> None:
        """Resume a session and show it; with `reopen` also a finished one.

        Args:
            hosts: which places hold where its hosts are said to be elsewhere today; "" asks.
        """

    @abstractmethod
    def resume_chosen(self, session_id: str, rollback: bool) -> None:
        """Resume a session that was chosen on a screen, and with `rollback` ask about that, not as it was started."""

    @abstractmethod
    def review(self, session_id: str) -> None:
        """Show the summary of a session that is over."""

    @abstractmethod
    def replay(self, session_id: str) -> None:
        """See a kept session again, as it was."""

    @abstractmethod
    def open_run(self) -> None:
        """Show the session that is open."""

    @abstractmethod
    def troubleshoot(self, issue: "Issue", because: "Match | None" = None) -> None:
        """Show a known trouble, and what it was found by."""

    @abstractmethod
    def show_summary(self) -> None:
        """Show the result of the session that is open."""

    @abstractmethod
    def close_session(self) -> None:
        """Let go of the open session and go back to the first screen."""

    @abstractmethod
    def show_error(self, error: RunbookError) -> None:
        """Tell the operator what is wrong and what to do next."""

    @abstractmethod
    def say(self, text: str, title: str = "", warning: bool = False) -> None:
        """Tell the operator something that needs no answer."""

    @abstractmethod
    def open_link(self, url: str) -> None:
        """Take the operator to a page: the address is copied, and opened where there is a browser to open it."""

    @abstractmethod
    def ask_secret(self, prompt: str) -> str:
        """Ask for a secret without showing it; called on a thread of the engine's, which waits for the answer."""

    def work(
        self,
        node: MessagePump,
        call: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[RunbookError], None] | None = None,
    ) -> None:
        """Do what blocks on another thread; `done` gets the result on the screen's side, unless `node` is gone.

        The thread never keeps the program from ending.
        """

        def run() -> None:
            try:
                result = call()
            except RunbookError as error:
                node.call_later(failed or self.show_error, error)
            except Exception as error:  # it would end the thread without a word
                words = f"a fault of this program: {type(error).__name__}: {error}"
                node.call_later(failed or self.show_error, RunbookError(words, "please report it"))
            else:
                node.call_later(done, result)

        self.background.begin(run)

    async def work_done(self, call: Callable[[], Result]) -> Result:
        """Do what blocks on another thread, and wait for its result, in an act that `asks`.

        Raises:
            RunbookError: as `call` does.
        """
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.work(self, call, result.set_result, result.set_exception)
        return await asyncio.shield(result)

    async def ask(self, dialog: Screen[Result]) -> Result | None:
        """Put a question to the operator, in an act that `asks`; None where they leave it."""
        answer: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self.push_screen(dialog, answer.set_result)
        return await asyncio.shield(answer)  # who asked may be removed, and the dialog be answered
