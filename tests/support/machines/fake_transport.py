"""A place where commands run by script, for the engine's own logic and for screens."""

import socket
import threading
from collections.abc import Callable
from typing import NamedTuple

from tui.errors import HostError
from tui.execution.there import LOOKS
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import (
    UNSHARED,
    Address,
    Answering,
    CancelToken,
    Command,
    Detached,
    Fence,
    HostFacts,
    Left,
    LinkListener,
    LinkState,
    OutputSink,
    Stream,
    TerminalEnd,
)


class Reply(NamedTuple):
    """What a command prints and how it ends; `until` makes it run until it is set (or the command is cancelled)."""

    out: bytes = b""
    outcome: Outcome = Outcome(OutcomeKind.SUCCEEDED, 0)
    err: bytes = b""
    until: threading.Event | None = None


HAS = b"looked for programs\nFilesystem 1024-blocks Used Available Capacity Mounted on\n"
HAS += b"/dev/vda1 41152736 25000000 16152736 61% /\n"
"""What a host says of its disks and programs."""


class FakeTransport:
    """Answers each command by the first of `replies` whose key its script contains; keeps what was run in `ran`."""

    def __init__(self, replies: dict[str, Reply | list[Reply]] | None = None, name: str = "fake") -> None:
        self.name = name
        self.replies = dict(replies or {})
        self.ran: list[Command] = []
        self.refuses: HostError | None = None
        self.before_run: Callable[[Command], None] = lambda command: None
        self.durable = True
        self.boot_id = "boot-1"
        self.left: dict[str, Reply] = {}
        self.found = "It is still running (2 processes)."
        self.cleared: list[str] = []
        self.fences: list[Fence] = []
        self.begun: tuple[str, ...] = ()
        self.state = LinkState.UP
        self.takes: float | None = None
        self.has = Reply(HAS)
        self.listener: LinkListener = lambda link, detail: None

    def connect(self) -> HostFacts:
        if self.refuses:
            raise self.refuses
        return HostFacts(
            target=f"{self.name}.example:22",
            user="deploy",
            hostname=self.name,
            key_type="ssh-ed25519",
            fingerprint="SHA256:FAKEFAKEFAKEFAKE",
            shells=("bash", "sh"),
            boot_id=self.boot_id,
            connect_seconds=0.026,
        )

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        if command.script.startswith(LOOKS):  # the preflight's own, which no test means by what ran
            return self._play(self.has, sink, cancel, False)
        self.before_run(command)
        self.ran.append(command)
        return self._play(self._reply(command.script), sink, cancel, command.durable)

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        self.ran.append(command)
        reply = self._reply(command.script)
        end.write(reply.out)
        return self._play(reply, sink, cancel, False)

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        reply = self.left.get(left.key)
        if reply is None:
            return Outcome(OutcomeKind.UNKNOWN, detail="there is no trace of it on the host")
        return self._play(reply._replace(out=reply.out[left.out :], err=reply.err[left.err :]), sink, cancel, True)

    def look(self, key: str) -> str:
        return self.found

    def fence(self, session: str, fence: Fence) -> tuple[str, ...]:
        self.fences.append(fence)
        return self.begun

    def clear(self, session: str, fence: Fence = UNSHARED) -> int:
        self.cleared.append(session)
        return 0

    def _play(self, reply: Reply, sink: OutputSink, cancel: CancelToken, durable: bool) -> Outcome:
        if reply.out:
            sink(Stream.OUT, reply.out)
        if reply.err:
            sink(Stream.ERR, reply.err)
        while reply.until is not None and not reply.until.is_set():
            if cancel.wait(0.005):
                if durable and cancel.left:
                    raise Detached
                return Outcome(OutcomeKind.CANCELLED)
        return reply.outcome

    def dial(self, address: Address, timeout: float) -> socket.socket:
        raise HostError(f"{self.name} is made up: nothing can be reached from it")

    def answers(self, timeout: float) -> Answering:
        return Answering.NO if self.refuses else Answering.YES

    def link(self) -> LinkState:
        return self.state

    def round_trip(self) -> float | None:
        return self.takes

    def listen(self, listener: LinkListener) -> None:
        self.listener = listener

    def close(self) -> None:
        self.state = LinkState.DOWN

    def _reply(self, script: str) -> Reply:
        for key, reply in self.replies.items():
            if key in script:
                if isinstance(reply, list):
                    return reply.pop(0) if len(reply) > 1 else reply[0]
                return reply
        return Reply()
