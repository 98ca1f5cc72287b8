"""Runs commands on the operator's own machine, with the same contract as a host reached over SSH."""

import os
import selectors
import signal
import socket
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from tui import threads
from tui.session.outcome import Outcome, OutcomeKind
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
    TerminalEnd,
)
from tui.transports.greeting import Greeting
from tui.transports.jobs.job import run_durably, signal_name
from tui.transports.jobs.keeping import KeepsJobs
from tui.transports.local.channels import LocalChannels
from tui.transports.local.far_pty import LocalTerminal
from tui.transports.local.pipes import CHUNK, feed
from tui.transports.shell import LEFT_BEHIND, SILENT_TICKS, TICK, wrap
from tui.transports.sockets import dial_here
from tui.transports.terminals.joining import joined_terminals

PATIENCE = 5.0
END_TICK = 0.02


class LocalTransport(KeepsJobs):
    """This machine."""

    durable = True

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        self.name = name
        self._patience = patience
        self._channels = LocalChannels()

    def connect(self) -> HostFacts:
        """There is nothing to reach."""
        return HostFacts(
            target="this machine", hostname=os.uname().nodename, shells=("bash", "sh"), boot_id=self._channels.boot_id()
        )

    def answers(self, timeout: float) -> Answering:
        """This machine does."""
        return Answering.YES

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command; see Transport."""
        plainly = partial(self._run_plain, command, sink, cancel)
        if command.durable:
            return run_durably(self._channels, command, sink, cancel, self._patience, plainly)
        return plainly()

    def _run_plain(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        if cancel.cancelled:
            return Outcome(OutcomeKind.CANCELLED, detail="it had not started")
        request, stdin = wrap(command)
        try:
            process = subprocess.Popen(
                ["sh", "-c", request],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(OutcomeKind.UNREACHABLE, detail=f"cannot start a shell: {error.strerror}")
        with process:
            return _Running(process, sink, self._patience).follow(stdin, command.timeout, cancel)

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run a program in a terminal of its own; see Transport."""
        try:
            far = LocalTerminal(command, end.term, end.size())
        except OSError as error:
            return Outcome(OutcomeKind.UNREACHABLE, detail=f"cannot start a shell: {error.strerror}")
        return joined_terminals(far, end, sink, cancel)

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A socket that leads to an address; see Transport."""
        return dial_here(address, timeout)

    def link(self) -> LinkState:
        """Always there."""
        return LinkState.UP

    def round_trip(self) -> None:
        """None: this machine is not reached over a connection."""

    def listen(self, listener: LinkListener) -> None:
        """There is no connection that could change."""

    def close(self) -> None:
        """There is nothing to let go of."""


class _Running:
    """One process group from its start to its outcome."""

    def __init__(self, process: "subprocess.Popen[bytes]", sink: OutputSink, patience: float) -> None:
        self._process = process
        self._sink = sink
        self._patience = patience
        self._greeting = Greeting()
        self._selector = selectors.DefaultSelector()
        for file, stream in ((process.stdout, Stream.OUT), (process.stderr, Stream.ERR)):
            assert file
            self._selector.register(file, selectors.EVENT_READ, stream)

    def follow(self, stdin: bytes, timeout: float | None, cancel: CancelToken) -> Outcome:
        """Pass the output on until the command has ended, one way or another."""
        assert self._process.stdin
        self._greeting.hushed = bool(stdin)
        threads.start("stdin", feed, self._process.stdin, stdin)
        deadline = time.monotonic() + timeout if timeout is not None else float("inf")
        with self._selector:
            silent = 0
            while self._selector.get_map() or self._process.poll() is None:
                silent = 0 if self._pass_on(min(TICK, max(0.0, deadline - time.monotonic()))) else silent + 1
                if cancel.cancelled:
                    return self._end(OutcomeKind.CANCELLED, "")
                if time.monotonic() >= deadline:
                    return self._end(OutcomeKind.TIMED_OUT, f"after {timeout:g} s")
                if silent >= SILENT_TICKS and self._process.poll() is not None:
                    outcome = self._outcome()
                    return outcome if not outcome.ended_by_itself else replace(outcome, detail=LEFT_BEHIND)
        return self._outcome()

    def _outcome(self) -> Outcome:
        if held := self._greeting.held():
            self._sink(Stream.ERR, held)
        status = self._process.wait()
        signalled = Outcome(OutcomeKind.SIGNALLED, signal=signal_name(-status)) if status < 0 else None
        return self._greeting.judged(signalled or Outcome.exited(status))

    def _pass_on(self, wait: float) -> bool:
        """Give the sink what has come; False when nothing came in time."""
        if not self._selector.get_map():  # it closed its outputs, but is still running
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(wait)
            return True
        events = self._selector.select(wait)
        for key, _ in events:
            data = os.read(key.fd, CHUNK)
            if not data:
                self._selector.unregister(key.fileobj)
            elif data := self._greeting.feed(key.data, data):
                self._sink(key.data, data)
        return bool(events)

    def _end(self, kind: OutcomeKind, detail: str) -> Outcome:
        """End the whole process group, gently first, and say so only when it is empty."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):  # what sudo started is not ours to signal
                os.killpg(self._process.pid, number)
            end = time.monotonic() + self._patience
            while time.monotonic() < end:
                self._process.poll()
                if not _members(self._process.pid):
                    while self._selector.get_map() and self._pass_on(0):
                        continue
                    return Outcome(kind, detail=detail)
                self._pass_on(END_TICK) if self._selector.get_map() else time.sleep(END_TICK)
        return Outcome(OutcomeKind.UNKNOWN, detail=f"{kind.value}, but some of its processes are still there")


def _members(group: int) -> bool:
    """Whether anything of the group still runs; one that only waits to be reaped does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not Path("/proc/self/stat").exists():
        return True
    return any(_runs_in(group, file) for file in Path("/proc").glob("[0-9]*/stat"))


def _runs_in(group: int, stat: Path) -> bool:
    try:
        state, _, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state not in "ZX"
