"""A host over one connection that all threads share, whatever makes that connection, and makes it again."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, Protocol

from msgspec.structs import replace

from tui import threads
from tui.errors import AuthenticationRefused, HostError, LoginWanted, RunbookError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.asking import Asking
from tui.transports.base import (
    CancelToken,
    Command,
    HostFacts,
    LinkListener,
    LinkState,
    OutputSink,
    Stream,
    TerminalEnd,
)
from tui.transports.by_turns import ChannelsByTurns, L
from tui.transports.jobs.job import run_durably, unreachable
from tui.transports.jobs.keeping import KeepsJobs
from tui.transports.jobs.request import Lost
from tui.transports.jobs.scripts import MISSING
from tui.transports.running import Carried, Running
from tui.transports.shell import Wrapped, wrap
from tui.transports.terminals.joining import FarTerminal, joined_terminals, terminal_request

FACTS = (
    "uname -n; cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo; "
    f"for s in bash sh; do command -v $s; done; echo login $SHELL; echo clock $(date +%s); {MISSING}"
)
LOGIN = "login "
CLOCK = "clock "
MANY_DIGITS = 12
"""A time since 1970 has fewer, for the next thousands of years."""
STARTUP = "its login shell, startup files (.bashrc) or a forced command may keep commands from running;"
NO_JOBS = "no jobs: "
RECONNECT = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between two tries to make a lost connection again; the last one again and again."""

LOGGED_OUT = "the connection is lost, and to log in again somebody has to type"
LOG_IN = "log in again; a command that is running there continues"

_SCHEDULE = threads.Schedule("reconnect soon")
_RECONNECTING = threads.Workers("reconnect", 32)
"""A network that is gone takes the connections of all hosts at once."""

NOT_STARTED = Outcome(OutcomeKind.CANCELLED, detail="it had not started")

JITTER = 0.25
"""A round trip that differs by a smaller share from the one that is told is not news."""
LEAST = 0.002
"""Nor is one that differs by fewer seconds."""


def steadied(told: float | None, took: float) -> float:
    """How long a round trip takes, in seconds: what was `told` before while the newest `took` about as long."""
    return told if told is not None and abs(took - told) <= max(told * JITTER, LEAST) else took


class LossTold(Protocol):
    """What notices that a connection has gone, or that its host does not answer."""

    @property
    def round_trip(self) -> float | None:
        """How many seconds the host took to answer, as the last sign of life told."""

    def stop(self) -> None:
        """Tell nothing any more; the connection is closed on purpose."""


class ConnectedTransport(KeepsJobs, ABC, Generic[L]):
    """One host. Connects when first used, and again when the connection was lost; never runs a command twice.

    A command that is to end has `patience` seconds to do so before it is killed. `on_link` is told of every change of
    the connection, on any thread. `asking` is who may be asked for what a login needs typed.
    """

    durable = True

    def __init__(
        self,
        name: str,
        target: str,
        *,
        patience: float,
        on_link: Callable[[LinkState, str], None],
        asking: Asking | None,
    ) -> None:
        self.name = name
        self.target = target
        self.on_link = on_link
        self._asking = asking or Asking()
        self._patience = patience
        self._lock = threading.Lock()
        self._connection: L | None = None
        self._loss: LossTold | None = None
        self._facts: HostFacts | None = None
        self._link = LinkState.DOWN
        self._login_shell = ""
        self._typed = False
        self._wanted: LoginWanted | None = None
        """Why nobody is logged in, where it takes somebody who types; not tried again before they may be asked."""
        self._closed = threading.Event()
        self._channels: ChannelsByTurns[L] = ChannelsByTurns(
            name, self._connected, self.connect, self._start, self._one_more
        )

    @abstractmethod
    def _made(self, asks: bool) -> tuple[L, HostFacts]:
        """Make a connection; with `asks` the operator may be asked for what that needs.

        Raises:
            HostError: there is none.
        """

    @abstractmethod
    def _loss_told(self, connection: L, noticed: Callable[[LinkState, str], None]) -> LossTold:
        """Have changes of the connection noticed."""

    @abstractmethod
    def _start(self, connection: L, wrapped: Wrapped, patience: float, let_go: Callable[[], None]) -> Carried:
        """Send a request on a channel of its own; see Start."""

    @abstractmethod
    def _another(self) -> L:
        """One more connection, of which the listener is told nothing; the caller closes it."""

    @abstractmethod
    def _terminal(self, connection: L, request: str, end: TerminalEnd, let_go: Callable[[], None]) -> FarTerminal:
        """Send a request on a channel of its own that has a terminal.

        Raises:
            NoChannel, Lost: as a Start does.
            HostError: the host gives no terminal.
        """

    def connect(self) -> HostFacts:
        """Reach the host, once; see Transport."""
        connection, facts = self._connected()
        if not facts.shells:
            output = bytearray()

            def keep(stream: Stream, data: bytes) -> None:
                if stream is Stream.OUT:  # on the other one startup files may print, too
                    output.extend(data)

            began = time.time()
            outcome = self._run_on(connection, Command(script=FACTS, timeout=20.0), keep)
            ended = time.time()
            if not outcome.ended_by_itself:
                raise HostError(
                    f"{self.name}: logged in, but a first command has no result: {outcome}",
                    f"{STARTUP} try: ssh {self.target} 'echo it runs'",
                )
            facts = self._facts = with_facts(facts, output.decode(errors="replace"), began, ended)
            self._login_shell = facts.login_shell
        return facts

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command; see Transport."""
        plainly = partial(self._run_plain, command, sink, cancel)
        if command.durable:
            return run_durably(self._channels, command, sink, cancel, self._patience, plainly)
        return plainly()

    def _run_plain(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        try:
            connection, facts = self._connected()
            if not facts.shells:  # input and secrets go to a host that is known to run what it is given
                self.connect()
        except HostError as error:
            return unreachable(error)
        return self._run_on(connection, command, sink, cancel)

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run a program in a terminal of its own there; see Transport."""
        try:
            connection, _ = self._connected()
            send = partial(self._terminal, connection, terminal_request(command), end)
            far = self._channels.opened(connection, send, cancel, unless_cancelled=True)
        except HostError as error:
            return NOT_STARTED if cancel.cancelled else unreachable(error)
        except Lost as lost:
            detail = f"the connection was lost as the program started: {lost.__cause__}"
            return Outcome(OutcomeKind.UNKNOWN, detail=detail)
        return joined_terminals(far, end, sink, cancel)

    def link(self) -> LinkState:
        """The state of the connection now."""
        return self._link

    def round_trip(self) -> float | None:
        """How long the last sign of life took; see Transport."""
        loss = self._loss
        return None if loss is None or self._link is not LinkState.UP else loss.round_trip

    def listen(self, listener: LinkListener) -> None:
        """Tell `listener` of every change of the connection from now on."""
        self.on_link = listener

    def close(self) -> None:
        """Let go of the connection."""
        self._closed.set()
        with self._lock:
            self._let_go()
            self._link = LinkState.DOWN

    def _let_go(self) -> None:
        if self._loss:
            self._loss.stop()
        if self._connection:
            self._connection.close()
        self._connection = None

    def _connected(self, again: bool = False) -> tuple[L, HostFacts]:
        with self._lock:
            if again and self._closed.is_set():
                raise HostError(f"{self.name}: the connection was closed on purpose")
            self._closed.clear()
            asks = not again and self._asking.may(self.name)
            self._asking.spend(self.name)  # also where nothing is asked: no connection asks in the middle of a run
            if self._connection and self._connection.is_active() and self._facts:
                return self._connection, self._facts
            if self._connection:
                self._changed(self._lost(), "the connection was closed")
                self._let_go()
            if self._typed and not asks:
                raise AuthenticationRefused(f"{self.name}: {LOGGED_OUT}", LOG_IN)
            if self._wanted is not None and not asks:
                raise LoginWanted(self._wanted.message, self._wanted.hint)
            self._changed(LinkState.CONNECTING)
            started = time.monotonic()
            try:
                connection, facts = self._made(asks)
            except HostError as error:
                self._wanted = error if isinstance(error, LoginWanted) and self._asking.somebody else None
                out = self._typed or self._wanted is not None
                self._changed(LinkState.LOGGED_OUT if out else LinkState.DOWN, error.message)
                raise
            self._wanted = None
            self._typed = facts.typed
            self._facts = replace(facts, connect_seconds=0.0 if facts.typed else time.monotonic() - started)
            self._connection = connection
            self._loss = self._loss_told(connection, partial(self._noticed, connection))
            self._changed(LinkState.UP)
            return connection, self._facts

    def _one_more(self) -> L:
        if self._typed:
            raise AuthenticationRefused(f"{self.name}: a further connection would have to be logged in by hand", LOG_IN)
        return self._another()

    def _noticed(self, connection: L, link: LinkState, detail: str) -> None:
        """Take note of a change nobody asked for; a lost connection is made again before the next step needs it."""
        with self._lock:
            if connection is not self._connection:
                return  # another one has taken its place meanwhile
            self._changed(self._lost() if link is LinkState.LOST else link, detail)
        if link is LinkState.LOST and not self._typed and not self._closed.is_set():
            self._later(0)

    def _lost(self) -> LinkState:
        return LinkState.LOGGED_OUT if self._typed else LinkState.LOST

    def _later(self, tries: int) -> None:
        pause = RECONNECT[min(tries, len(RECONNECT) - 1)]
        _SCHEDULE.after(pause, partial(_SCHEDULE.give, _RECONNECTING, partial(self._reconnect, tries)))

    def _reconnect(self, tries: int) -> None:
        if self._closed.is_set():
            return
        try:
            self._connected(again=True)
        except RunbookError:  # there is none yet, or no thread for it
            self._later(tries + 1)

    def _changed(self, link: LinkState, detail: str = "") -> None:
        if link is not self._link:
            self._link = link
            self.on_link(link, detail)

    def _run_on(self, connection: L, command: Command, sink: OutputSink, cancel: CancelToken | None = None) -> Outcome:
        cancel = cancel or CancelToken()
        wrapped = wrap(command, self._login_shell)
        try:
            exchange = self._channels.begin(connection, wrapped, cancel, unless_cancelled=True)
        except HostError as error:
            return NOT_STARTED if cancel.cancelled else unreachable(error)
        except Lost as lost:
            detail = f"the connection was lost as the command started: {lost.__cause__}"
            return Outcome(OutcomeKind.UNKNOWN, detail=detail)
        hushed = bool(wrapped.stdin)
        return Running(self._channels, exchange, sink, command.timeout, self._patience, hushed).follow(cancel)


def with_facts(facts: HostFacts, said: str, began: float, ended: float) -> HostFacts:
    """The facts with what a host answered to FACTS, between two times of ours (since 1970)."""
    lines = [*said.splitlines(), "", ""]
    return replace(
        facts,
        hostname=lines[0],
        boot_id=lines[1],
        shells=tuple(Path(line).name for line in lines[2:] if line.startswith("/")),
        login_shell=next((line.removeprefix(LOGIN) for line in lines if line.startswith(LOGIN)), ""),
        unprotected=next((line.removeprefix(NO_JOBS) for line in lines if line.startswith(NO_JOBS)), ""),
        clock_off=clock_off(lines, began, ended),
    )


def clock_off(lines: Sequence[str], began: float, ended: float) -> float | None:
    """By how many seconds at least a host's clock is off, from what it said of itself between two times of ours.

    It said a whole second, at some time between the two: what both leave open counts as the same time.
    """
    said = next((line.removeprefix(CLOCK) for line in lines if line.startswith(CLOCK)), "")
    if not (said.isascii() and said.isdigit() and len(said) < MANY_DIGITS):
        return None
    least, most = int(said) - ended, int(said) + 1 - began
    return least if least > 0 else most if most < 0 else 0.0
