"""The ground that a panicking hand stands on: an application, its host and its sessions, and what must hold of them."""

import asyncio
import contextlib
import math
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual.app import App
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.hostile.mashing import FIRST, NAME
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.fake_clock import FakeClock
from tests.support.sessions.stored import stored
from tui.app import RunbookApp
from tui.dialogs import AskText, Confirm, RollbackReason
from tui.dialogs.base import Dialog
from tui.dialogs.pick import Pick
from tui.errors import RunbookError
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.screens.help import HelpScreen
from tui.screens.home.screen import HomeScreen
from tui.screens.small import Cover
from tui.screens.troubleshoot import TroubleshootScreen
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.journal.journal import read, verify
from tui.session.outcome import Outcome

RUNBOOK = Path(__file__).parent.parent.parent / "data" / "mashed.toml"
SETUP = Setup(flow="deploy", operator="ana", variables={"release": "v2"}, reason="a test")
PATIENCE = 30.0
ROUNDS = 3
RAN = ("look around", "look late", "look once", "look at load", "change code", "change back", "fail always")
DESTROYED = ("destroy tables", "destroy cache", "destroy and restore", "destroy processes")
CHANGED = (*DESTROYED, "change code", "change back", "fail always")
ASKED = {
    ev.NoteAdded: AskText,
    ev.StepSkipped: AskText,
    ev.ValueCorrected: AskText,
    ev.RollbackStarted: RollbackReason,
    ev.SessionFinished: Confirm,
}
"""What is recorded only once a dialog of this kind was answered."""


class Fault(Exception):
    """Something that must not happen; the message says what."""


class Before:
    """How things stood before a read."""

    def __init__(self, ground: "Ground") -> None:
        self.stack = ground.app.screen_stack[:]
        self.ran = ground.ran()
        self.events = ground.recorded()
        self.conductor = ground.app.conductor


class Ground:
    """One application after another on the same host and the same store."""

    homes = 0
    """How often the application went back to its first screen."""

    last: RenderableType | None = None
    """What was painted last."""

    def __init__(self, folder: Path) -> None:
        runbook = load(RUNBOOK)
        self.host = FakeTransport(
            {
                "measure": Reply(b"errors 0.1%\n"),
                "fail always": Reply(b"no\n", Outcome.exited(1)),
                "look": Reply(b"fine\n"),
            },
            NAME,
        )
        self.store = Store(folder / "sessions")
        self.workspace = Workspace(
            runbook, RUNBOOK.read_text(), self.store, {"db": self.host}, FakeClock(), drill="mashed"
        )
        self.app: RunbookApp
        self.pilot: Pilot[Any]

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """An application on the first screen, with one session that can be replayed."""
        self.workspace.preflight(SETUP, lambda row: None)
        self.app = app = RunbookApp(self.workspace)
        home_again = app._home_again

        def counted() -> None:
            self.homes += 1
            home_again()

        app._home_again = counted  # type: ignore[method-assign]  # this one application counts
        with self._watched():
            async with app.run_test(size=FIRST) as self.pilot:
                await self.calm()
                await self.begin()
                yield

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Keep what reaches the terminal last."""
        display = App._display

        def kept(app: App[Any], screen: Screen[Any], renderable: RenderableType | None) -> None:
            self.last = self.last if renderable is None or app._batch_count else renderable
            display(app, screen, renderable)

        App._display = kept  # type: ignore[method-assign]  # what is painted last is looked at
        try:
            yield
        finally:
            App._display = display  # type: ignore[method-assign]  # what is painted last is looked at

    async def begin(self) -> None:
        """A new session, with its hosts reached again."""
        if self.app.conductor is not None:
            self.app.close_session()
            await self.calm()
        told: list[RunbookError] = []
        show_error = self.app.show_error
        self.app.show_error = lambda error: (told.append(error), show_error(error))[1]  # type: ignore[method-assign]  # what it fails with is said
        self.app.begin(SETUP)
        while self.app.conductor is None or not self.app.is_running:
            if told:
                raise Fault(f"no session can begin: {told[0]}")
            await self.pilot.pause(0.002)
        self.app.show_error = show_error  # type: ignore[method-assign]  # as it was
        await self.calm()

    # waiting

    async def calm(self) -> None:
        """Wait until all that was read has had its effect, nothing runs, and the screen is painted."""
        try:
            async with asyncio.timeout(PATIENCE):
                still = 0
                while still < ROUNDS:
                    while self._works():  # noqa: ASYNC110 – threads tell nobody
                        await asyncio.sleep(0.002)
                    if not self.app.is_running or self.app._exit or self.app._exception:
                        return
                    await self.pilot._wait_for_screen()
                    await self._painted()
                    still = 0 if self._works() or self._pends() else still + 1
        except TimeoutError:
            working = [one.name for one in threading.enumerate() if one.name == "runbook-work"]
            busy = self.app.conductor is not None and self.app.conductor.busy
            painted = getattr(self.app, "painted", 0.0)
            raise Fault(f"hangs: {self.names()} {working=} {busy=} {painted=}") from None

    async def armed(self) -> None:
        """Wait until the dialog on top, if one is, hears."""
        top = self.app.screen
        try:
            async with asyncio.timeout(PATIENCE):
                while isinstance(top, Dialog) and not (top.armed or self.app.covered) and self.app.screen is top:  # noqa: ASYNC110 – nobody is told
                    await asyncio.sleep(0.002)
        except TimeoutError:
            raise Fault(f"a dialog never hears: {self.names()}") from None

    def _works(self) -> bool:
        if any(one.name == "runbook-work" for one in threading.enumerate()):
            return True
        conductor = self.app.conductor
        return conductor is not None and conductor.busy

    def _pends(self) -> bool:
        """Whether any part has something in its queue: what one key does goes through several of them."""
        parts = [self.app, *(part for screen in self.app.screen_stack for part in screen.walk_children(with_self=True))]
        return any(part.message_queue_size or part._pending_message or part._next_callbacks for part in parts)

    async def _painted(self) -> None:
        while self._unseen() and self.app.is_running and not self.app._exit:  # noqa: ASYNC110 – a paint tells nobody
            await asyncio.sleep(0.002)

    def _unseen(self) -> bool:
        if not self.app.covered:
            return self.app.painted == math.inf
        return not isinstance(self.last, Cover) or self.last.region.size != self.app.size

    # what is known

    def names(self) -> list[str]:
        """The screens, the lowest first."""
        return [type(one).__name__ for one in self.app.screen_stack]

    def ran(self) -> Counter[str]:
        """What the host saw run."""
        return Counter(word for one in self.host.ran for word in (*RAN, *DESTROYED) if word in one.script)

    def recorded(self) -> Counter[type[ev.Event]]:
        """What the open session's journal has."""
        conductor = self.app.conductor
        if conductor is None or conductor.state.started is None:
            return Counter()
        path = self.store.find(conductor.state.started.session).journal
        return Counter(type(entry.event) for entry in read(path))

    # what must hold

    def check(self, before: Before, keys: list[str], typed: bool) -> bool:
        """Whether the application is still there; `typed` allows one start of what destroys.

        Raises:
            Fault: something must not be.
        """
        if self.app._exception is not None:
            raise Fault(f"crash: {self.app._exception!r}")
        self._starts(before, typed)
        self._records(before)
        if self.app._exit or not self.app.is_running:
            self._left(before, keys)
            return False
        self._stands(before)
        return True

    def _starts(self, before: Before, typed: bool) -> None:
        new = self.ran() - before.ran
        destroyed = sum(new[one] for one in DESTROYED)
        if destroyed > typed:
            raise Fault(f"started without the typed name: {dict(new)}")
        changed = sum(new[one] for one in CHANGED)
        if changed and not isinstance(before.stack[-1], Dialog):
            raise Fault(f"a change that nobody confirmed: {dict(new)}")
        if changed > 1:
            raise Fault(f"more changes than one were confirmed by one read: {dict(new)}")

    def _records(self, before: Before) -> None:
        if self.app.conductor is not before.conductor or before.conductor is None:
            return
        new = self.recorded() - before.events
        for kind, dialog in ASKED.items():
            if new[kind] > 1 or (new[kind] and not isinstance(before.stack[-1], dialog)):
                raise Fault(f"{new[kind]} {kind.__name__} by one read in {type(before.stack[-1]).__name__}")

    def _left(self, before: Before, keys: list[str]) -> None:
        asked = isinstance(before.stack[-1], Confirm)
        free = before.conductor is None or bool(before.conductor.read_only or before.conductor.state.finished)
        if not asked and not free:
            raise Fault(f"the program ended unasked by {keys}")

    def _stands(self, before: Before) -> None:
        stack = self.app.screen_stack[:]
        gone = [one for one in before.stack if one not in stack]
        homes, self.homes = self.homes, 0
        exchanged = len(gone) == 2 and (
            isinstance(gone[1], CommandPalette)  # which was asked to leave the screen below
            or (isinstance(gone[0], TroubleshootScreen) and isinstance(gone[1], Pick))
        )
        if len(gone) > 1 and not homes and not exchanged:
            raise Fault(f"one read closed {[type(one).__name__ for one in gone]}")
        kinds = [type(one) for one in stack if not isinstance(one, Dialog)]
        if len(stack) < 2 or type(stack[-1]) is Screen:
            raise Fault("a blank screen")
        if not isinstance(stack[1], HomeScreen):
            raise Fault(f"Home is not the lowest: {self.names()}")
        kinds = [one for one in kinds if one is not HelpScreen]
        if len(set(kinds)) != len(kinds):
            raise Fault(f"a screen twice: {self.names()}")
        session = any(one.__name__ in ("RunScreen", "RollbackScreen", "SummaryScreen") for one in kinds)
        if session and self.app.viewer is None:  # a replay has a summary too
            raise Fault(f"screens of a session, and no session: {self.names()}")
        if self.app.covered is not isinstance(self.last, Cover):
            raise Fault(f"painted last: {self.last!r} on a terminal of {self.app.size}")

    def check_journals(self) -> None:
        """That each journal is whole, and that what the host saw run is what they announced, no more and no less.

        Raises:
            Fault: they differ.
        """
        announced: Counter[str] = Counter()
        for summary in stored(self.store):
            directory = self.store.find(summary.id)
            verify(directory.journal)
            for entry in read(directory.journal):
                if isinstance(entry.event, ev.AttemptStarted):
                    announced.update(one for one in (*RAN, *DESTROYED) if one in entry.event.command)
        if announced != self.ran():
            raise Fault(f"announced {dict(announced)}, ran {dict(self.ran())}")


@contextlib.contextmanager
def quick_dialogs() -> Any:
    """Dialogs that hear soon after they are seen."""
    look, Dialog.LOOK = Dialog.LOOK, 0.007
    try:
        yield
    finally:
        Dialog.LOOK = look
