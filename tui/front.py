"""The one place where the engine's threads meet the screen: what came since the last frame becomes one message."""

import asyncio
import gc
import threading
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from textual import getters
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from tui import threads
from tui.actions import Act, called
from tui.errors import NotNow, RunbookError
from tui.keys import BY_ID, Keys
from tui.widgets.head.mode import Mode, mode_here
from tui.widgets.page import Page

if TYPE_CHECKING:
    from tui.config import Config
    from tui.execution.conductor.conductor import Conductor
    from tui.execution.viewer import Viewer
    from tui.execution.workspace import Setup, Workspace
    from tui.runbook.model import Issue
    from tui.session.events import Entry
    from tui.session.state import SessionState
    from tui.session.views.symptoms import Match
    from tui.session.views.usual import Usual, WholeUsual
    from tui.widgets.keys_row.widget import KeysRow
    from tui.widgets.offers.offer import Offer

FRAME = 1 / 15
NOT_HERE = "it cannot be done here now"
AT_ONCE = 16
"""What blocks and is done at a time: more than a screen asks for, also while a host does not answer."""
Result = TypeVar("Result")
Node = TypeVar("Node", bound=DOMNode)
Given = ParamSpec("Given")


class SessionChanged(Message, bubble=False):
    """The session after the events that came since the last frame."""

    def __init__(self, state: "SessionState", entries: "tuple[Entry, ...]") -> None:
        super().__init__()
        self.state = state
        self.entries = entries


class OutputGrew(Message, bubble=False):
    """Attempts are running, several on a group of hosts, so their outputs may have grown."""

    def __init__(self, *attempts: int) -> None:
        super().__init__()
        self.attempts = attempts


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


class FrontPage(Page[Result]):
    """A screen that may ask something of the application, and says in its last row what can be pressed now."""

    ACTS = "home"
    app = getters.app(Front)
    _keys_row: "KeysRow | None" = None

    def keys_row(self) -> "KeysRow":
        """The row of keys, for the screen to put at its end."""
        from tui.widgets.keys_row.widget import KeysRow

        self._keys_row = KeysRow(self.keys_of_row)
        return self._keys_row

    def keys_of_row(self) -> "list[Offer]":
        """What the row of keys says: nothing under a dialog, nor once parts that are asked may be gone."""
        return self.offers() if self.on_top and self.whole_still else []

    def offers(self) -> "list[Offer]":
        """What can be done on this screen, and why the rest cannot."""
        from tui.widgets.offers.offer import offers_of

        return offers_of(self.ACTS, self.app.keys, self.why_not)

    def why_not(self, act: Act) -> NotNow | None:
        """Why an act of this screen is refused now; None where it can be done."""
        viewer = self.app.viewer
        if act.id.endswith(".rollback") and act.screen != "home" and viewer is not None:
            from tui.session.possible.refusals import refusal

            return refusal("rollback", viewer.situation())
        return None if self.check_action(*called(act)) else NotNow(NOT_HERE)

    def show_keys(self) -> None:
        """Say in the row of keys what can be pressed by now: nothing under a dialog, which gets every key."""
        row = self._keys_row
        if row is not None and row.is_attached and row.is_mounted:
            row.look()

    def on_idle(self) -> None:
        """Look again once all that the screen was told has been done: it may have changed what can be done."""
        self.show_keys()

    async def on_keys_row_chosen(self, event: "KeysRow.Chosen") -> None:
        """Do what was clicked, as its key does."""
        await self.do_act(event.act)

    async def do_act(self, name: str) -> None:
        """Do an act of this screen, as its key does."""
        act = BY_ID[name]
        here = hasattr(self, f"action_{called(act)[0]}")
        await self.app.run_action(act.action, self if here else self.app)


class Waiting:
    """What is left of an act that has begun and waits for something."""

    def __init__(self, act: Coroutine[Any, Any, None], reason: object) -> None:
        self._act = act
        self._reason = reason

    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            try:
                came = yield self._reason
            except BaseException as error:  # it is cancelled, and may have something to tidy up
                step = partial(self._act.throw, error)
            else:
                step = partial(self._act.send, came)
            try:
                self._reason = step()
            except StopIteration:
                return


def asks(
    act: Callable[Concatenate[Node, Given], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[Node, Given], None]:
    """Let an act wait for answers, for as long as its screen is there; what goes wrong in it the operator is told.

    It begins at once, up to its first question; only what follows is a worker. One that begins later, as those of
    Textual's `work` do, leaves the keys that were read together with its own to the screen below: `n` and Enter would
    start a step, where they were to write a note. (Python 3.12 has such tasks, and 3.11 is promised too.)
    """

    @wraps(act)
    def begin(node: Node, /, *given: Given.args, **named: Given.kwargs) -> None:
        app = cast("Front", node.app)
        begun = act(node, *given, **named)

        async def go_on(reason: object) -> None:
            try:
                await Waiting(begun, reason)
            except RunbookError as error:
                app.show_error(error)

        try:
            reason = begun.send(None)
        except StopIteration:
            return
        except RunbookError as error:
            app.show_error(error)
        else:
            node.run_worker(go_on(reason), name=act.__name__)

    return begin


class ScreenNotifier:
    """Listens to a session on the engine's threads, and tells the screens on theirs, at most once a frame.

    While nothing is heard and no command is running it rests: then nothing wakes the program.
    """

    def __init__(self, app: App[None], viewer: "Viewer") -> None:
        self._app = app
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._state = viewer.state
        self._loop = asyncio.get_running_loop()
        self._timer = app.set_interval(FRAME, self.tick)
        viewer.subscribe(self._heard)

    def close(self) -> None:
        """Tell the screens nothing more."""
        self._timer.stop()

    def tick(self) -> None:
        """Post what came since the last frame to every screen that wants it."""
        with self._lock:
            entries, self._entries = tuple(self._entries), []
            state = self._state
        if entries:
            self._post(lambda: SessionChanged(state, entries), "on_session_changed")
        running = [attempt.number for attempt in state.all_running()]
        if running:
            self._post(lambda: OutputGrew(*running), "on_output_grew")
        elif not entries:
            self._rest()

    def _rest(self) -> None:
        with self._lock:
            if not self._entries:
                self._timer.pause()

    def _heard(self, entry: "Entry", state: "SessionState") -> None:
        with self._lock:
            first = not self._entries
            self._entries.append(entry)
            self._state = state
        if first:
            with suppress(RuntimeError):  # the program has ended meanwhile
                self._loop.call_soon_threadsafe(self._timer.resume)

    def _post(self, message: Callable[[], Message], handler: str) -> None:
        for screen in self._app.screen_stack:
            if hasattr(screen, handler):
                screen.post_message(message())
