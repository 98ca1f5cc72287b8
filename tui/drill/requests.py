"""Understands what a client asks of the drill's host, and lets a running answer be killed as a real one is."""

import itertools
import math
import threading

import paramiko

from tui.drill.world import Reply, World


class Cancelled(Exception):  # noqa: N818 - it is news, not an error
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
        self._lock = threading.Lock()

    def begin(self, reply: Reply, channel: paramiko.Channel) -> Request:
        """Give a command its process number and remember it while it runs."""
        with self._lock:
            request = Request(reply, channel, next(self._numbers))
            self._running[request.pid] = request
        return request

    def kill(self, pid: int, signal: str) -> bool:
        """Kill a running command; False when there is none of that number."""
        with self._lock:
            request = self._running.get(pid)
        if request:
            request.kill(signal)
        return request is not None

    def alive(self, pid: int) -> bool:
        """Whether that command is still running."""
        with self._lock:
            return pid in self._running

    def end(self, request: Request) -> None:
        """Forget a command that has ended."""
        with self._lock:
            self._running.pop(request.pid, None)


def understand(command: str, channel: paramiko.Channel, world: World, host: str, registry: Registry) -> Request:
    """What to answer to an exec request: a command of the runbook, a signal to one, or a question about the host."""
    return registry.begin(world.answer(command, host), channel)
