"""One request over the control socket: how it is sent, what is received, how it ended."""

import fcntl
import os
import selectors
import time
from collections.abc import Callable
from contextlib import suppress

from tui import threads
from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Stream
from tui.transports.by_turns import NoChannel
from tui.transports.jobs.request import Lost
from tui.transports.local.pipes import feed, received
from tui.transports.openssh.master import Master
from tui.transports.openssh.mux import LONGEST, Control, MuxRefused
from tui.transports.shell import Wrapped

STATUS_PATIENCE = 2.0
PIPE = 1 << 20
"""Bytes that a pipe is to hold, so that much output needs few turns; the system may allow less."""
INLINE = 16 << 10
"""Bytes of standard input that any pipe holds: writing them does not wait."""
UNNAMED = "a signal, of which ssh does not tell the name"


def start(master: Master, wrapped: Wrapped, patience: float, let_go: Callable[[], None]) -> "MuxExchange":
    """Send a request in a session of its own; see Start.

    Raises:
        HostError: it is longer than ssh can carry.
    """
    if len(wrapped.request.encode(errors="surrogateescape")) > LONGEST - 4096:
        raise HostError("the command is longer than ssh can carry", "put its script into a file on the host")
    try:
        control = master.control()
    except (EOFError, OSError) as error:
        raise NoChannel(str(error)) from error
    reading, feeding = os.pipe()
    out, printing = _wide_pipe()
    err, erring = _wide_pipe()
    theirs, ours = (reading, printing, erring), (feeding, out, err)
    started = time.monotonic()
    try:
        control.begin(wrapped.request, master.environment, theirs)
        control.answer(patience)
    except (MuxRefused, EOFError, OSError) as error:
        for file in ours:
            os.close(file)
        control.abandon()
        raise (NoChannel(str(error)) if isinstance(error, MuxRefused) else Lost()) from error
    finally:
        for file in theirs:
            os.close(file)
    master.took(time.monotonic() - started)
    return MuxExchange(master, control, ours, wrapped.stdin, let_go)


def _wide_pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    with suppress(OSError, AttributeError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE)
    return reading, writing


class MuxExchange:
    """A session on the control socket."""

    def __init__(
        self, master: Master, control: Control, files: tuple[int, int, int], stdin: bytes, let_go: Callable[[], None]
    ) -> None:
        """Args: files: where to write its standard input, and to read its standard output and error."""
        self._master = master
        self._control = control
        self._let_go = let_go
        feeding, *reading = files
        self._files = tuple(reading)
        self._selector = selectors.DefaultSelector()
        for file, stream in zip(self._files, (Stream.OUT, Stream.ERR), strict=True):
            self._selector.register(file, selectors.EVENT_READ, stream)
        pipe = os.fdopen(feeding, "wb")
        if len(stdin) <= INLINE:
            feed(pipe, stdin)
        else:
            threads.start("stdin", feed, pipe, stdin)

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        """What has come; see Exchange."""
        return received(self._selector, wait)

    def has_ended(self, wait: float) -> bool:
        """Whether there is an exit status, or will be none; see Carried."""
        return self._control.ended(wait)

    def all_came(self) -> bool:
        """Whether it was the host that ended the output: ssh is there and has dealt with all that came."""
        return not self._selector.get_map() and self._master.answers()

    def whole(self) -> bool:
        """Whether the request's own process ended with an exit status, and all of its output came."""
        return self.has_ended(STATUS_PATIENCE) and self._control.exit_status is not None and self.all_came()

    def outcome(self) -> Outcome:
        """How it ended; see Carried."""
        if self._control.exit_status is not None:
            return Outcome.exited(self._control.exit_status)
        if self._master.answers():  # the session is over, the connection is not, and there is no exit status
            return Outcome(OutcomeKind.SIGNALLED, signal=UNNAMED)
        return Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost while the command ran")

    def close(self) -> None:
        """Let go of the session; what runs on the host keeps running."""
        self._selector.close()
        self._control.close()
        for file in self._files:
            os.close(file)
        self._let_go()
