"""Gives probes their way to a service through a place's transport, until the probe's deadline."""

import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from tui import threads
from tui.errors import RunbookError
from tui.probes.base import NoData, ProbeFailed, Ran
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Address, CancelToken, Command, DialFailed, GivingWay, Stream, Transport, Undialled
from tui.transports.sockets import forwarded, forwarded_at, shut

MOST_OUTPUT = 8 << 20
"""Bytes a probe's command may print; for more, a command of the runbook is the right thing, not a probe."""
SHELL = "sh"
"""Every host has it, and what probes run needs no more."""

_LOOK = 'if [ ! -e "$1" ]; then exit 3; elif [ ! -S "$1" ]; then exit 4; elif [ ! -w "$1" ]; then exit 5; fi'
_SOCKET_WHY = {3: Undialled.ABSENT, 4: Undialled.ABSENT, 5: Undialled.DENIED, 0: Undialled.REFUSED}


def failure(place: str, address: Address, why: Undialled, detail: str, seconds: float) -> ProbeFailed:
    """What a probe says of an address that it could not reach."""
    port = f"ss -ltn 'sport = :{address.port}'"
    match why:
        case Undialled.REFUSED if address.path:
            return ProbeFailed(f"nothing listens on {address.path}", f"is its service running on {place}?")
        case Undialled.REFUSED:
            return ProbeFailed(f"{address.host} refuses connections on port {address.port}", f"does it run? {port}")
        case Undialled.NAME:
            hint = f"the service's host setting, or {place}'s DNS and /etc/hosts"
            return ProbeFailed(f"{place} does not know the name {address.host}", hint)
        case Undialled.SILENT:
            hint = "a firewall between the two, or a host that is down"
            return ProbeFailed(f"{address} does not answer {place} within {seconds:g} s", hint)
        case Undialled.ABSENT:
            return ProbeFailed(f"{place} has no socket {address.path}", "is its service running? or is the path wrong?")
        case Undialled.DENIED:
            hint = f"the user's groups there: ls -l {address.path}"
            return NoData(f"no permission to use {address} on {place}", hint)
        case Undialled.FORBIDDEN:
            hint = "AllowTcpForwarding, PermitOpen and DisableForwarding in its sshd_config, or the key's options"
            return NoData(f"{place}'s SSH server forbids a tunnel to {address}", hint)
        case _:
            return ProbeFailed(f"{place} cannot reach {address}: {detail}", f"is there a way from {place} to it?")


class TransportReach:
    """The way from one place, for one probe; a context that lets go of everything it opened.

    At the deadline every socket it gave ends under its reader, so that no library waits longer, whatever its own
    timeouts are.
    """

    def __init__(
        self,
        transport: Transport,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        giving_way: GivingWay | None = None,
    ) -> None:
        """Args: giving_way: told where a command gave way to another; without it none does."""
        self._transport = transport
        self._asker = giving_way
        self._seconds = seconds
        self._clock = clock
        self._deadline = clock() + seconds
        self._lock = threading.Lock()
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._ends: list[socket.socket] = []
        """A second handle of each socket: `ssl` takes the first one over, and then only this one ends the socket."""
        self._tokens: list[CancelToken] = []
        self._timer = threads.timer("end of a probe", seconds, self._end)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._end()
        for sock in (*self._sockets, *self._ends):
            sock.close()

    @property
    def left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, self._deadline - self._clock())

    def tcp(self, host: str, port: int) -> socket.socket:
        """A socket connected to host:port; see Reach."""
        return self._opened(Address(host=host, port=port))

    def unix(self, path: str) -> socket.socket:
        """A socket connected to a UNIX socket; see Reach."""
        return self._opened(Address(path=path))

    def forward(self, host: str, port: int) -> AbstractContextManager[tuple[str, int]]:
        """A loopback address that leads to host:port; see Reach."""
        return self._forwarded(Address(host=host, port=port))

    def forward_unix(self, path: str, here: Path) -> AbstractContextManager[None]:
        """A UNIX socket here that leads to one of the place; see Reach."""
        return self._forwarded_at(Address(path=path), here)

    def run(self, script: str, secrets: Mapping[str, str] | None = None) -> Ran:
        """Run a read-only command at the place; see Reach."""
        self._within()
        token = self._token()
        out, err = bytearray(), bytearray()

        def keep(stream: Stream, data: bytes) -> None:
            (out if stream is Stream.OUT else err).extend(data)
            if len(out) + len(err) > MOST_OUTPUT:
                token.cancel()

        command = Command(script=script, shell=SHELL, secrets=secrets or {}, timeout=self.left)
        outcome = self._transport.run(command, keep, token)
        if len(out) + len(err) > MOST_OUTPUT:
            raise ProbeFailed(f"the command prints more than {MOST_OUTPUT >> 20} MiB", "ask for less")
        return Ran(self._exit(outcome), out.decode(errors="replace"), err.decode(errors="replace"))

    def _exit(self, outcome: Outcome) -> int:
        if outcome.exit_status is not None:
            return outcome.exit_status
        if outcome.kind is OutcomeKind.TIMED_OUT or not self.left:
            place = self._transport.name
            raise ProbeFailed(f"the command on {place} does not end within {self._seconds:g} s", self._slow)
        raise NoData(f"the command on {self._transport.name} {outcome}")

    def _within(self) -> None:
        if not self.left:
            raise ProbeFailed(f"no answer within {self._seconds:g} s", self._slow)

    @property
    def _slow(self) -> str:
        return f"is {self._transport.name} busy, or `timeout` too short?"

    def _opened(self, address: Address) -> socket.socket:
        with self._worded(address):
            sock = self._dial(address)
        return sock

    @contextmanager
    def _forwarded(self, address: Address) -> Iterator[tuple[str, int]]:
        with ExitStack() as block:
            with self._worded(address):
                here = block.enter_context(forwarded(lambda: self._dial(address)))
            yield here

    @contextmanager
    def _forwarded_at(self, address: Address, here: Path) -> Iterator[None]:
        with ExitStack() as block:
            with self._worded(address):
                block.enter_context(forwarded_at(lambda: self._dial(address), here))
            yield

    def _dial(self, address: Address) -> socket.socket:
        self._within()
        sock = self._transport.dial(address, self.left)
        sock.settimeout(self.left or 0.001)
        end = sock.dup()
        with self._lock:
            self._sockets.append(sock)
            self._ends.append(end)
            if self._ended:
                shut(end)
        return sock

    @contextmanager
    def _worded(self, address: Address) -> Iterator[None]:
        try:
            yield
        except DialFailed as failed:
            why = failed.why
            if address.path and why is Undialled.OTHER:  # sshd does not say why a UNIX socket cannot be reached
                why = self._why_not(address.path)
            raise failure(self._transport.name, address, why, failed.detail, self._seconds) from failed
        except RunbookError as error:
            raise NoData(error.message, error.hint) from error

    def _why_not(self, path: str) -> Undialled:
        command = Command(script=_LOOK.replace('"$1"', shlex.quote(path)), shell=SHELL, timeout=self.left)
        outcome = self._transport.run(command, lambda stream, data: None, self._token())
        return _SOCKET_WHY.get(-1 if outcome.exit_status is None else outcome.exit_status, Undialled.OTHER)

    def _token(self) -> CancelToken:
        token = GivingWay(self._asker) if self._asker is not None else CancelToken()
        with self._lock:
            self._tokens.append(token)
            if self._ended:
                token.cancel()
        return token

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            for end in self._ends:
                shut(end)
            for token in self._tokens:
                token.cancel()
