"""Puts to the operator what other threads have to ask: a secret, what a login or sudo wants typed, a permission."""

import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from textual.app import App, SuspendNotSupported

from tui.front.front import Front

if TYPE_CHECKING:
    from tui.dialogs.base import Dialog
    from tui.execution.workspace import Workspace

Answer = TypeVar("Answer")

LOOK = 0.2
"""Seconds after which a thread that waits for an answer looks whether the program ends."""


class Asked(Front):
    """The application, as far as it asks for others; each of them waits on a thread of its own."""

    hushed = False
    _closing = False

    def answer_for(self, workspace: "Workspace") -> None:
        """Have whatever a workspace asks be asked here."""
        workspace.asking.by(self.ask_login, self.tell_now, self.lend_terminal, self._asked_all)
        workspace.secrets.agreements.by(self.ask_agreement)

    def _asked_all(self) -> None:
        self.call_later(self._hush, False)

    def ask_secret(self, prompt: str) -> str:
        """Ask for a secret without showing it; waits for the answer, and gets none once the program ends."""
        from tui.dialogs.ask import AskSecret

        self.call_later(self._hush, True)
        return self._answered(AskSecret(prompt)) or ""

    def ask_login(self, title: str, lines: Sequence[str]) -> str | None:
        """Ask for what a login or sudo needs, without showing it; called on a thread, which waits."""
        from tui.dialogs.ask import AskLogin

        self.call_later(self._hush, True)
        return self._answered(AskLogin(title, lines))

    def tell_now(self, words: str) -> None:
        """Tell what a connection needs the operator to do; called on its thread."""
        self.call_later(self.say, words, "", True)

    def ask_agreement(self, title: str, lines: Sequence[str]) -> bool:
        """Ask whether something may be done on this machine; called on a thread, which waits."""
        from tui.dialogs.confirm import Confirm

        return self._answered(Confirm(title, lines, "Allow", kind="◆ YOUR MACHINE")) or False

    def lend_terminal(self, call: Callable[[], None]) -> bool:
        """Let another program have the terminal while a call lasts; called on a connection's thread, which waits."""
        done: queue.Queue[bool | None] = queue.Queue(1)
        self.call_later(lambda: done.put(lent(self, call)))
        return self._waited(done) or False

    @contextmanager
    def asking_soon(self) -> Iterator[None]:
        """Let nothing that is typed be heard but by dialogs while something is done that will ask."""
        self._hush(True)
        try:
            yield
        finally:
            self._hush(False)

    def _hush(self, hushed: bool) -> None:
        """Let nothing that is typed be heard but by dialogs, from the first hidden answer until all is asked."""
        self.hushed = hushed

    def _answered(self, dialog: "Dialog[Answer]") -> Answer | None:
        answer: queue.Queue[Answer | None] = queue.Queue(1)
        self.call_later(self.push_screen, dialog, answer.put)
        return self._waited(answer)

    def _waited(self, answer: "queue.Queue[Answer | None]") -> Answer | None:
        while not self._closing:
            try:
                return answer.get(timeout=LOOK)
            except queue.Empty:
                continue
        return None


def lent(app: App[None], call: Callable[[], None]) -> bool:
    """Let another program have the terminal while a call lasts; False, and no call, where there is none to lend.

    Ctrl+C is for the other program: it ends that one and not ours, though both are told.
    """
    ours = threading.current_thread() is threading.main_thread()
    try:
        with app.suspend():
            if ours:  # not SIG_IGN: the other one would inherit that
                before = signal.signal(signal.SIGINT, lambda number, frame: None)
            try:
                call()
            finally:
                if ours:
                    signal.signal(signal.SIGINT, before)
    except SuspendNotSupported:
        return False
    return True
