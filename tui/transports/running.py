"""Follows one command on a host from its start to its outcome, and makes sure of its end."""

import time
from enum import Enum
from typing import Protocol

from msgspec.structs import replace

from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, OutputSink, Stream
from tui.transports.greeting import Greeting
from tui.transports.jobs.request import Channels, Exchange, Lost, ask
from tui.transports.shell import LEFT_BEHIND, SILENT_TICKS, TICK, end_request

OPEN_PATIENCE = 10.0


class Carried(Exchange, Protocol):
    """A command's request on its way, which also tells how the command ended."""

    def has_ended(self, wait: float) -> bool:
        """Whether there is an exit status, or will be none, within `wait` seconds."""

    def all_came(self) -> bool:
        """Whether the other side said that there is no more output; an exit status may come long before."""

    def outcome(self) -> Outcome:
        """How it ended; UNKNOWN where the connection was lost first."""


class Came(Enum):
    """What was received from a command in one wait."""

    OUTPUT = "output"
    NOTHING = "nothing"
    END = "its end"


class Running:
    """One command from its start to its outcome."""

    def __init__(
        self,
        channels: Channels,
        exchange: Carried,
        sink: OutputSink,
        limit: float | None,
        patience: float,
        hushed: bool,
    ) -> None:
        """Args: hushed: whether something was sent there that a host might say back."""
        self._channels = channels
        self._exchange = exchange
        self._sink = sink
        self._limit = limit
        self._patience = patience
        self._greeting = Greeting()
        self._greeting.hushed = hushed

    def follow(self, cancel: CancelToken) -> Outcome:
        """Pass the output on until the command has ended, one way or another."""
        limit = self._limit
        deadline = time.monotonic() + limit if limit is not None else float("inf")
        silent = 0
        try:
            while (came := self._next(min(TICK, max(0.0, deadline - time.monotonic())))) is not Came.END:
                # counted from its end on: the end of its output may come a moment after its exit status
                silent = silent + 1 if came is Came.NOTHING and (silent or self._exchange.has_ended(0.0)) else 0
                if cancel.cancelled:
                    return self._end(OutcomeKind.CANCELLED, "")
                if time.monotonic() >= deadline:
                    return self._end(OutcomeKind.TIMED_OUT, f"after {limit:g} s")
                if silent >= SILENT_TICKS:
                    outcome = self._outcome()
                    return outcome if not outcome.ended_by_itself else replace(outcome, detail=LEFT_BEHIND)
            ended = self._exchange.outcome()
            if ended.kind is not OutcomeKind.UNKNOWN and not self._exchange.all_came():
                detail = f"it {ended}, but the connection was lost before all of its output came"
                return Outcome(OutcomeKind.UNKNOWN, detail=detail)
            return self._greeting.judged(ended)
        finally:
            if held := self._greeting.held():
                self._sink(Stream.ERR, held)
            self._exchange.close()

    def _next(self, wait: float) -> Came:
        """Pass on what comes within `wait` seconds, and say what came."""
        chunks = self._exchange.take(wait)
        if chunks is None:  # it closed its outputs, but may still be running
            return Came.END if self._exchange.has_ended(wait) else Came.OUTPUT
        self._pass_on(chunks)
        return Came.OUTPUT if chunks else Came.NOTHING

    def _pass_on(self, chunks: list[tuple[Stream, bytes]]) -> None:
        for stream, data in chunks:
            if rest := self._greeting.feed(stream, data):
                self._sink(stream, rest)

    def _end(self, kind: OutcomeKind, detail: str) -> Outcome:
        patience, over = time.monotonic() + OPEN_PATIENCE, False
        while not self._greeting.group and not over and time.monotonic() < patience:
            # the group is not known before the login shell has read its startup files
            over = self._next(TICK) is Came.END
        if over and not self._greeting.group:
            return self._outcome()
        gone = self._greeting.group > 0 and end_group(self._channels, self._greeting.group, self._patience)
        for _ in range(20):
            chunks = self._exchange.take(TICK)
            if chunks is None:
                break
            self._pass_on(chunks)
        if gone:
            return Outcome(kind, detail=detail)
        said = "" if self._greeting.group else self._greeting.said()
        why = f"; what begins it on the host said: {said}" if said else ""
        return Outcome(
            OutcomeKind.UNKNOWN, detail=f"{kind.value} {detail}, but it may still be running{why}".replace(" ,", ",")
        )

    def _outcome(self) -> Outcome:
        return self._greeting.judged(self._exchange.outcome())


def end_group(channels: Channels, group: int, patience: float) -> bool:
    """End a process group on the host; True when nothing of it is left."""
    try:
        words = ask(channels, end_request(group, patience), patience + OPEN_PATIENCE, urgent=True)
    except (HostError, Lost):
        return False
    return words.split()[-1:] == ["empty"]
