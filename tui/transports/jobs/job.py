"""Starts a command on a host exactly once, follows it across lost connections, and says how it ended."""

import secrets
import signal
import time
from collections.abc import Callable

from msgspec.structs import replace

from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Detached, Left, OutputSink, Stream
from tui.transports.fencing.fence import taken_over
from tui.transports.greeting import HUSHED, TOLD, did_not_run
from tui.transports.jobs.follower import KILLED_TOO, End, Talk
from tui.transports.jobs.request import ASK, Channels, Lost, ask, clear, look
from tui.transports.jobs.scripts import attach_request, start_request, stop_request
from tui.transports.shell import TICK, Wrapped

__all__ = ["JobRun", "Lost", "Refused", "clear", "look", "signal_name", "unreachable"]

BACKOFF = (0.2, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between two tries to reconnect; the last one again and again."""

ODD = 3
"""After this many answers that make no sense, or none, over a connection that works, the outcome is unknown."""

FRUITLESS = 20
"""The same for the output of a command that has ended: on a busy host a reader may be ended before it has begun."""

NOT_STARTED = Outcome(OutcomeKind.CANCELLED, detail="it had not started")


class Refused(Exception):
    """The host cannot keep a job; nothing was started."""


def run_durably(
    channels: Channels,
    command: Command,
    sink: OutputSink,
    cancel: CancelToken,
    patience: float,
    plainly: Callable[[], Outcome],
) -> Outcome:
    """Run a command so that it outlives its connection; `plainly` where the host cannot keep one, which is told.

    Raises:
        Detached: it keeps running without us.
    """
    left = Left(key=command.key, timeout=command.timeout, epoch=command.fence.epoch)
    try:
        return JobRun(channels, left, sink, cancel, patience).start(command)
    except Refused as refused:
        return replace(plainly(), unprotected=str(refused))


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
        self._epoch = left.epoch
        self._deadline = time.monotonic() + left.timeout if left.timeout is not None else float("inf")
        self._came = {Stream.OUT: left.out, Stream.ERR: left.err}
        self._ending: tuple[OutcomeKind, str] | None = None
        self._cancelled_at = 0.0
        self._unanswered = 0
        self._emptied = False
        self._last_words = b""
        self._hushed = False

    def start(self, command: Command) -> Outcome:
        """Start the command, unless it has been, and follow it.

        Raises:
            Refused: the host cannot keep a job; nothing was started.
            Detached: it keeps running without us.
        """
        if self._cancel.cancelled:
            return NOT_STARTED
        self._hushed = bool(command.secrets)
        try:
            boot_id, shell = self._channels.boot_id(), self._channels.login_shell()
        except HostError as error:
            return unreachable(error)
        return self._until_over(
            lambda nonce: start_request(command, nonce, boot_id, self._came[Stream.OUT], self._came[Stream.ERR], shell)
        )

    def rejoin(self) -> Outcome:
        """Follow the command that was left; one that never started never will.

        Raises:
            Detached: it keeps running without us.
        """
        return self._until_over(None)

    def _until_over(self, start: Callable[[str], Wrapped] | None) -> Outcome:
        sent, tries, odd, fruitless = start is None, 0, 0, 0
        while True:
            nonce = secrets.token_hex(8)
            wrapped = start(nonce) if start else self._attach(nonce)
            talk = Talk(nonce)
            before = dict(self._came)
            try:
                outcome = self._follow(wrapped, talk)
                if outcome is not None:
                    return outcome
                if talk.end is not None:  # it is over, and what its tail had not sent yet is fetched at once
                    start, sent = None, True
                    fruitless = fruitless + 1 if before == self._came else 0
                    if fruitless >= FRUITLESS:  # a startup file sends it elsewhere, or somebody removed it
                        return _unknown("it has ended, but not all of its output can be fetched")
                    if fruitless:
                        self._pause(0)
                    continue
                odd = odd + 1 if not talk.head else 0
                if odd >= ODD:
                    said = talk.unread.decode(errors="replace").strip()[-200:]
                    return _unknown(f"the host does not answer as it should: {said}")
                tries = 0
            except HostError as error:
                if not sent:
                    return NOT_STARTED if self._cancel.cancelled else unreachable(error)
            except Lost:
                sent = True
            if talk.head == "running":
                start, sent, tries = None, True, 0
            self._pause(tries)
            if tries > 0 and self._cancelled_at and time.monotonic() > self._cancelled_at + self._patience:
                return self._perhaps_running("the host cannot be reached: it may still be running")
            tries += 1

    def _pause(self, tries: int) -> None:
        """Wait before the next try; who asked to end the command is told soon."""
        seconds = BACKOFF[min(tries, len(BACKOFF) - 1)]
        if self._cancel.cancelled:
            time.sleep(min(seconds, TICK))
        else:
            self._cancel.wait(seconds)
        self._asked()

    def _asked(self) -> bool:
        """Whether the command is to be ended: by a person, or because its time is over."""
        if self._cancel.left:
            raise Detached
        if self._cancel.cancelled:
            self._cancelled_at = self._cancelled_at or time.monotonic()
            self._ending = self._ending or (OutcomeKind.CANCELLED, "")
        elif self._ending is None and time.monotonic() >= self._deadline:
            self._ending = (OutcomeKind.TIMED_OUT, f"after {self._timeout:g} s")
        return self._ending is not None

    def _attach(self, nonce: str) -> Wrapped:
        return attach_request(self._key, nonce, self._came[Stream.OUT], self._came[Stream.ERR])

    def _follow(self, wrapped: Wrapped, talk: Talk) -> Outcome | None:
        """Pass the output on until the command has ended; None when bytes are missing or the answer made no sense."""
        exchange = self._channels.exchange(wrapped, self._cancel)
        self._emptied = False
        try:
            while (chunks := exchange.take(self._tick())) is not None:
                for stream, data in chunks:
                    self._pass_on(stream, talk.feed(data) if stream is Stream.OUT else talk.feed_err(data))
                asked = talk.head == "running" and talk.end is None and not self._emptied and self._asked()
                if asked and not self._stop():
                    return self._perhaps_running("it may still be running")
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
            if stream is Stream.ERR:
                self._last_words = (self._last_words + data)[-TOLD:]

    def _tick(self) -> float:
        """How long to wait for news, until something else is to be done."""
        return TICK if self._ending else max(0.0, min(TICK, self._deadline - time.monotonic()))

    def _stop(self) -> bool:
        """End the job's processes; True when nothing of them is left, or when it had ended by itself before.

        Raises:
            Lost: there was no answer; it is worth another try.
        """
        request = stop_request(self._key, secrets.token_hex(8), self._patience, self._epoch)
        try:
            words = ask(self._channels, request, self._patience + ASK, urgent=True)
        except (HostError, Lost) as error:
            self._unanswered += 1
            if self._unanswered < ODD:
                raise Lost from error
            return False
        self._emptied = words.split()[-1:] in (["empty"], ["over"])
        return self._emptied

    def _perhaps_running(self, why: str) -> Outcome:
        kind, detail = self._ending or (OutcomeKind.CANCELLED, "")
        return _unknown(f"{kind.value} {detail}, but {why}".replace(" ,", ","))

    def _without_end(self, talk: Talk) -> Outcome:
        match talk.head:
            case "refused":
                raise Refused(talk.words)
            case "fenced":
                return taken_over(talk.words)
            case "void":
                return Outcome(OutcomeKind.UNREACHABLE, detail="it never started on the host, and never will")
            case "rebooted":
                return _unknown("the host was restarted, perhaps while the command ran")
            case _:
                return _unknown("there is no trace of it on the host")

    def _outcome(self, end: End) -> Outcome:
        if end.rebooted:
            return _unknown("the host was restarted while the command ran")
        if end.stopping and (self._ending or end.status != 0):
            if not self._emptied and not self._stop():
                return self._perhaps_running("it may still be running")
            kind, detail = self._ending or (OutcomeKind.CANCELLED, "its end was asked for before")
            return Outcome(kind, detail=detail)
        if end.status is None:
            looked = self._looked().removeprefix(KILLED_TOO).strip().removesuffix(".")
            return _unknown(f"what watched it on the host was killed. {looked}")
        if not end.begun:
            said = HUSHED if self._hushed else self._last_words.decode(errors="replace")
            return did_not_run(f"exit {end.status}", said)
        if end.killed:
            return Outcome(OutcomeKind.SIGNALLED, signal=signal_name(end.status - 128))
        return Outcome.exited(end.status)

    def _looked(self) -> str:
        try:
            return look(self._channels, self._key)
        except HostError as error:
            return error.message


def unreachable(error: HostError) -> Outcome:
    """The outcome of a command that was never sent."""
    return Outcome(OutcomeKind.UNREACHABLE, detail=error.told)


def signal_name(number: int) -> str:
    """The name of a signal's number (Linux's)."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}" if number >= signal.SIGRTMIN else f"signal {number}"


def _unknown(detail: str) -> Outcome:
    return Outcome(OutcomeKind.UNKNOWN, detail=detail)
