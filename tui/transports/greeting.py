"""Takes the greeting out of a command's output: what stands before it is the host's, and without it nothing ran."""

from tui.session.outcome import NOT_RUN, Outcome, OutcomeKind
from tui.transports.base import Stream
from tui.transports.fencing.fence import fenced
from tui.transports.shell import HELLO, HELLO_ERRORS

MAX_BANNER = 64 << 10
"""Bytes kept of what the host prints before the greeting; of more, the last ones."""
TOLD = 200
"""Characters told of it."""
HUSHED = "what the host said is not shown: it may be the secrets or the input that were sent there"


class Greeting:
    """Both streams of one command, of which each begins with a greeting line of its own."""

    def __init__(self) -> None:
        self.hushed = False
        """Whether something was sent there that a host might say back."""
        self.group = 0
        """The number of the command's process group; 0 as long as the command has not begun."""
        self._before = {Stream.OUT: b"", Stream.ERR: b""}
        self._waiting = {Stream.OUT, Stream.ERR}

    def feed(self, stream: Stream, data: bytes) -> bytes:
        """Take what came; returns what of it is the command's."""
        if stream not in self._waiting:
            return data
        mark = HELLO if stream is Stream.OUT else HELLO_ERRORS
        words, rest = after(mark, self._before[stream] + data)
        if words is None:
            self._before[stream] = rest[-MAX_BANNER:]
            return b""
        self._waiting.discard(stream)
        self._before[stream] = b""
        if stream is Stream.OUT:
            self.group = int(words) if words.isdigit() else -1
        return rest

    def held(self) -> bytes:
        """At the end: what came on standard error without a greeting there, of a command that has begun."""
        return self._before[Stream.ERR] if self.group else b""

    def judged(self, outcome: Outcome) -> Outcome:
        """The outcome, unless the command has never begun."""
        if self.group or not (outcome.ended_by_itself or outcome.kind is OutcomeKind.SIGNALLED):
            return outcome
        if refused := fenced(self._before[Stream.ERR]):
            return refused
        how = f"exit {outcome.exit_status}" if outcome.ended_by_itself else outcome.signal
        return did_not_run(how, self.said())

    def said(self) -> str:
        """The last of what the host said in place of a greeting."""
        if self.hushed:
            return HUSHED
        parts = (self._before[stream].decode(errors="replace").strip() for stream in (Stream.OUT, Stream.ERR))
        return "\n".join(part for part in parts if part)[-TOLD:]


def did_not_run(how: str, said: str) -> Outcome:
    """The outcome of a command that the host let end before it began."""
    words = " · ".join(line.strip() for line in said.splitlines() if line.strip())
    return Outcome(OutcomeKind.UNREACHABLE, detail=f"{NOT_RUN} ({how}): {words or 'the host said nothing'}")


def after(mark: bytes, data: bytes) -> tuple[str | None, bytes]:
    """The rest of the first line that begins with a mark, and what stands after it; None and everything without one."""
    at = 0 if data.startswith(mark) else data.find(b"\n" + mark) + 1
    if not at and not data.startswith(mark):
        return None, data
    newline = data.find(b"\n", at)
    if newline < 0:
        return None, data
    return data[at + len(mark) : newline].decode(errors="replace"), data[newline + 1 :]
