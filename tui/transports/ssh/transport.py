"""Runs commands on a host over one SSH connection that all threads share."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import paramiko
from msgspec.structs import replace

from tui import threads
from tui.errors import AuthenticationRefused, HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.asking import Asking
from tui.transports.base import (
    Address,
    Answering,
    CancelToken,
    Command,
    HostFacts,
    LinkListener,
    LinkState,
    OutputSink,
    Stream,
)
from tui.transports.host_keys.keyblobs import fingerprint
from tui.transports.jobs.job import run_durably, unreachable
from tui.transports.jobs.keeping import KeepsJobs
from tui.transports.jobs.scripts import MISSING
from tui.transports.shell import wrap
from tui.transports.ssh.channels import SSHChannels
from tui.transports.ssh.connect import CONNECT_TIMEOUT, knock, open_connection
from tui.transports.ssh.liveness import Liveness
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh.running import Running
from tui.transports.ssh.tunnel import dial_through
from tui.transports.ssh.wire import Connection, Inbox
from tui.transports.ssh_config.resolved import Resolved, resolve
from tui.transports.turns import Turns

CHANNEL_PATIENCE = 60.0
FACTS = (
    "uname -n; cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo; "
    f"for s in bash sh; do command -v $s; done; echo login $SHELL; {MISSING}"
)
LOGIN = "login "
STARTUP = "its login shell, startup files (.bashrc) or a forced command may keep commands from running;"
NO_JOBS = "no jobs: "
RECONNECT = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between two tries to make a lost connection again; the last one again and again."""

LOGGED_OUT = "the connection is lost, and to log in again somebody has to type"
LOG_IN = "log in again; a command that is running there continues"

NOT_STARTED = Outcome(OutcomeKind.CANCELLED, detail="it had not started")


class SSHTransport(KeepsJobs):
    """One host. Connects when first used, and again when the connection was lost; never runs a command twice.

    `trusted_keys` and `client_key` stand for known_hosts and the operator's keys: for a drill's host, whose keys are
    made for one run. A peer without a sign of life for `liveness` seconds is given up; a command that is to end has
    `patience` seconds to do so before it is killed. `on_link` is told of every change of the connection, on any
    thread. `asking` is who may be asked for what a login needs typed.
    """

    durable = True

    def __init__(
        self,
        name: str,
        target: str,
        *,
        user: str | None = None,
        port: int | None = None,
        config_files: Sequence[Path] | None = None,
        known_hosts: Sequence[Path] | None = None,
        trusted_keys: Sequence[paramiko.PKey] = (),
        client_key: paramiko.PKey | None = None,
        liveness: float = 25.0,
        patience: float = 5.0,
        connect_timeout: float = CONNECT_TIMEOUT,
        on_link: Callable[[LinkState, str], None] = lambda link, detail: None,
        asking: Asking | None = None,
    ) -> None:
        self.name = name
        self.target = target
        self.on_link = on_link
        self._given = (user, port, tuple(config_files or ()))
        self._credentials = Credentials(
            known_hosts=tuple(known_hosts or ()), trusted=tuple(trusted_keys), client_key=client_key
        )
        self._asking = asking or Asking()
        self._liveness = liveness
        self._patience = patience
        self._connect_timeout = connect_timeout
        self._lock = threading.Lock()
        self._turns = Turns()
        self._channels = SSHChannels(self._connected, self.connect, self._opened, self._turns, self._another)
        self._connection: Connection | None = None
        self._watch: Liveness | None = None
        self._facts: HostFacts | None = None
        self._link = LinkState.DOWN
        self._login_shell = ""
        self._typed = False
        self._closed = threading.Event()

    def connect(self) -> HostFacts:
        """Reach the host, once; see Transport."""
        connection, facts = self._connected()
        if not facts.shells:
            output = bytearray()

            def keep(stream: Stream, data: bytes) -> None:
                if stream is Stream.OUT:  # on the other one startup files may print, too
                    output.extend(data)

            outcome = self._run_on(connection, Command(script=FACTS, timeout=20.0), keep)
            if not outcome.ended_by_itself:
                raise HostError(
                    f"{self.name}: logged in, but a first command has no result: {outcome}",
                    f"{STARTUP} try: ssh {self.target} 'echo it runs'",
                )
            lines = [*output.decode(errors="replace").splitlines(), "", ""]
            self._login_shell = next((line.removeprefix(LOGIN) for line in lines if line.startswith(LOGIN)), "")
            shells = tuple(Path(line).name for line in lines[2:] if line.startswith("/"))
            missing = next((line.removeprefix(NO_JOBS) for line in lines if line.startswith(NO_JOBS)), "")
            facts = self._facts = replace(
                facts,
                hostname=lines[0],
                boot_id=lines[1],
                shells=shells,
                login_shell=self._login_shell,
                unprotected=missing,
            )
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

    def answers(self, timeout: float) -> Answering:
        """Whether an SSH server answers there, or at the first host on the way; see Transport."""
        if self._link is LinkState.UP:
            return Answering.YES
        user, port, files = self._given
        return knock(resolve(self.target, user, port, files), timeout)

    def link(self) -> LinkState:
        """The state of the connection now."""
        return self._link

    def round_trip(self) -> float | None:
        """How long the last sign of life took; see Transport."""
        watch = self._watch
        made_up = bool(self._credentials.trusted)  # a drill's host is on this machine: its time says nothing
        return None if watch is None or made_up or self._link is not LinkState.UP else watch.round_trip

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
        if self._watch:
            self._watch.stop()
        if self._connection:
            self._connection.close()
        self._connection = None

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A stream from the host to an address; see Transport."""
        connection, _ = self._connected()
        try:
            return dial_through(connection, address, timeout)
        except EOFError as error:
            raise HostError(f"{self.name}: the connection was lost on the way to {address}") from error

    def _connected(self, again: bool = False) -> tuple[Connection, HostFacts]:
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
            self._changed(LinkState.CONNECTING)
            started = time.monotonic()
            try:
                where = self._where()
                credentials = replace(self._credentials, asking=self._asking, asks=asks)
                connection, user, self._typed = open_connection(where, credentials, self._connect_timeout)
            except HostError as error:
                self._changed(LinkState.LOGGED_OUT if self._typed else LinkState.DOWN, error.message)
                raise
            key = connection.get_remote_server_key()
            self._facts = HostFacts(
                target=where.address,
                user=user,
                key_type=key.get_name(),
                fingerprint=fingerprint(key.asbytes()),
                typed=self._typed,
                connect_seconds=time.monotonic() - started,
            )
            self._connection = connection
            self._watch = Liveness(connection, self._liveness, partial(self._noticed, connection))
            self._changed(LinkState.UP)
            return connection, self._facts

    def _where(self) -> Resolved:
        if self._credentials.trusted:
            user, port, _ = self._given
            return self._credentials.direct(self.target, user or "", port or 22)
        return resolve(self.target, *self._given)

    def _another(self) -> Connection:
        """One more connection, of which the listener is told nothing; the caller closes it."""
        if self._typed:
            raise AuthenticationRefused(f"{self.name}: a further connection would have to be logged in by hand", LOG_IN)
        return open_connection(self._where(), replace(self._credentials, asking=self._asking), self._connect_timeout)[0]

    def _noticed(self, connection: Connection, link: LinkState, detail: str) -> None:
        """Take note of a change nobody asked for; a lost connection is made again before the next step needs it."""
        with self._lock:
            if connection is not self._connection:
                return  # another one has taken its place meanwhile
            self._changed(self._lost() if link is LinkState.LOST else link, detail)
        if link is LinkState.LOST and not self._typed and not self._closed.is_set():
            threads.start(f"reconnect {self.name}", self._reconnect)

    def _lost(self) -> LinkState:
        return LinkState.LOGGED_OUT if self._typed else LinkState.LOST

    def _reconnect(self) -> None:
        for pause in chain(RECONNECT, repeat(RECONNECT[-1])):
            if self._closed.wait(pause):
                return
            with suppress(HostError):
                self._connected(again=True)
                return

    def _changed(self, link: LinkState, detail: str = "") -> None:
        if link is not self._link:
            self._link = link
            self.on_link(link, detail)

    def _run_on(
        self, connection: Connection, command: Command, sink: OutputSink, cancel: CancelToken | None = None
    ) -> Outcome:
        cancel = cancel or CancelToken()
        request, stdin = wrap(command, self._login_shell)
        if not self._turns.take(cancel):
            return NOT_STARTED
        try:
            try:
                channel, inbox = self._opened(connection, cancel)
            except HostError as error:
                return NOT_STARTED if cancel.cancelled else unreachable(error)
            if cancel.cancelled:
                channel.close()
                return NOT_STARTED
            try:
                channel.exec_command(request)
            except (paramiko.SSHException, EOFError, OSError) as error:
                channel.close()
                detail = f"the connection was lost as the command started: {error}"
                return Outcome(OutcomeKind.UNKNOWN, detail=detail)
            running = Running(self._channels, channel, inbox, sink, command.timeout, self._patience)
            return running.follow(stdin, cancel)
        finally:
            self._turns.give_back(cancel)

    def _opened(self, connection: Connection, cancel: CancelToken) -> tuple[paramiko.Channel, Inbox]:
        """A channel; sshd refuses more than MaxSessions and frees them late, so a refusal is tried again.

        Raises:
            HostError: there is none, or it was cancelled.
        """
        deadline = time.monotonic() + CHANNEL_PATIENCE
        while True:
            try:
                return connection.open_ordered(timeout=CHANNEL_PATIENCE)
            except (paramiko.SSHException, EOFError, OSError) as error:
                if connection.is_active():
                    self._turns.refused(cancel)
                asked = cancel.wait(0.05)
                if asked or not connection.is_active() or time.monotonic() > deadline:
                    raise HostError(f"{self.name}: no channel: {error}") from error
