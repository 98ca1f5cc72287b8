"""What the engine asks of a place where commands run, so that SSH, this machine and the drill are interchangeable."""

import socket
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from tui.session.outcome import Outcome


class Stream(StrEnum):
    """Which of a command's two outputs a chunk came from."""

    OUT = "out"
    ERR = "err"


class Fence(msgspec.Struct, frozen=True):
    """In which epoch of a session something is done, and who has the session since then; 0 where nobody shares it.

    A host that has seen a higher epoch starts nothing.
    """

    epoch: int = 0
    holder: str = ""


UNSHARED = Fence()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command, ready to run: variables filled in, nothing secret in `script`.

    `script` is handed to `shell` as one argument. `environment` and `secrets` are exported before it runs; `secrets`
    travel over standard input, never in argv and never as SSH environment requests, which a server may drop silently.
    After them the script reads `stdin`, or end-of-file where it is empty. `timeout` is in seconds, None for no limit.
    `key` identifies the attempt (session/step/attempt). A `durable` command is started at most once for its key, and
    keeps running when the connection is lost; where the place cannot do that it runs without, and its outcome says so.
    It does not begin where the place has seen a later epoch than its `fence`'s.
    """

    script: str
    shell: str = "bash"
    directory: str = ""
    environment: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}
    stdin: bytes = b""
    timeout: float | None = None
    key: str = ""
    durable: bool = False
    fence: Fence = UNSHARED


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A durable command that another process, or an earlier connection, left running.

    `out` and `err` are the bytes of each stream that have been received; `timeout` is in seconds from now. Nobody of an
    epoch before the highest that the place has seen ends it.
    """

    key: str
    out: int = 0
    err: int = 0
    timeout: float | None = None
    epoch: int = 0


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on connecting, for the preflight screen and the journal.

    `fingerprint` is that of the host's key as `ssh-keygen -l` prints it; `boot_id` is another one after each restart
    (/proc/sys/kernel/random/boot_id, random(4)), empty where the host has none. `unprotected` says why commands cannot
    outlive their connection there; empty where they can. `typed` says that the server wanted something typed to log in,
    so that a lost connection is not made again by itself. `clock_off` is how many seconds the host's clock is ahead of
    ours, or behind (negative), at least; 0 where both may be the same, None where the host did not say.
    """

    target: str
    user: str = ""
    hostname: str = ""
    key_type: str = ""
    fingerprint: str = ""
    shells: tuple[str, ...] = ()
    login_shell: str = ""
    boot_id: str = ""
    unprotected: str = ""
    typed: bool = False
    connect_seconds: float = 0.0
    clock_off: float | None = None


class Answering(StrEnum):
    """Whether something answers at a place, as far as that is found out without logging in."""

    YES = "reachable"
    NO = "not reachable"
    UNKNOWN = "not asked"


class LinkState(StrEnum):
    """The state of a connection, as the foot of the screen shows it."""

    DOWN = "not connected"
    CONNECTING = "connecting"
    UP = "connected"
    STALLED = "not answering"
    LOST = "connection lost"
    LOGGED_OUT = "logged out"
    """Lost, and somebody has to type before it can be made again."""


LinkListener = Callable[[LinkState, str], None]
"""Told of a connection's new state, and why."""

OutputSink = Callable[[Stream, bytes], None]
"""Receives output bytes in the order they arrived; it is called from one thread and must not block for long."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a socket leads, as the place sees it: a port of a host, or the path of a UNIX socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Undialled(StrEnum):
    """Why there is no socket to an address."""

    REFUSED = "refused"
    NAME = "name unknown"
    SILENT = "no answer"
    ABSENT = "no such socket"
    DENIED = "not permitted"
    FORBIDDEN = "tunnels forbidden"
    OTHER = "unreachable"


class DialFailed(Exception):
    """An address cannot be reached from a place that can; `detail` has the words of the side that said so."""

    def __init__(self, why: Undialled, detail: str = "") -> None:
        super().__init__(f"{why.value}: {detail}" if detail else why.value)
        self.why = why
        self.detail = detail


class Detached(Exception):
    """A durable command keeps running and nobody follows it any more; its outcome is known when it is rejoined."""


class CancelToken:
    """Asks a blocking call to stop; safe to use from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._left = False

    def cancel(self) -> None:
        """Ask; the call ends when it has made sure that the command is gone."""
        self._event.set()

    def leave(self) -> None:
        """Ask a durable command's follower to let it run by itself; any other command is cancelled."""
        self._left = True
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    @property
    def left(self) -> bool:
        """Whether a durable command is to keep running by itself."""
        return self._left

    def wait(self, seconds: float) -> bool:
        """Sleep that ends at once on cancel; True when cancelled."""
        return self._event.wait(seconds)


class GivingWay(CancelToken):
    """That of a command which nobody waits for: it runs only where a channel is left over, and ends where one is not.

    The caller asks again later; nothing is known of what it would have found.
    """

    def __init__(self, asker: "GivingWay | None" = None) -> None:
        """Args: asker: who is told as well that it gave way."""
        super().__init__()
        self._asker = asker
        self._gave_way = False

    def give_way(self) -> None:
        """End it, or do not begin it: somebody needs the channel."""
        self._gave_way = True
        self.cancel()
        if self._asker is not None:
            self._asker.give_way()

    @property
    def gave_way(self) -> bool:
        """Whether it gave way."""
        return self._gave_way


class TerminalEnd(Protocol):
    """The operator's side of a terminal."""

    term: str
    """What kind of terminal it is, as TERM says."""

    def size(self) -> tuple[int, int]:
        """Columns and lines."""

    def read(self, wait: float) -> bytes | None:
        """What is typed within `wait` seconds; None once nothing can be typed any more."""

    def write(self, data: bytes) -> None:
        """Draw."""


class Transport(Protocol):
    """A place where commands run. Safe to call from several threads at once."""

    name: str
    durable: bool
    """Whether a durable command outlives the connection and this program; where not, it runs as any other."""

    def connect(self) -> HostFacts:
        """Reach the place, once; later calls return the same facts.

        Raises:
            HostError: it cannot be reached, is refused, or is another host than it should be.
        """

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command to its end and say how it ended; blocks, and never raises for what a host does.

        `sink` gets the output as it is received, on one thread. A lost connection, an exceeded timeout and a cancel are
        outcomes too.

        Raises:
            Detached: it is durable, is still running, and `cancel` was told to leave it.
        """

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run a program in a terminal of its own there, joined with the operator's; see `run` for the rest.

        Neither secrets nor standard input are given: what is typed is its input.
        """

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Follow a durable command that was left, from byte `out` and `err` of its outputs, to its end.

        An outcome that cannot be known, because the host was restarted or the job removed, is UNKNOWN.

        Raises:
            Detached: it is still running, and `cancel` was told to leave it.
        """

    def look(self, key: str) -> str:
        """What there is of a durable command at the place, in words for a person who has to decide.

        Raises:
            HostError: the place cannot be reached.
        """

    def fence(self, session: str, fence: Fence) -> tuple[str, ...]:
        """Have nothing of an earlier epoch begin there from now on; returns the attempts (step/number) that have begun.

        Raises:
            TakenOver: a later epoch has been there.
            HostError: the place cannot be reached, or cannot keep a fence.
        """

    def clear(self, session: str, fence: Fence = UNSHARED) -> int:
        """Remove what a session's durable commands left at the place; returns how many still run there, and stay.

        Raises:
            TakenOver: a later epoch has been there; nothing is removed then.
            HostError: the place cannot be reached.
        """

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A socket connected to an address, from the place; no port of this machine listens for it.

        Raises:
            DialFailed: the address refuses, does not answer in `timeout` seconds, or the place forbids the way.
            HostError: the place cannot be reached.
        """

    def answers(self, timeout: float) -> Answering:
        """Whether something answers at the place, without logging in.

        Raises:
            HostError: nobody knows how the place is reached.
        """

    def link(self) -> LinkState:
        """The state of the connection now."""

    def round_trip(self) -> float | None:
        """How many seconds an answer of the place takes, as the last sign of life told; None where there is none."""

    def listen(self, listener: LinkListener) -> None:
        """Tell `listener` of every change of the connection from now on, on any thread.

        There is one listener: a later one replaces it.
        """

    def close(self) -> None:
        """Let go of the connection; running commands end as unknown."""
