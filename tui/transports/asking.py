"""Asks the operator what a login needs typed in: one question at a time, nothing twice, and no answer is kept."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from tui.errors import AuthenticationRefused
from tui.transports.hops import Hops

if TYPE_CHECKING:
    import paramiko

Ask = Callable[[str, Sequence[str]], str | None]
"""Puts a question to the operator without showing the answer: its title and its lines; None where they leave it."""

Tell = Callable[[str], None]
"""Tells the operator something that needs no answer here; called on any thread, and does not wait."""

Lend = Callable[[Callable[[], None]], bool]
"""Has a call made while another program may use the terminal; False, and no call, where there is none to lend."""

T = TypeVar("T")

NOBODY = "nobody is there to type it: start it on a terminal, without --ask-never"

TRIES = 3
"""How often the passphrase of a key is asked for, as ssh does."""


class _Unlocked(Struct, frozen=True):
    """A private key that its passphrase opened, and which state of its file that was."""

    key: "paramiko.PKey"
    stamp: tuple[int, int]


class Asking:
    """Who is asked, and when: each host once after an invitation, so that no connection asks in the middle of a run.

    A preflight invites, and so does the operator who logs in again. Without anybody to ask, logins that need no typing
    work as ever. A key that was unlocked stays so as long as the program runs, as an agent would keep it.
    """

    def __init__(self, ask: Ask | None = None, never: bool = False, tell: Tell = lambda words: None) -> None:
        """Args: never: nobody is asked, even where there is a terminal (`--ask-never`)."""
        self.never = never
        self.tell = tell
        """Says what the operator has to do now, beside this program: to touch a key."""
        self.over: Callable[[], None] = lambda: None
        """Told when nothing more will be asked before the next invitation."""
        self._ask = None if never else ask
        self._lend: Lend | None = None
        self._one = threading.RLock()
        self.answered = 0
        """How often the operator typed what was asked, or had the terminal to do so."""
        self._asked: set[str] = set()
        self._left: set[Path] = set()
        self._unlocked: dict[Path, _Unlocked] = {}
        self.hops = Hops()
        """The jump hosts that somebody logged in to."""

    def by(self, ask: Ask, tell: Tell, lend: Lend | None = None, over: Callable[[], None] = lambda: None) -> None:
        """Ask and tell in this way from now on; ask only where anybody may be asked.

        Args:
            lend: hands the terminal over to a program that asks by itself.
            over: told when all that an invitation led to has been asked.
        """
        self._ask = None if self.never else ask
        self._lend = None if self.never else lend
        self.tell = tell
        self.over = over

    @property
    def somebody(self) -> bool:
        """Whether there is anybody to ask."""
        return self._ask is not None

    def invite(self) -> None:
        """Let every host ask once again."""
        self._asked = set()
        self._left = set()
        self.hops.invite()

    @contextmanager
    def invited(self, again: bool = True) -> Iterator[None]:
        """The same, for what the block does; then nobody is asked any more.

        Args:
            again: whether hosts may ask that have asked since the last invitation.
        """
        if again:
            self.invite()
        try:
            yield
        finally:
            self.over()

    def may(self, host: str) -> bool:
        """Whether a connection to this host may ask now."""
        return self._ask is not None and host not in self._asked

    def spend(self, host: str) -> None:
        """Let a host not ask again before the next invitation."""
        self._asked.add(host)

    def answer(self, title: str, lines: Sequence[str]) -> str | None:
        """What the operator types; None where they leave the question, or nobody is there."""
        with self._one:
            answer = self._ask(title, lines) if self._ask is not None else None
            self.answered += answer is not None
            return answer

    @property
    def has_terminal(self) -> bool:
        """Whether there is a terminal to hand over."""
        return self._lend is not None

    def at_terminal(self, call: Callable[[], T]) -> T:
        """Call while the terminal is handed over, and nobody else asks; what the call raises is raised.

        Raises:
            AuthenticationRefused: there is no terminal to hand over.
        """
        made: list[T] = []
        failed: list[BaseException] = []

        def made_or_failed() -> None:
            try:
                made.append(call())
            except BaseException as error:
                failed.append(error)

        with self._one:
            lent = self._lend is not None and self._lend(made_or_failed)
            self.answered += lent
        if failed:
            raise failed[0]
        if not lent or not made:
            raise AuthenticationRefused("there is no terminal at which ssh could ask", NOBODY)
        return made[0]

    def held(self, path: Path) -> "paramiko.PKey | None":
        """The key of a file that was unlocked before."""
        found = self._unlocked.get(path)
        return found.key if found is not None and found.stamp == _stamp(path) else None

    def unlock(self, path: Path, read: "Callable[[str], paramiko.PKey]") -> "paramiko.PKey | None":
        """The key of a file, by its passphrase; None where that is not given, or is wrong too often.

        Args:
            read: makes the key from a passphrase, and raises whatever it likes where that is wrong.
        """
        with self._one:
            if (key := self.held(path)) is not None or path in self._left:
                return key
            wrong = ""
            for _ in range(TRIES):
                answer = self.answer("Unlock a key", [*filter(None, [wrong]), f"The passphrase of {path}"])
                if answer is None:
                    break
                try:
                    key = read(answer)
                except Exception:  # each kind of file has its own word for it
                    wrong = "✖ That is not its passphrase."
                    continue
                self._unlocked[path] = _Unlocked(key, _stamp(path))
                return key
            self._left.add(path)
            return None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
