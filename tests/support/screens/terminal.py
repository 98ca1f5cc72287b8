"""A pseudo-terminal with a program in it: what a test reads is what a person's terminal would have been sent."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.harness.program import Program, forked


class Terminal:
    """The person's side: what came is in `received`; `wait_for` waits for the program, never for the clock."""

    def __init__(self, child: int, descriptor: int, ended: Callable[[], int]) -> None:
        self.child = child
        self._ended = ended
        self.descriptor = descriptor
        self.received = b""
        self._seen = 0
        self._status: int | None = None

    def wait_for(self, text: str | re.Pattern[bytes], deadline: float = 60.0) -> None:
        """Read until the program has sent this text again; fail with what came when it is silent for too long.

        What stands in one line comes at once: wait for it by one pattern, not by one text after another.
        """
        wanted = re.compile(re.escape(text.encode())) if isinstance(text, str) else text
        while (found := wanted.search(self.received, self._seen)) is None:
            ready, _, _ = select.select([self.descriptor], [], [], deadline)
            assert ready, f"no {text!r} in {self.received[-2000:]!r}"
            assert self._read(), f"the program ended without {text!r}: {self.received[-2000:]!r}"
        self._seen = found.end()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.descriptor, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Have the terminal be as large as this, and tell the program."""
        _resize(self.descriptor, (columns, lines))

    def idle(self, quiet: float = 0.3, until: Callable[[], bool] = lambda: False) -> bool:
        """Read until nothing has come for `quiet` seconds, or much for longer; True when the program has ended.

        A screen whose clocks and monitors are running is never quiet for good; what is waited `until` needs no quiet.
        """
        enough = time.monotonic() + 4 * quiet
        while time.monotonic() < enough and not until() and select.select([self.descriptor], [], [], quiet)[0]:
            if not self._read():
                return True
        return False

    def wait(self) -> int:
        """Read to the end of the program and return its exit status (negative: the signal it died of)."""
        while self._read():
            pass
        if self._status is None:
            self._status = self._ended()
        return self._status

    def close(self) -> None:
        """End the program if it still runs."""
        if self._status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            self.wait()
        os.close(self.descriptor)

    def _read(self) -> bytes:
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # Linux says EIO when the other side is gone
            data = b""
        self.received += data
        return data


@contextmanager
def terminal(
    command: Sequence[str | Path],
    directory: Path,
    environment: Mapping[str, str],
    size: tuple[int, int] = (100, 30),
    started: bool = False,
) -> Iterator[Terminal]:
    """Run a command in a terminal of this many columns and lines for as long as the block lasts.

    The program of this project is a fork (`program`), or with `started` an interpreter of its own.
    """
    begin = _started if started or not forked(command, environment) else _forked
    opened = begin([str(word) for word in command], directory, {"TERM": "xterm-256color", **environment}, size)
    try:
        yield opened
    finally:
        opened.close()


def _forked(command: list[str], directory: Path, environment: dict[str, str], size: tuple[int, int]) -> Terminal:
    ours, theirs = pty.openpty()
    _resize(theirs, size)
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    process = Program(command, cwd=directory, env=environment, terminal=True, **streams)
    os.close(theirs)
    return Terminal(process.pid, ours, process.wait)


def _started(command: list[str], directory: Path, environment: dict[str, str], size: tuple[int, int]) -> Terminal:
    child, descriptor = pty.fork()
    if child == 0:
        try:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):  # ignored by tests in the background or
                signal.signal(number, signal.SIG_DFL)  # under nohup, and so by the program
            _resize(0, size)
            os.chdir(directory)
            os.execve(command[0], command, environment)
        finally:
            os._exit(127)
    return Terminal(child, descriptor, lambda: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _resize(descriptor: int, size: tuple[int, int]) -> None:
    columns, lines = size
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
