"""Understands what a job's follower says on standard output, in between of which the command's own output stands."""

from msgspec import Struct

from tui.transports.greeting import MAX_BANNER, after

KILLED_TOO = "It was killed, with what watched it."
KILLED = 128
"""The exit status of a killed command is its signal's number and this."""


class End(Struct, frozen=True):
    """The follower's last words: how the job ended, and the bytes of each stream (-1: all of them have been sent).

    `status` is None where there is no exit status: the runner was killed, or the host was restarted.
    """

    out: int
    err: int
    stopping: bool
    status: int | None
    killed: bool = False
    begun: bool = True
    rebooted: bool = False


class Talk:
    """Takes the follower's words out of a stream; what is left is the command's."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"runbook-job {nonce} ".encode()
        self._errors_mark = f"runbook-job-errors {nonce}".encode()
        self._end_mark = b"\0" + self._mark + b"end "  # a byte that text does not have, so that no text waits for more
        self.head = ""
        """The first word: running, or why nothing follows; empty as long as none came."""
        self.words = ""
        self.end: End | None = None
        self.unread = b""
        self._errors_begun = False
        self._before_errors = b""

    def feed(self, data: bytes) -> bytes:
        """Take what came; returns what of it is the command's output."""
        if self.unread:
            data = self.unread + data
            self.unread = b""
        if not self.head:
            data = self._greeted(data)
        return self._body(data) if self.head and data and self.end is None else b""

    def feed_err(self, data: bytes) -> bytes:
        """Take what came on standard error; what startup files printed there is not the command's."""
        if self._errors_begun:
            return data
        line, rest = after(self._errors_mark, self._before_errors + data)
        self._errors_begun, self._before_errors = line is not None, rest[-MAX_BANNER:]
        return rest if self._errors_begun else b""

    def _greeted(self, data: bytes) -> bytes:
        line, rest = after(self._mark, data)
        if line is None:
            self.unread = rest[-MAX_BANNER:]
            return b""
        self.head, _, self.words = line.partition(" ")
        return rest

    def _body(self, data: bytes) -> bytes:
        if b"\0" not in data:  # looking for the whole mark takes twenty times as long
            return data
        at = data.find(self._end_mark)
        if at >= 0:
            line, newline, _ = data[at + len(self._end_mark) :].partition(b"\n")
            if newline:
                self.end = _end(line.decode(errors="replace").split())
            else:
                self.unread = data[at:]
            return data[:at]
        at = data.rfind(b"\0", -len(self._end_mark))
        if at >= 0 and self._end_mark.startswith(data[at:]):
            self.unread = data[at:]
            return data[:at]
        return data


def _end(words: list[str]) -> End:
    out, err, stopping, how, *rest = [*words, "", "", "", ""][: max(4, len(words))]
    return End(
        out=int(out) if out.isdigit() else -1,
        err=int(err) if err.isdigit() else -1,
        stopping=stopping == "stopping",
        status=int(how) if how.isdigit() else None,
        killed="killed" in rest and how.isdigit() and int(how) > KILLED,
        begun="unbegun" not in rest,
        rebooted=how == "rebooted",
    )


def found_words(answer: str, nonce: str) -> str:
    """A look's answer as a sentence."""
    words = answer.partition(f"runbook-job {nonce} ")[2].split()
    if words[:1] == ["missing"]:
        return "There is no trace of it on the host."
    if len(words) < 4 or words[0] != "found":
        return "The host did not say what there is of it."
    state, alive, size, how = words[1], words[2], words[3], words[4:]
    printed = f"It printed {int(size):,} bytes." if size.isdigit() else ""
    if state == "void":
        return "It never started."
    if state == "none":
        return "There is no sign that it started."
    if "unbegun" in how:
        return f"It did not run: what starts it there ended with exit {how[0]}. {printed}"
    if how:
        killed = f"was killed by signal {int(how[0]) - 128}" if "killed" in how else f"ended with exit {how[0]}"
        return f"It {killed}. {printed}"
    if state == "rebooted":
        return f"The host was restarted while it ran. {printed}"
    if alive.isdigit() and int(alive):
        return f"It is still running ({alive} processes). {printed}"
    return f"{KILLED_TOO} {printed}"
