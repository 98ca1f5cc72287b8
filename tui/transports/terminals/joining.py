"""Hands the operator's terminal over to a program on a host: keys go there, what it draws comes back and is kept."""

import fcntl
import os
import select
import shlex
import struct
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tui import threads
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, OutputSink, Stream, TerminalEnd
from tui.transports.fencing.fence import STATUS, before_plain, fenced
from tui.transports.shell import words_of_join

TICK = 0.05
LAST = 400
"""Bytes at the end of what was drawn in which a host's refusal is looked for."""
LEFT = "the operator left it; what ran there may be running still"
RUN = """\
_rb_shell=$1 _rb_directory=$2 _rb_script=$3
shift 3
for _rb_pair do export "$_rb_pair"; done
[ -z "$_rb_directory" ] || command cd -- "$_rb_directory" >/dev/null || exit 125
if [ "$_rb_shell" = bash ] && command -v bash >/dev/null; then exec bash -c "$_rb_script"; fi
exec sh -c "$_rb_script"
"""
_HEAD = f"exec sh -c {shlex.quote(RUN)} runbook-terminal "
_TAIL = f"{shlex.quote(RUN)[1:]} runbook-terminal "


class FarTerminal(Protocol):
    """The program's side."""

    def send(self, data: bytes) -> None:
        """Type; what the other side does not take any more is its own affair."""

    def take(self, wait: float) -> list[bytes] | None:
        """What it draws within `wait` seconds; None once it has ended."""

    def resize(self, columns: int, lines: int) -> None:
        """Tell it how large the terminal is now."""

    def outcome(self) -> Outcome:
        """How it ended."""

    def close(self) -> None:
        """Let go of it."""


class HereTerminal:
    """The terminal that this program runs in, or another one of this machine."""

    def __init__(self, keys: int = 0, screen: int = 1) -> None:
        self.term = os.environ.get("TERM", "dumb")
        self._keys, self._screen = keys, screen

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        lines, columns, *_ = struct.unpack("HHHH", fcntl.ioctl(self._screen, termios.TIOCGWINSZ, b"\0" * 8))
        return columns or 80, lines or 24

    def read(self, wait: float) -> bytes | None:
        """What is typed; see TerminalEnd."""
        try:
            if not select.select([self._keys], [], [], wait)[0]:
                return b""
            return os.read(self._keys, 4096) or None
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        """Draw."""
        while data:
            data = data[os.write(self._screen, data) :]

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Each key goes through as it is, for as long as the block lasts."""
        was = termios.tcgetattr(self._keys)
        tty.setraw(self._keys)
        try:
            yield
        finally:
            termios.tcsetattr(self._keys, termios.TCSAFLUSH, was)


class LeavingKeys:
    """Finds `~.` at the beginning of a line, as ssh does: the way out of a terminal that does not answer."""

    def __init__(self) -> None:
        self._at = "line"

    def passed(self, typed: bytes) -> tuple[bytes, bool]:
        """What of the keys goes to the host, and whether the operator leaves."""
        kept = bytearray()
        for key in typed:
            if self._at == "tilde":
                if key == ord("."):
                    return bytes(kept), True
                kept += b"~" if key != ord("~") else b""
            if self._at == "line" and key == ord("~"):
                self._at = "tilde"
                continue
            self._at = "line" if key in b"\r\n" else "text"
            kept.append(key)
        return bytes(kept), False


def terminal_request(command: Command) -> str:
    """The exec request that starts a program in the terminal of its channel."""
    words = [command.shell, command.directory, command.script]
    words += [f"{name}={value}" for name, value in command.environment.items()]
    if command.fence.epoch and command.key:
        return f"exec sh -c {shlex.quote(before_plain(command) + RUN)} runbook-terminal {shlex.join(words)}"
    return _HEAD + shlex.join(words)


def terminal_script(request: str) -> str | None:
    """The script that such a request runs, whatever fence it is held to; None of any other request."""
    head, found, words = request.partition(_TAIL)
    return words_of_join(words)[2] if found and head.startswith("exec sh -c '") else None


def joined_terminals(far: FarTerminal, end: TerminalEnd, sink: OutputSink, cancel: CancelToken) -> Outcome:
    """Join both sides until the program has ended, or the operator leaves it."""
    over, left = threading.Event(), threading.Event()

    def keys() -> None:
        leaving = LeavingKeys()
        while not over.is_set():
            typed = end.read(TICK)
            if typed is None:
                left.set()
                return
            kept, leaves = leaving.passed(typed)
            if kept:
                far.send(kept)
            if leaves:
                left.set()
                return

    reader = threads.start("terminal keys", keys)
    size, last = end.size(), b""
    try:
        while (drawn := far.take(TICK)) is not None:
            for data in drawn:
                sink(Stream.OUT, data)
                end.write(data)
                last = (last + data)[-LAST:]
            if left.is_set() or cancel.cancelled:
                return Outcome(OutcomeKind.UNKNOWN, detail=LEFT)
            if (now := end.size()) != size:
                size = now
                far.resize(*size)
        outcome = far.outcome()
        return (fenced(last) if outcome.exit_status == STATUS else None) or outcome
    finally:
        over.set()
        reader.join()
        far.close()
