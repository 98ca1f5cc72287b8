"""Starts a command on a host exactly once, follows it across lost connections, and says how it ended."""

import secrets
import signal
import time
from collections.abc import Callable
from typing import Protocol

from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Detached, Left, OutputSink, Stream
from tui.transports.job_scripts import (
    attach_request,
    clear_request,
    look_request,
    start_request,
    stop_request,
)
from tui.transports.job_words import End, Talk, found_words
from tui.transports.shell import TICK, Wrapped

BACKOFF = (0.2, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between two tries to reconnect; the last one again and again."""

ASK = 20.0
"""Seconds that a host has to answer a question about a job."""

ODD = 3
"""So many answers that make no sense, over a connection that works, and the outcome is unknown."""


class Lost(Exception):
    """The connection went down while a request was on its way or being answered."""


class Refused(Exception):
    """The host cannot keep a job; nothing was started."""


class Exchange(Protocol):
    """One request being answered."""

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; an empty list after `wait` seconds, None when nothing more will come."""

    def whole(self) -> bool:
        """Whether the answer, which is over, came to its own end; False where the connection was lost first."""

    def close(self) -> None:
        """Let go of it; what runs on the host goes on."""


class Channels(Protocol):
    """The way to a host, for one request after another."""

    def exchange(self, wrapped: Wrapped, cancel: CancelToken) -> Exchange:
        """Send a request.

        Raises:
            HostError: the host cannot be reached; nothing was sent.
            Lost: the connection went down; it may have been sent.
        """

    def boot_id(self) -> str:
        """Which start of the host the first connection met; empty where it does not tell."""


class JobRun:
    """One durable command from its start, or from where it was left, to its outcome."""

    def __init__(
        self, channels: Channels, left: Left, sink: OutputSink, cancel: CancelToken, patience: float = 5.0
    ) -> None:
        """Follow `left`; a command that is to end has `patience` seconds to do so before it is killed."""
        self._channels = channels
        self._key = left.key
        self._sink = sink
        self._cancel = cancel
        self._patience = patience
        self._timeout = left.timeout
        self._deadline = time.monotonic() + left.timeout if left.timeout is not None else float("inf")
        self._came = {Stream.OUT: left.out, Stream.ERR: left.err}
        self._ending: tuple[OutcomeKind, str] | None = None

    def start(self, command: Command) -> Outcome:
        """Start the command, unless it has been, and follow it.

        Raises:
            Refused: the host cannot keep a job; nothing was started.
            Detached: it goes on without us.
        """
        if self._cancel.cancelled:
            return Outcome(OutcomeKind.CANCELLED, detail="it had not started")
        try:
            boot_id = self._channels.boot_id()
        except HostError as error:
            return unreachable(error)
        return self._until_over(
            lambda nonce: start_request(command, nonce, boot_id, self._came[Stream.OUT], self._came[Stream.ERR])
        )

    def rejoin(self) -> Outcome:
        """Follow the command that was left; one that never started never will.

        Raises:
            Detached: it goes on without us.
        """
        return self._until_over(None)

    def _until_over(self, start: Callable[[str], Wrapped] | None) -> Outcome:
        sent, tries, odd = start is None, 0, 0
        while True:
            nonce = secrets.token_hex(8)
            wrapped = start(nonce) if start else self._attach(nonce)
            talk = Talk(nonce)
            try:
                outcome = self._follow(wrapped, talk)
                if outcome is not None:
                    return outcome
                odd = odd + 1 if not talk.head else 0
                if odd >= ODD:
                    said = talk.unread.decode(errors="replace").strip()[-200:]
                    return _unknown(f"the host does not answer as it should: {said}")
                tries = 0
            except HostError as error:
                if not sent:
                    return unreachable(error)
            except Lost:
                sent = True
            if talk.head == "running":
                start, sent, tries = None, True, 0
            self._pause(tries)
            if self._ending and tries > 0:
                kind, detail = self._ending
                return _unknown(f"{kind.value} {detail}, but the host cannot be reached: it may still be running")
            tries += 1

    def _pause(self, tries: int) -> None:
        """Wait before the next try; asked to end the command, try at once."""
        if not self._cancel.cancelled:
            self._cancel.wait(BACKOFF[min(tries, len(BACKOFF) - 1)])
        self._asked()

    def _asked(self) -> bool:
        """Whether the command is to be ended: by a person, or because its time is over."""
        if self._cancel.left:
            raise Detached
        if self._ending is None:
            if self._cancel.cancelled:
                self._ending = (OutcomeKind.CANCELLED, "")
            elif time.monotonic() >= self._deadline:
                self._ending = (OutcomeKind.TIMED_OUT, f"after {self._timeout:g} s")
        return self._ending is not None

    def _attach(self, nonce: str) -> Wrapped:
        return attach_request(self._key, nonce, self._came[Stream.OUT], self._came[Stream.ERR])

    def _follow(self, wrapped: Wrapped, talk: Talk) -> Outcome | None:
        """Pass the output on until the command has ended; None when bytes are missing or the answer made no sense."""
        exchange = self._channels.exchange(wrapped, self._cancel)
        stopped = False
        try:
            while (chunks := exchange.take(max(0.0, min(TICK, self._deadline - time.monotonic())))) is not None:
                for stream, data in chunks:
                    self._pass_on(stream, talk.feed(data) if stream is Stream.OUT else data)
                if talk.head == "running" and talk.end is None and not stopped and self._asked():
                    if not self._stop():
                        kind, detail = self._ending or (OutcomeKind.CANCELLED, "")
                        return _unknown(f"{kind.value} {detail}, but it may still be running".replace(" ,", ","))
                    stopped = True
            if not exchange.whole():
                raise Lost
        finally:
            exchange.close()
        if talk.end is None:
            return self._without_end(talk) if talk.head and talk.head != "running" else None
        if talk.end.out > self._came[Stream.OUT] or talk.end.err > self._came[Stream.ERR]:
            return None
        return self._outcome(talk.end)

    def _pass_on(self, stream: Stream, data: bytes) -> None:
        if data:
            self._sink(stream, data)
            self._came[stream] += len(data)

    def _stop(self) -> bool:
        """End the job's processes; True when nothing of them is left."""
        try:
            words = self._ask(stop_request(self._key, secrets.token_hex(8), self._patience), self._patience + ASK)
        except (HostError, Lost):
            return False
        return words.split()[-1:] == ["empty"]

    def _ask(self, request: str, patience: float = ASK) -> str:
        return ask(self._channels, request, patience)

    def _without_end(self, talk: Talk) -> Outcome:
        match talk.head:
            case "refused":
                raise Refused(talk.words)
            case "void":
                return Outcome(OutcomeKind.UNREACHABLE, detail="it never started on the host, and never will")
            case "rebooted":
                return _unknown("the host was restarted, perhaps while the command ran")
            case _:
                return _unknown("there is no trace of it on the host")

    def _outcome(self, end: End) -> Outcome:
        if self._ending is not None:
            return Outcome(self._ending[0], detail=self._ending[1])
        if end.stopping and end.status != 0:
            return Outcome(OutcomeKind.CANCELLED, detail="its end was asked for before")
        if end.status is None:
            if end.rebooted:
                return _unknown("the host was restarted while the command ran")
            return _unknown(f"what watched it on the host was killed. {self._looked()}")
        if end.killed:
            return Outcome(OutcomeKind.SIGNALLED, signal=signal_name(end.status - 128))
        return Outcome.exited(end.status)

    def _looked(self) -> str:
        try:
            return look(self._channels, self._key)
        except HostError as error:
            return error.message


def look(channels: Channels, key: str) -> str:
    """What there is of a job on the host, in words.

    Raises:
        HostError: the host cannot be reached.
    """
    nonce = secrets.token_hex(8)
    return found_words(_asked(channels, look_request(key, nonce)), nonce)


def clear(channels: Channels, session: str) -> int:
    """Remove the directories of a session's ended jobs; returns how many still run.

    Raises:
        HostError: the host cannot be reached.
    """
    words = _asked(channels, clear_request(session, secrets.token_hex(8))).split()
    if words[-2:-1] != ["cleared"]:
        raise HostError("the host does not say what it removed", "log in and look at its disk")
    return int(words[-1])


def _asked(channels: Channels, request: str) -> str:
    try:
        return ask(channels, request, ASK)
    except Lost as error:
        raise HostError("the connection was lost", "try again") from error


def ask(channels: Channels, request: str, patience: float) -> str:
    """What a short request prints.

    Raises:
        HostError: the host cannot be reached.
        Lost: the connection went down, or no answer came in `patience` seconds.
    """
    exchange = channels.exchange(Wrapped(request, b""), CancelToken())
    output = bytearray()
    deadline = time.monotonic() + patience
    try:
        while (chunks := exchange.take(TICK)) is not None:
            output.extend(b"".join(data for stream, data in chunks if stream is Stream.OUT))
            if time.monotonic() > deadline:
                raise Lost
        if not exchange.whole():
            raise Lost
    finally:
        exchange.close()
    return output.decode(errors="replace")


def unreachable(error: HostError) -> Outcome:
    """The outcome of a command that was never sent."""
    return Outcome(OutcomeKind.UNREACHABLE, detail=". ".join(part for part in (error.message, error.hint) if part))


def signal_name(number: int) -> str:
    """The name of a signal's number (Linux's)."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}" if number >= signal.SIGRTMIN else f"signal {number}"


def _unknown(detail: str) -> Outcome:
    return Outcome(OutcomeKind.UNKNOWN, detail=detail)
