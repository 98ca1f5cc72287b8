"""The one place where the engine's threads meet the screen: what came since the last frame becomes one message."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.message import Message

from tui.front.front import Front

if TYPE_CHECKING:
    from tui.execution.viewer import Viewer
    from tui.session.events import Entry
    from tui.session.state import SessionState

FRAME = 1 / 15


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


class ScreenNotifier:
    """Listens to a session on the engine's threads, and tells the screens on theirs, at most once a frame.

    While nothing is heard and no command is running it rests: then nothing wakes the program.
    """

    def __init__(self, app: Front, viewer: "Viewer") -> None:
        self._app = app
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._state = viewer.state
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._timer = app.set_interval(FRAME, lambda: app.keys_first.then(self.tick))
        viewer.subscribe(self._heard)

    def close(self) -> None:
        """Tell the screens nothing more."""
        self._timer.stop()
        self._closed = True

    def tick(self) -> None:
        """Post what came since the last frame to every screen that wants it."""
        if self._closed:
            return
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
