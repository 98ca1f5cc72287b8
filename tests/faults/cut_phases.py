"""Tells in which phase of a durable command a worker is, so that connections are cut there and cuts are counted so."""

import random
import threading
from collections import Counter
from contextlib import suppress
from typing import Any

import paramiko
import pytest
from msgspec import Struct

from tests.support.machines.cutter import Cut, Cutter, Mode
from tui.transports.jobs import job
from tui.transports.ssh import connect
from tui.transports.ssh import transport as ssh
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.resolved import Resolved

PHASES = (
    "connect",
    "auth",
    "channel",
    "claim",
    "running",
    "output",
    "exit status",
    "acknowledge",
    "clean-up",
)
"""Reaching the host; logging in; first channel and its question; request sent, no answer; it runs, nothing printed;
it prints; its end is said; the outcome is known, the next request not sent; removing what it left."""

DURING = PHASES[:7]
BEFORE = PHASES[:3]
DRIP = 40
_worker = threading.local()
_at: "dict[int, Tracker]" = {}


class Wish(Struct, frozen=True):
    """A cut that is wanted as soon as a phase is reached."""

    phase: str
    cut: Cut


class Tracker:
    """Where one worker is, the cuts it still wants, and those it got."""

    def __init__(self, port: int) -> None:
        self.cutter = Cutter(port, self._made)
        _at[self.cutter.port] = self
        self.made: Counter[tuple[str, Mode]] = Counter()
        self.phase = ""
        self._held = False
        self._headed = False
        self._wishes: list[Wish] = []
        self._lock = threading.Lock()

    def begin(self, wishes: list[Wish]) -> None:
        """Start of a command that is to meet these cuts, one after the other."""
        _worker.tracker = self
        self._held = self._headed = False
        self.cutter.arm(None)
        self.cutter.piece = DRIP if any(wish.phase == "exit status" for wish in wishes) else 0
        with self._lock:
            self.phase, self._wishes = "", wishes
        self.enter("connect")

    def enter(self, phase: str) -> None:
        """A phase begins; the next cut is armed if it is wanted here."""
        if self._held:
            return
        if phase == "claim" and self._headed:
            phase = "running"
        self._headed |= phase == "running"
        with self._lock:
            self.phase = phase
            wish = self._wishes[0] if self._wishes and self._wishes[0].phase == phase else None
            self._wishes = self._wishes[1:] if wish else self._wishes
        if wish:
            self.cutter.arm(wish.cut)

    def hold(self, phase: str, wish: Wish | None) -> None:
        """A phase begins that lasts until the next command."""
        self.cutter.piece = 0
        self.cutter.arm(None)
        self._held, self._wishes, self.phase = True, [], phase
        if wish:
            self.cutter.arm(wish.cut)

    def _made(self, cut: Cut) -> None:
        self.made[self.phase, cut.mode] += 1


def wish(luck: random.Random, phase: str) -> Wish:
    """A random cut within a phase: at once, at some byte either way, or after some milliseconds."""
    mode = luck.choices(list(Mode), (5, 3, 1, 1))[0]
    if phase in ("acknowledge", "exit status") or luck.random() < 0.1:
        return Wish(phase, Cut(mode))
    most = {"connect": 2500, "auth": 900, "channel": 900, "claim": 7000, "output": 200_000}.get(phase, 400)
    if luck.random() < 0.6:
        up = luck.random() < (0.8 if phase == "claim" else 0.5) and phase != "output"
        return Wish(phase, Cut(mode, size=1 + int(most * luck.random() ** 2), up=up))
    return Wish(phase, Cut(mode, seconds=luck.random() * (0.15 if phase == "output" else 0.04)))


def wishes(luck: random.Random) -> list[Wish]:
    """One to four cuts for one command, any phase as likely as another."""
    phases = luck.choices(DURING, k=luck.choices((1, 2, 3, 4), (6, 3, 2, 1))[0])
    if phases[0] in BEFORE and luck.random() < 0.6:  # where a command is lost that has started, not one that never will
        phases.insert(0, luck.choice(DURING[len(BEFORE) :]))
    return [wish(luck, phase) for phase in phases]


def here(phase: str, port: int = 0) -> None:
    """The worker whose thread or port this is enters a phase: connections are made on other threads, too."""
    tracker: Tracker | None = _at.get(port) or getattr(_worker, "tracker", None)
    if tracker:
        tracker.enter(phase)


def printed(data: bytes) -> None:
    """A sink's view: output has come."""
    here("output")


class SeenTalk(job.Talk):
    """Talk whose first and last words are seen as they are understood."""

    def feed(self, data: bytes) -> bytes:
        headed, ended = self.head, self.end
        result = super().feed(data)
        if self.head == "running" and not headed:
            here("running")
        if self.end and not ended:
            here("exit status")
        return result


def watch_phases(patch: pytest.MonkeyPatch) -> None:
    """See every worker's phases, wherever the code under test enters one."""
    open_connection, log_in, exec_command = ssh.open_connection, connect.log_in, paramiko.Channel.exec_command

    def opened(where: Resolved, *args: Any) -> Any:
        here("connect", where.port)
        return open_connection(where, *args)

    def logged_in(connection: Connection, where: Resolved, *args: Any) -> None:
        here("auth", where.port)
        log_in(connection, where, *args)
        here("channel", where.port)

    def sent(channel: paramiko.Channel, request: str) -> None:
        if "_rb_nonce" in request:
            here("claim")
        exec_command(channel, request)

    patch.setattr(ssh, "open_connection", opened)
    patch.setattr(connect, "log_in", logged_in)
    patch.setattr(paramiko.Channel, "exec_command", sent)
    patch.setattr(job, "Talk", SeenTalk)


def forget() -> None:
    """This thread is not a worker any more."""
    with suppress(AttributeError):
        del _worker.tracker
