"""A scenario's host without a process and without SSH, for tests of what a scenario answers."""

import socket

from tui.drill.world import World
from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import (
    UNSHARED,
    Address,
    Answering,
    CancelToken,
    Command,
    Fence,
    HostFacts,
    Left,
    LinkListener,
    LinkState,
    OutputSink,
    TerminalEnd,
)


class WorldTransport:
    """Answers commands from a world at once; keeps what had no answer in `unanswered`."""

    durable = False

    def __init__(self, name: str, world: World, hostname: str = "") -> None:
        self.name = name
        self.world = world
        self.hostname = hostname or world.hostname(name)
        self.unanswered: list[str] = []

    def connect(self) -> HostFacts:
        return HostFacts(target="127.0.0.1:22", user=self.name, hostname=self.hostname, shells=("bash", "sh"))

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        reply = self.world.answer(command.script, self.name, command.stdin.decode())
        if not reply.answered:
            self.unanswered.append(command.script)
        for line in reply.lines:
            sink(line.stream, line.data)
        self.world.change(reply)
        if reply.signal:
            return Outcome(OutcomeKind.SIGNALLED, signal=reply.signal)
        return Outcome.exited(reply.exit_status)

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        return self.run(command, sink, cancel)

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        return Outcome(OutcomeKind.UNKNOWN, detail="a world forgets")

    def look(self, key: str) -> str:
        return "A world forgets."

    def fence(self, session: str, fence: Fence) -> tuple[str, ...]:
        return ()

    def clear(self, session: str, fence: Fence = UNSHARED) -> int:
        return 0

    def dial(self, address: Address, timeout: float) -> socket.socket:
        raise HostError(f"{self.name} is made up: nothing can be reached from it")

    def answers(self, timeout: float) -> Answering:
        return Answering.YES

    def link(self) -> LinkState:
        return LinkState.UP

    def round_trip(self) -> None:
        """A world is nowhere."""

    def listen(self, listener: LinkListener) -> None:
        """A world has no connection that could change."""

    def close(self) -> None:
        pass
