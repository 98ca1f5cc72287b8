"""Starts the program as a test needs it: in a process of its own, a fork of one that has imported it.

An interpreter with what the program imports takes 0.3 to 0.7 s of processor time, a fork of it a hundredth of that. The
fork has a process, streams, a terminal, environment, folder, limits and signals of its own (`program_forks`), and who
began it is told how it ended. `begin` and `run` stand for `subprocess.Popen` and `subprocess.run`. What is not
`python -m tui`, or has in its environment what is read only once, is started as ever.

Other tests start an interpreter on purpose: what is watched from its first import on (test_import_hygiene, test_later,
test_probe_imports, test_nothing_real), the end of the process (test_ending), the installed program (test_packaging,
test_completion, test_documentation), a drill that is killed in its terminal (test_end_to_end), what a shell starts
(test_closed_terminal), streams and locales of every kind (test_standard_output). `tests/harness/test_program.py` holds
a fork and a start beside each other.

`multiprocessing.forkserver` does not serve: its processes end without what `atexit` has, import the main module of the
tests, and have the streams and the terminal of the process that began first.
"""

import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from tests.support.harness.program_forks import Asked

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-m", "tui")
AT_THE_START = re.compile("PYTHON|LC_|LANG|LD_|MALLOC_|OPENSSL_|SSL_|TEXTUAL|GLIBC_")
"""What Python and the libraries read once: a fork has them as they were when it was made."""
KNOWN = {"PYTHONPATH": {str(ROOT)}, "PYTHONDONTWRITEBYTECODE": {"", "1"}, "PYTHONUNBUFFERED": {""}}
UTF_8 = re.compile(r".*\.utf-?8|", re.IGNORECASE)
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
Stream = int | IO[Any] | None


class Program:
    """A program that runs: what `subprocess.Popen` is to one, as far as tests ask."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        text: bool = False,
        limits: Mapping[int, int] | None = None,
        terminal: bool = False,
    ) -> None:
        """Begin it; `limits` are its own by `resource`, and with `terminal` its streams are one, which is its own."""
        self.args = [str(word) for word in command]
        self.returncode: int | None = None
        self._waits = threading.Lock()
        asked = Asked(
            words=self.args[len(PROGRAM) :],
            folder=str(cwd or Path.cwd()),
            environment=dict(os.environ if env is None else env),
            limits={number: (most, most) for number, most in (limits or {}).items()},
            terminal=terminal,
        )
        with ExitStack() as handed:
            theirs: list[int] = []
            ours = [_joined(handed, theirs, stream, text) for stream in (stdin, stdout, stderr)]
            self.stdin, self.stdout, self.stderr = ours
            self._told = _begun(asked, theirs)
        self.pid = int(self._told.readline())

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in (self.stdout, self.stderr, self.stdin):
            if stream:
                stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Its status if it has ended, negative for a signal."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, `timeout` seconds at most."""
        with self._waits:
            if self.returncode is None:
                if not select.select([self._told], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
                self.returncode = int(self._told.readline())
                self._told.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it, if there is somebody to get it."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, given: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """Give it this, read what it says to the end, and wait for it; for `timeout` seconds at most."""
        read: dict[IO[Any], Any] = {}
        streams = [stream for stream in (self.stdout, self.stderr) if stream]
        reading = [
            threading.Thread(target=lambda s=stream: read.update({s: s.read()}), daemon=True) for stream in streams
        ]
        for one in reading:
            one.start()
        if self.stdin:
            with suppress(BrokenPipeError):
                if given:
                    self.stdin.write(given)
                self.stdin.close()
        for one in reading:
            one.join(timeout)
            if one.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        self.wait(timeout)
        return tuple(read.get(stream) if stream else None for stream in (self.stdout, self.stderr))


Process = Program | subprocess.Popen[Any]


def begin(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, started: bool = False, **given: Any
) -> Process:
    """Begin a program, as `subprocess.Popen` does: as a fork where it can be one, unless it is to be `started`."""
    if not started and forked(command, env):
        return Program(command, env=env, **given)
    limits = given.pop("limits", None)
    if limits:
        given["preexec_fn"] = lambda: [resource.setrlimit(number, (most, most)) for number, most in limits.items()]
    return subprocess.Popen([str(word) for word in command], env=env, **given)


def run(
    command: Sequence[str | Path],
    *,
    input: Any = None,
    timeout: float | None = None,
    check: bool = False,
    capture_output: bool = False,
    **given: Any,
) -> "subprocess.CompletedProcess[Any]":
    """Run a program to its end, as `subprocess.run` does, and begin it as `begin` does."""
    if capture_output:
        given |= {"stdout": PIPE, "stderr": PIPE}
    if input is not None:
        given["stdin"] = PIPE
    with begin(command, **given) as process:
        try:
            said, complained = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
        done = subprocess.CompletedProcess(process.args, process.wait(), said, complained)
    if check:
        done.check_returncode()
    return done


def forked(command: Sequence[str | Path], env: Mapping[str, str] | None) -> bool:
    """Whether this is the program, and nothing in its environment is read only once."""
    if tuple(map(str, command[: len(PROGRAM)])) != PROGRAM:
        return False
    read_once = {
        name: value for name, value in (os.environ if env is None else env).items() if AT_THE_START.match(name)
    }
    return all(value in KNOWN[name] if name in KNOWN else UTF_8.fullmatch(value) for name, value in read_once.items())


def begin_to_fork() -> None:
    """Begin the process that forks, before this one has forks of its own that share it."""
    _forking.begin()


def ended() -> None:
    """End the process that forks, if this one began it, and count what it and its forks took as ours."""
    if _forking.begun_by == os.getpid():
        _forking.end()


class _Forking:
    """The process that forks: one for all processes of the tests, where it was begun before they were."""

    def __init__(self) -> None:
        self.begun_by = 0
        self._beginning = threading.Lock()
        self._place = ""
        self._life = -1
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Begin it; until it has imported the program, those who ask wait."""
        ended_with_us, self._life = os.pipe()
        self._place = f"\0runbook-tests-{os.getpid()}"  # no file: it is gone with who listens
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self._place)
            listening.listen(64)
            numbers = listening.fileno(), ended_with_us
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.support.harness.program_forks", *map(str, numbers)],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
                pass_fds=numbers,
                stdin=DEVNULL,
                stdout=DEVNULL,
            )
        os.close(ended_with_us)
        self.begun_by = os.getpid()

    def ask(self, file: int, streams: list[int]) -> socket.socket:
        """A connection at which the program's process is told, and how it ended."""
        with self._beginning:
            if not self.begun_by:
                self.begin()
        asking = socket.socket(socket.AF_UNIX)
        asking.connect(self._place)
        socket.send_fds(asking, [b"."], [file, *streams])
        return asking

    def end(self) -> None:
        assert self._process
        os.close(self._life)
        self._process.wait()
        self.begun_by = 0


_forking = _Forking()


def _begun(asked: Asked, streams: list[int]) -> IO[bytes]:
    with open(os.memfd_create("asked"), "w+b") as file:
        file.write(msgspec.json.encode(asked))
        file.seek(0)
        with _forking.ask(file.fileno(), streams) as asking:
            return asking.makefile("rb")


def _joined(handed: ExitStack, theirs: list[int], stream: Stream, text: bool) -> IO[Any] | None:
    """Add what becomes a stream of the program to `theirs`; the test's side of it, where that is a pipe."""
    place = len(theirs)
    if stream == PIPE:
        read, write = os.pipe()
        there, here = (read, write) if place == 0 else (write, read)
        theirs.append(there)
        handed.callback(os.close, there)
        return open(here, ("w" if place == 0 else "r") + ("" if text else "b"))
    if stream == STDOUT:
        theirs.append(theirs[1])
    elif stream == DEVNULL:
        theirs.append(os.open(os.devnull, os.O_RDWR))
        handed.callback(os.close, theirs[place])
    elif stream is None:
        theirs.append(place)
    else:
        theirs.append(stream if isinstance(stream, int) else stream.fileno())
    return None
