"""Starts a terminal program on a pty of its own and waits for what it draws."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ANSWERS = {b"\x1b[c": b"\x1b[?62;c", b"\x1b[>q": b"", b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b""}


def processor_time(pid: int) -> float:
    """Seconds of processor time that a program has taken: what a busy machine changes least."""
    return sum(_of_thread(task) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def processes_beside(pid: int) -> float:
    """Seconds of processor time of the processes that a program began and that have ended, to a hundredth."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _of_thread(task: Path) -> int:
    """Nanoseconds of one thread; it may have ended since its folder was listed."""
    try:
        return int((task / "schedstat").read_text().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def until(command: Sequence[str], marker: bytes, environment: Mapping[str, str], timeout: float = 20.0) -> float:
    """Seconds from the start of a program to the moment it has drawn `marker`; the program is ended then."""
    return both_until(command, marker, environment, timeout)[0]


def both_until(
    command: Sequence[str], marker: bytes, environment: Mapping[str, str], timeout: float = 20.0
) -> tuple[float, float, float]:
    """The same, the processor time it took until then, and that with the processes that it began."""
    started = time.perf_counter()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", **environment})
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        waited = _wait(fd, marker, started, timeout)
        taken = processor_time(pid)
        return waited, taken, taken + processes_beside(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def _wait(fd: int, marker: bytes, started: float, timeout: float) -> float:
    seen = b""
    while time.perf_counter() - started < timeout:
        if select.select([fd], [], [], 0.5)[0]:
            data = os.read(fd, 65536)
            for question, answer in ANSWERS.items():
                if question in data and answer:
                    os.write(fd, answer)
            seen += data
            if marker in seen:
                return time.perf_counter() - started
    raise TimeoutError(f"{marker!r} was not drawn within {timeout:.0f} s: {seen[-400:]!r}")
