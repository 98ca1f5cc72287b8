"""From a key press to the drawn answer on a terminal, calm and while 50 MB/s arrive: 99 of 100 within 50 ms."""

import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.support.terminal import ANSWERS

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    BINDINGS = [("down", "move(1)"), ("up", "move(-1)")]
    at = 0
    def compose(self):
        yield Static("marker-000-")
    def action_move(self, by):
        self.at += by
        self.query_one(Static).update(f"marker-{self.at:03d}-")
Bare().run()
"""
KEYS = 300
RATE = 50
SIZE = (40, 120)
DOWN, UP, ENTER = b"\x1b[B", b"\x1b[A", b"\r"


class Terminal:
    """A program on a pty of its own, whose drawing is read as it comes."""

    def __init__(self, command: list[str], environment: dict[str, str], size: tuple[int, int] = SIZE) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", **environment})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))

    def until(self, marker: bytes, timeout: float = 20.0) -> float:
        """The moment at which `marker` was drawn."""
        seen = b""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end:
            data = self._read(0.5)
            for question, answer in ANSWERS.items():
                if question in data and answer:
                    os.write(self.fd, answer)
            seen = seen[-len(marker) :] + data
            if marker in seen:
                return time.perf_counter()
        raise TimeoutError(f"{marker!r} was not drawn within {timeout:.0f} s: {seen[-400:]!r}")

    def idle(self, seconds: float) -> bytes:
        """Read what is drawn for a while, and give it."""
        drawn, end = b"", time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            drawn += self._read(left)
        return drawn

    def press(self, key: bytes) -> None:
        os.write(self.fd, key)

    def memory(self) -> float:
        """The peak of the program's own memory in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024

    def spent(self) -> tuple[float, float]:
        """Processor time in ms so far: of the program's first thread, which draws, and of its others that are there."""
        found = {}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                found[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e6
        first = found.pop(str(self.pid))
        return first, sum(found.values())

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def _read(self, timeout: float) -> bytes:
        return os.read(self.fd, 1 << 20) if select.select([self.fd], [], [], timeout)[0] else b""


class Measured(NamedTuple):
    """Times of KEYS key presses in ms, how much came meanwhile in MB, and by how many MiB the memory's peak grew.

    `screen` and `beside` are processor time for each key in ms: of the thread that draws, and of all others. A busy
    machine and its other programs are in the times, and hardly in these.
    """

    times: list[float]
    came: float
    growth: float
    screen: float
    beside: float


def before_others(process: int) -> None:
    """Have a process that has begun no threads yet run before what is not measured, where that is allowed."""
    with suppress(PermissionError):
        os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(1))


class Measuring:
    """A program on a terminal of its own, in which keys are pressed one after the other."""

    def __init__(self, program: list[str], begin: bool, first: bool = False) -> None:
        self._folder = tempfile.mkdtemp()
        environment = {"TMPDIR": self._folder, "PYTHONPATH": ".", "XDG_CONFIG_HOME": self._folder}
        self.terminal = terminal = Terminal([sys.executable, *program], environment)
        if first:
            before_others(terminal.pid)
        try:
            terminal.until(b"marker-000-", 60.0)
            terminal.idle(1.0)
            self._before = terminal.memory()
            if begin:
                for _ in ("the session is resumed", "start the step"):
                    terminal.press(ENTER)
                    terminal.idle(1.5)  # a dialog hears nothing until nobody types
                self._run_it()
        except BaseException:
            self.close()
            raise
        self._times: list[float] = []
        self.began()

    def began(self) -> None:
        """Count processor time from now on."""
        self._spent = self.terminal.spent()

    def _run_it(self) -> None:
        """Say yes until it is heard: a busy machine draws the question late."""
        for _ in range(30):
            self.terminal.press(b"y")
            with suppress(TimeoutError):
                self.terminal.until(b"running", 2.0)
                return
        raise TimeoutError("the step does not run")

    def press(self) -> None:
        """Press the next key, and wait until what it does is drawn."""
        place = len(self._times)
        down = place % 60 < 30
        at = place % 60 + 1 if down else 59 - place % 60
        self.terminal.press(DOWN if down else UP)
        pressed = time.perf_counter()
        self._times.append((self.terminal.until(f"marker-{at:03d}-".encode()) - pressed) * 1000)

    def came(self) -> int:
        """How many bytes of output are kept by now."""
        return sum(path.stat().st_size for path in Path(self._folder).rglob("*.out"))

    def measured(self) -> Measured:
        """The results of the keys until now."""
        screen, beside = (
            (now - then) / len(self._times) for now, then in zip(self.terminal.spent(), self._spent, strict=True)
        )
        return Measured(self._times, self.came() / 1e6, self.terminal.memory() - self._before, screen, beside)

    def close(self) -> None:
        self.terminal.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def measure(program: list[str], begin: bool) -> Measured:
    """Press KEYS keys in a program."""
    chance = random.Random(1)
    one = Measuring(program, begin)
    try:
        for _ in range(KEYS):
            one.terminal.idle(chance.uniform(0.03, 0.13))
            one.press()
        return one.measured()
    finally:
        one.close()


def main() -> None:
    for name, program in (
        ("bare Textual app", ["-c", BARE]),
        ("ours, calm", ["-m", "bench.support.streaming", "0"]),
        (f"ours, {RATE} MB/s", ["-m", "bench.support.streaming", str(RATE)]),
    ):
        times, came, growth, _, _ = measure(program, begin=program[0] == "-m")
        cuts = statistics.quantiles(times, n=100)
        print(
            f"key to paint, {name:16}  median {cuts[49]:5.1f} ms   p90 {cuts[89]:5.1f}   p99 {cuts[98]:5.1f}   "
            f"worst {max(times):5.1f}   ({came:.0f} MB came; memory's peak grew by {growth:.1f} MiB)"
        )
    print("targets: p99 under 50 ms at 50 MB/s; memory's growth under 60 MiB")


if __name__ == "__main__":
    main()
