"""Runs commands on the operator's own machine, with the same contract as a host reached over SSH."""

import os
import selectors
import signal
import subprocess
import threading
import time
from contextlib import suppress
from typing import IO

from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, HostFacts, Link, LinkListener, OutputSink, Stream
from tui.transports.shell import HELLO, wrap

CHUNK = 1 << 20
TICK = 0.1
PATIENCE = 5.0


class LocalTransport:
    """This machine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def connect(self) -> HostFacts:
        """There is nothing to reach."""
        return HostFacts(target="this machine", hostname=os.uname().nodename, shells=("bash", "sh"))

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command; see Transport."""
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
            return _follow(process, stdin, command.timeout, sink, cancel)

    def link(self) -> Link:
        """Always there."""
        return Link.UP

    def watch(self, listener: LinkListener) -> None:
        """There is no connection that could change."""

    def close(self) -> None:
        """There is nothing to let go of."""


def _follow(
    process: "subprocess.Popen[bytes]", stdin: bytes, timeout: float | None, sink: OutputSink, cancel: CancelToken
) -> Outcome:
    assert process.stdin
    threading.Thread(target=_feed, args=(process.stdin, stdin), name="stdin", daemon=True).start()
    deadline = time.monotonic() + timeout if timeout is not None else float("inf")
    head: bytes | None = b""
    with selectors.DefaultSelector() as selector:
        for file, stream in ((process.stdout, Stream.OUT), (process.stderr, Stream.ERR)):
            assert file
            selector.register(file, selectors.EVENT_READ, stream)
        while selector.get_map():
            for key, _ in selector.select(min(TICK, max(0.0, deadline - time.monotonic()))):
                data = os.read(key.fd, CHUNK)
                if not data:
                    selector.unregister(key.fileobj)
                elif head is not None and key.data is Stream.OUT:
                    head += data
                    line, newline, rest = head.partition(b"\n")
                    if newline:
                        data, head = (rest if line.startswith(HELLO) else head), None
                        if data:
                            sink(key.data, data)
                else:
                    sink(key.data, data)
            if cancel.cancelled:
                return _end(process, OutcomeKind.CANCELLED, "")
            if time.monotonic() >= deadline:
                return _end(process, OutcomeKind.TIMED_OUT, f"after {timeout:g} s")
    return _outcome(process.wait())


def _feed(file: IO[bytes], stdin: bytes) -> None:
    with suppress(OSError):  # the command closed its standard input, or has ended: both are its own affair
        file.write(stdin)
    with suppress(OSError):
        file.close()


def _outcome(status: int) -> Outcome:
    if status < 0:
        return Outcome(OutcomeKind.SIGNALLED, signal=signal.Signals(-status).name)
    return Outcome.exited(status)


def _end(process: "subprocess.Popen[bytes]", kind: OutcomeKind, detail: str) -> Outcome:
    """End the whole process group, gently first, and say so only when it is empty."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            process.poll()
            if not _members(process.pid):
                return Outcome(kind, detail=detail)
            time.sleep(0.02)
    return Outcome(OutcomeKind.UNKNOWN, detail=f"{kind.value}, but some of its processes are still there")


def _members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
