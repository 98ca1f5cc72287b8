"""Asks a host about its jobs: one request, one answer, over whatever connection there is."""

import secrets
import time
from typing import Protocol

from tui.errors import HostError, TakenOver
from tui.transports.base import UNSHARED, CancelToken, Fence, Stream
from tui.transports.fencing.fence import taken_over
from tui.transports.jobs.follower import found_words
from tui.transports.jobs.scripts import clear_request, fence_request, look_request
from tui.transports.shell import TICK, Wrapped

ASK = 20.0
"""Seconds that a host has to answer a question about a job."""


class Lost(Exception):
    """The connection went down while a request was on its way or being answered."""


class Exchange(Protocol):
    """One request being answered."""

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; an empty list after `wait` seconds, None when nothing more will come."""

    def whole(self) -> bool:
        """Whether the answer, which is over, came to its own end; False where the connection was lost first."""

    def close(self) -> None:
        """Let go of it; what runs on the host keeps running."""


class Channels(Protocol):
    """The way to a host, for one request after another."""

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> Exchange:
        """Send a request; an `urgent` one does not wait for others to end, where the host limits how many run at once.

        Raises:
            HostError: the host cannot be reached; nothing was sent.
            Lost: the connection went down; it may have been sent.
        """

    def login_shell(self) -> str:
        """The shell that reads a request, once the host is known; empty where it does not tell."""

    def boot_id(self) -> str:
        """Which start of the host the first connection met; empty where it does not tell."""


def look(channels: Channels, key: str) -> str:
    """What there is of a job on the host, in words.

    Raises:
        HostError: the host cannot be reached.
    """
    nonce = secrets.token_hex(8)
    return found_words(_asked(channels, look_request(key, nonce)), nonce)


def clear(channels: Channels, session: str, fence: Fence = UNSHARED) -> int:
    """Remove the directories of a session's ended jobs; returns how many still run.

    Raises:
        TakenOver: a later epoch has been there; what is left there is that one's.
        HostError: the host cannot be reached.
    """
    nonce = secrets.token_hex(8)
    answer = _asked(channels, clear_request(session, nonce, fence.epoch))
    _said_to_be_over(_answered(answer, nonce))
    words = answer.split()
    if words[-2:-1] != ["cleared"]:
        raise HostError("the host does not say what it removed", "log in and look at its disk")
    return int(words[-1])


def fence_off(channels: Channels, session: str, fence: Fence) -> tuple[str, ...]:
    """Keep earlier epochs from beginning anything on the host; returns the attempts (step/number) that have begun.

    Raises:
        TakenOver: a later epoch has been there.
        HostError: the host cannot be reached, or cannot keep a fence.
    """
    nonce = secrets.token_hex(8)
    answer = _asked(channels, fence_request(session, nonce, fence))
    how, words = _said_to_be_over(_answered(answer, nonce))
    if how != "begun":
        raise HostError(f"the host keeps no fence: {words or 'it does not say why'}", "free space in its home")
    return tuple(f"{step}/{number}" for step, _, number in (word.rpartition(".") for word in words.split()) if step)


def _answered(answer: str, nonce: str) -> tuple[str, str]:
    """How a host answered, and what more it said."""
    how, _, words = answer.rpartition(f"runbook-job {nonce} ")[2].strip().partition(" ")
    return how, words


def _said_to_be_over(answered: tuple[str, str]) -> tuple[str, str]:
    """The same answer, where it does not say that this epoch is over.

    Raises:
        TakenOver: it says so.
    """
    if answered[0] == "fenced":
        raise TakenOver(taken_over(answered[1]).detail, "follow it, or ask them for it")
    return answered


def _asked(channels: Channels, request: str) -> str:
    try:
        return ask(channels, request, ASK)
    except Lost as error:
        raise HostError("the connection was lost", "try again") from error


def ask(channels: Channels, request: str, patience: float, urgent: bool = False) -> str:
    """What a short request prints; see Channels for an `urgent` one.

    Raises:
        HostError: the host cannot be reached.
        Lost: the connection went down, or no answer came in `patience` seconds.
    """
    exchange = channels.exchange(Wrapped(request, b""), CancelToken(), urgent)
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
