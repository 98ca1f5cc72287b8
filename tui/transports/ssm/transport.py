"""Runs commands on an instance by AWS Systems Manager: every one is a job, whose files are read page by page."""

import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from tui.errors import HostError
from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import (
    Address,
    Answering,
    CancelToken,
    Command,
    DialFailed,
    HostFacts,
    Left,
    LinkListener,
    LinkState,
    OutputSink,
    Stream,
    TerminalEnd,
    Undialled,
)
from tui.transports.connected import FACTS, with_facts
from tui.transports.jobs.job import run_durably
from tui.transports.jobs.keeping import KeepsJobs
from tui.transports.jobs.paged import ASIDE, LEAST
from tui.transports.jobs.request import Lost, ask
from tui.transports.jobs.scripts import KEY
from tui.transports.shell import Wrapped
from tui.transports.ssm.channels import OneAnswer, Paged, SSMChannels
from tui.transports.ssm.output_bucket import OutputBucket
from tui.transports.ssm.service import SystemsManager, systems_manager

PATIENCE = 5.0
CONNECT = 60.0
"""Seconds that the first command has on an instance."""

RECORDED = "AWS keeps what is sent by Systems Manager and what comes back, and a secret must not stand there"
NO_TERMINAL = "Systems Manager carries commands, no terminals"
NO_TUNNEL = "Systems Manager carries commands, no tunnels"


class _Ended(CancelToken):
    """That of a command which is not durable: who leaves it ends it."""

    def __init__(self, asked: CancelToken) -> None:
        super().__init__()
        self._asked = asked

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._asked.cancelled

    @property
    def left(self) -> bool:
        """It cannot be left."""
        return False

    def wait(self, seconds: float) -> bool:
        """Sleep that ends at once on cancel."""
        return self._asked.wait(seconds)


def _not_kept() -> Outcome:
    return Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: the instance keeps no commands")


class SSMTransport(KeepsJobs):
    """One instance. A command that is to end has `patience` seconds to do so before it is killed."""

    durable = True

    def __init__(
        self,
        name: str,
        target: str,
        *,
        user: str = "",
        region: str = "",
        patience: float = PATIENCE,
        service: SystemsManager | None = None,
        large_output: OutputBucket | None = None,
    ) -> None:
        """Args:
        target: the instance's id.
        user: as whom commands run; empty for the agent's own, root.
        region: empty for the one of the operator's AWS settings.
        large_output: the bucket by which much output comes.
        """
        self.name = name
        self.target = target
        self._user = user
        self._patience = patience
        self._large_output = large_output
        self._service = service or systems_manager(region)
        self._lock = threading.Lock()
        self._facts: HostFacts | None = None
        self._link = LinkState.DOWN
        self._listener: LinkListener = lambda link, detail: None
        channels = SSMChannels(self._service, target, user, self.connect, large_output)
        self._not_fetched = channels.not_fetched
        self._channels = _LinkTold(channels, self._changed)

    def connect(self) -> HostFacts:
        """Reach the instance, once; see Transport."""
        with self._lock:
            if self._facts is None:
                self._changed(LinkState.CONNECTING)
                try:
                    self._facts = self._reached()
                except HostError as error:
                    self._changed(LinkState.DOWN, error.message)
                    raise
            return self._facts

    def _reached(self) -> HostFacts:
        began = time.monotonic()
        try:
            state = self._service.agent(self.target)
            if state is None:
                raise HostError(
                    f"{self.name}: Systems Manager does not know {self.target}",
                    "does it run, with the SSM agent and an instance profile, in this account and region?",
                )
            if state != "Online":
                raise HostError(f"{self.name}: the SSM agent of {self.target} is not there ({state})", "is it running?")
            asked = time.time()
            said = ask(self._channels, FACTS, CONNECT)
        except Lost as error:
            raise HostError(f"{self.name}: Systems Manager does not answer", "try again") from error
        facts = HostFacts(target=self.target, user=self._user or "root", connect_seconds=time.monotonic() - began)
        facts = with_facts(facts, said, asked, time.time())
        if not facts.shells:
            raise HostError(f"{self.name}: a first command does not say what it should: {said.strip()[-200:]}")
        if facts.unprotected:
            raise HostError(f"{self.name}: commands cannot be kept there: {facts.unprotected}", "free or install that")
        return facts

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Run one command, as a job; see Transport."""
        if command.secrets:
            return Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: {RECORDED}")
        kept = KEY.fullmatch(command.key) is not None  # a monitor's command, for one, is not an attempt of a session
        key = command.key if kept else f"{ASIDE}{secrets.token_hex(8)}/x/1"
        token = cancel if command.durable else _Ended(cancel)
        printed = 0

        def counted(stream: Stream, data: bytes) -> None:
            nonlocal printed
            printed += len(data)
            sink(stream, data)

        command_there = replace(command, key=key)
        outcome = run_durably(self._channels, command_there, counted, token, self._patience, _not_kept)
        left_there = printed > LEAST or not outcome.ended_by_itself
        if left_there and not kept and outcome.kind is not OutcomeKind.UNREACHABLE:
            with suppress(HostError):  # what is left there is small, and belongs to nothing
                self.clear(key.partition("/")[0])
        return self._told(outcome, key)

    def rejoin(self, left: Left, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """Follow a command that was left; see Transport."""
        return self._told(super().rejoin(left, sink, cancel), left.key)

    def _told(self, outcome: Outcome, key: str) -> Outcome:
        """The outcome, with why its output did not come by the bucket, where that is so."""
        why = self._not_fetched.pop(key, "")
        if not why or self._large_output is None or not outcome.ended_by_itself:
            return outcome
        return replace(outcome, detail=f"its output came in small pages, not by {self._large_output.place}: {why}")

    def terminal(self, command: Command, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
        """None is to be had; see Transport."""
        return Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN}: {NO_TERMINAL}")

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """There is no way; see Transport."""
        raise DialFailed(Undialled.FORBIDDEN, NO_TUNNEL)

    def answers(self, timeout: float) -> Answering:
        """Not asked: whether an instance is there is only told to who has logged in to AWS."""
        return Answering.UNKNOWN

    def link(self) -> LinkState:
        """Whether the last request was answered."""
        return self._link

    def round_trip(self) -> None:
        """None: nothing is asked again and again."""

    def listen(self, listener: LinkListener) -> None:
        """Tell `listener` of every change from now on."""
        self._listener = listener

    def close(self) -> None:
        """Forget what was found out."""
        self._facts = None
        self._changed(LinkState.DOWN)

    def _changed(self, link: LinkState, detail: str = "") -> None:
        if link is not self._link:
            self._link = link
            self._listener(link, detail)


class _LinkTold:
    """The channels, with what each request tells of the way to the instance."""

    def __init__(self, channels: SSMChannels, changed: Callable[[LinkState, str], None]) -> None:
        self._channels = channels
        self._changed = changed
        self.login_shell = channels.login_shell
        self.boot_id = channels.boot_id

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> "OneAnswer | Paged":
        """Send a request; see Channels."""
        try:
            made = self._channels.exchange(wrapped, cancel, urgent)
        except HostError as error:
            self._changed(LinkState.LOST, error.message)
            raise
        self._changed(LinkState.UP, "")
        return made
