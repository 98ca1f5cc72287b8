"""Understands what a client asks of the drill's host, and lets a running answer be killed as a real one is."""

import itertools
import math
import threading

import paramiko
from msgspec.structs import replace

from tui.drill.world import PrintedBytes, Reply, World
from tui.execution.there import LOOKED, LOOKS
from tui.transports.base import Stream
from tui.transports.connected import FACTS
from tui.transports.shell import HELLO, HELLO_ERRORS, unfenced, unwrap, unwrap_end, unwrap_stdin
from tui.transports.terminals.joining import terminal_script

PATIENCE = 4.0
DISKS = "/dev/sda1 251658240 72980889 178677351 29% /\n"
"""What `df -Pk` says where the scenario says nothing of it."""
MAX_STDIN = 1 << 20


class Cancelled(Exception):  # it is news, not an error
    """The client had the command killed; `signal` is by what."""

    def __init__(self, signal: str) -> None:
        super().__init__(signal)
        self.signal = signal


class Request:
    """One command being answered; stops when it is killed or its client has gone."""

    def __init__(self, reply: Reply, channel: paramiko.Channel, pid: int = 0) -> None:
        self.reply = reply
        self.pid = pid
        self._channel = channel
        self._killed = threading.Event()
        self._signal = ""

    def kill(self, signal: str) -> None:
        """End it as a signal would."""
        self._signal = self._signal or signal
        self._killed.set()

    def pause(self, seconds: float) -> None:
        """Let drill time pass.

        Raises:
            Cancelled: somebody killed the command meanwhile.
        """
        if seconds > 0 or self._killed.is_set():
            self._killed.wait(None if math.isinf(seconds) else seconds)
        if self._killed.is_set():
            raise Cancelled(self._signal)


class Registry:
    """The commands that the host is running, by the process number it would have given them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(4000, 7)
        self._running: dict[int, Request] = {}
        self._changed = threading.Condition()

    def begin(self, reply: Reply, channel: paramiko.Channel) -> Request:
        """Give a command its process number and keep it while it runs."""
        with self._changed:
            request = Request(reply, channel, next(self._numbers))
            self._running[request.pid] = request
        return request

    def kill(self, pid: int, signal: str) -> bool:
        """Kill a command and wait until it has ended; True when nothing of it is left."""
        with self._changed:
            if pid in self._running:
                self._running[pid].kill(signal)
            return self._changed.wait_for(lambda: pid not in self._running, PATIENCE)

    def end(self, request: Request) -> None:
        """Forget a command that has ended."""
        with self._changed:
            self._running.pop(request.pid, None)
            self._changed.notify_all()


def understand(
    command: str, channel: paramiko.Channel, world: World, host: str, registry: Registry, boot_id: str
) -> Request:
    """What to answer to an exec request: a question about the host, a signal to a command, or a command to play."""
    ended = unwrap_end(command)
    if ended is not None:
        return Request(_said("empty\n" if registry.kill(ended, "TERM") else "left\n"), channel)
    command = unfenced(command)
    wrapped = unwrap(command)
    if wrapped is None:
        return registry.begin(world.answer(terminal_script(command) or command, host), channel)
    stdin = unwrap_stdin(command, _read(channel)).decode("utf-8", "replace")
    about = _about(world.hostname(host), boot_id) if wrapped.script == FACTS else None
    if wrapped.script.startswith(LOOKS):
        about = _looked_there(world, host)
    request = registry.begin(about or world.answer(wrapped.script, host, stdin), channel)
    channel.sendall_stderr(HELLO_ERRORS + b"\n")
    channel.sendall(HELLO + f"{request.pid}\n".encode())
    return request


def read_stdin(channel: paramiko.Channel, secrets: int) -> bytes:
    """What a command reads of what the client sends: the first `secrets` lines are not for it."""
    return b"".join(_read(channel).splitlines(keepends=True)[secrets:])


def _read(channel: paramiko.Channel) -> bytes:
    """What the client sends until it closes its side, and no more than a drill can use."""
    channel.settimeout(PATIENCE)
    data = bytearray()
    while len(data) < MAX_STDIN and (chunk := channel.recv(1 << 16)):
        data += chunk
    channel.settimeout(None)
    return bytes(data)


def _about(hostname: str, boot_id: str) -> Reply:
    """What a real host says of itself when the transport asks."""
    return _said(f"{hostname}\n{boot_id}\n/usr/bin/bash\n/usr/bin/sh\n")


def _looked_there(world: World, host: str) -> Reply:
    """What a host says of its disks before a session begins, and that it has every program.

    A rule is asked for the name of the look alone: the programs that are looked for are not being run. One that answers
    every command, and prints nothing, has not meant the disks.
    """
    disks = world.answer(LOOKS.strip(), host)
    printed = disks.lines if disks.answered and disks.lines else (PrintedBytes(Stream.OUT, DISKS.encode()),)
    return replace(disks, lines=(PrintedBytes(Stream.OUT, f"{LOOKED}\n".encode()), *printed), exit_status=0)


def _said(text: str) -> Reply:
    return Reply(lines=(PrintedBytes(Stream.OUT, text.encode()),))
