"""Keeps commands running in the drill's host when their connection is lost, as a real host's jobs do.

What is asked and answered is the words of `tui.transports.jobs.scripts`; what runs is a scenario's reply, in memory.
"""

import math
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import paramiko
from msgspec import Struct

from tui import threads
from tui.drill.requests import Cancelled, read_stdin
from tui.drill.scenario import Ending
from tui.drill.world import Reply, World, words_of
from tui.session.state import SessionState
from tui.transports.base import Stream
from tui.transports.jobs.scripts import JobRequest, job_of

PATIENCE = 4.0


class LeftJob(Struct, frozen=True):
    """A job that an earlier run of the drill left: it began `ago` seconds before this one, and kept running since."""

    host: str
    key: str
    command: str
    ago: float


class Job:
    """One command that keeps running by itself; `pace` is how much faster than life, 0 for no delay at all."""

    def __init__(self, reply: Reply, world: World, pace: float, ahead: float = 0.0) -> None:
        """Prepare it; the first `ahead` seconds of it have passed already."""
        self.came = {Stream.OUT: bytearray(), Stream.ERR: bytearray()}
        self.how = ""
        """How it ended, in the words of its end; empty while it runs."""
        self.stopping = False
        self.changed = threading.Condition()
        self._reply, self._world, self._pace, self._ahead = reply, world, pace, ahead
        self._killed = threading.Event()

    @property
    def offline(self) -> float:
        """For how many seconds of drill time nobody gets in when it loses its connection."""
        return self._reply.offline

    def play(self, cut: Callable[[], None], restart: Callable[[], None]) -> None:
        """Live through the reply; `cut` loses the connections that follow it, `restart` is the host's."""
        reply = self._reply
        middle = len(reply.lines) // 2 if reply.ending is Ending.DISCONNECT else -1
        try:
            for number, line in enumerate(reply.lines):
                self._pause(line.delay)
                if number == middle:
                    cut()
                self._print(line.stream, line.data)
            self._pause(reply.delay_after)
            if middle == len(reply.lines):
                cut()
            if reply.ending is Ending.HANG:
                self._pause(math.inf)
        except Cancelled:
            self._end("143 killed")
            return
        self._world.change(reply)
        if reply.ending is Ending.RESTART:
            restart()
        self._end("rebooted" if reply.ending is Ending.RESTART else words_of(reply))

    def kill(self) -> str:
        """End it as a signal would; "over" where it had ended by itself."""
        with self.changed:
            if self.how and not self.stopping:
                return "over"
            self.stopping = True
            self._killed.set()
            return "empty" if self.changed.wait_for(lambda: self.how, PATIENCE) else "left"

    def _pause(self, seconds: float) -> None:
        wait = seconds / self._pace if self._pace else 0.0
        if math.isinf(seconds):
            wait = seconds
        passed = min(wait, self._ahead)
        self._ahead -= passed
        wait -= passed
        if wait > 0:
            self._killed.wait(None if math.isinf(wait) else wait)
        if self._killed.is_set():
            raise Cancelled("TERM")

    def _print(self, stream: Stream, data: bytes) -> None:
        with self.changed:
            self.came[stream] += data
            self.changed.notify_all()

    def _end(self, how: str) -> None:
        with self.changed:
            self.how = how
            self.changed.notify_all()


class Jobs:
    """All jobs of a drill's hosts, by session and name, and the connections that each host has."""

    def __init__(self, world: World, pace: float) -> None:
        self._world, self._pace = world, pace
        self._jobs: dict[tuple[str, str], Job | None] = {}
        self._boots: dict[str, str] = defaultdict(lambda: str(uuid.uuid4()))
        self._connections: dict[str, set[paramiko.Transport]] = defaultdict(set)
        self._lock = threading.Lock()
        self._offline_until = 0.0

    @property
    def offline(self) -> bool:
        """Whether nobody gets in now."""
        return time.monotonic() < self._offline_until

    def cut_off(self, seconds: float) -> None:
        """Accept no connection for a number of seconds of drill time."""
        self._offline_until = time.monotonic() + (seconds / self._pace if self._pace else 0.0)

    def boot_id(self, host: str) -> str:
        """Which start of a host it is."""
        with self._lock:
            return self._boots[host]

    def connected(self, host: str, connection: paramiko.Transport) -> None:
        """Keep a connection, for as long as it lasts."""
        with self._lock:
            self._connections[host] = {one for one in self._connections[host] if one.is_active()} | {connection}

    def go_on(self, left: LeftJob) -> None:
        """Let a job of an earlier run continue where it would be by now."""
        session, _, job = left.key.partition("/")
        reply = self._world.answer(left.command, left.host)
        self._begin(left.host, (session, job), Job(reply, self._world, self._pace, left.ago))

    def answer(self, request: JobRequest, channel: paramiko.Channel, host: str) -> None:
        """Answer one request about a job, to its end."""
        say = f"runbook-job {request.nonce} "
        key = (request.session, request.job)
        match request.kind:
            case "start":
                command = request.command
                assert command is not None
                stdin = read_stdin(channel, request.secrets).decode("utf-8", "replace")
                refused = self._start(request, key, host, lambda: self._world.answer(command.script, host, stdin))
                self._follow(request, channel, refused)
            case "attach":
                with self._lock:
                    known = key in self._jobs
                    self._jobs.setdefault(key, None)
                self._follow(request, channel, "" if known else "missing")
            case "stop":
                job = self._jobs.get(key)
                _end(channel, f"{job.kill() if job else 'missing'}\n")
            case "look":
                _end(channel, f"{say}{_found(self._jobs.get(key))}\n")
            case "fence":
                _end(channel, f"{say}begun\n")  # one program alone has a drill's host
            case _:
                _end(channel, f"{say}cleared {self._clear(request.session)}\n")

    def _start(self, request: JobRequest, key: tuple[str, str], host: str, answer: Callable[[], Reply]) -> str:
        """Begin a job, unless it has been begun; says why it is not, where it is not."""
        with self._lock:
            if key in self._jobs:
                return ""
            if request.boot_id and request.boot_id != self._boots[host]:
                return "rebooted"
            job = Job(answer(), self._world, self._pace)
            self._jobs[key] = job
        self._begin(host, key, job)
        return ""

    def _begin(self, host: str, key: tuple[str, str], job: Job) -> None:
        self._jobs[key] = job

        def cut() -> None:
            self.cut_off(job.offline)
            for connection in self._connections[host]:
                connection.close()

        def restart() -> None:
            self._boots[host] = str(uuid.uuid4())
            cut()

        threads.start("drill job", job.play, cut, restart)

    def _follow(self, request: JobRequest, channel: paramiko.Channel, refused: str) -> None:
        """Send a job's output as it comes, and at last how it ended."""
        say = f"runbook-job {request.nonce} "
        job = self._jobs.get((request.session, request.job))
        if refused or job is None:
            _end(channel, f"{say}{refused or 'void'}\n")
            return
        channel.sendall_stderr(f"runbook-job-errors {request.nonce}\n".encode())
        channel.sendall(f"{say}running\n".encode())
        sent = {Stream.OUT: request.out, Stream.ERR: request.err}
        sending = {Stream.OUT: channel.sendall, Stream.ERR: channel.sendall_stderr}
        over = False
        while not over:
            with job.changed:
                job.changed.wait_for(lambda: job.how or any(len(job.came[one]) > sent[one] for one in sent))
                over = bool(job.how)
                news = {one: bytes(job.came[one][at:]) for one, at in sent.items()}
            for one, data in news.items():
                if data:
                    sending[one](data)
                    sent[one] += len(data)
        stopping = "stopping" if job.stopping else "-"
        _end(channel, f"\0{say}end {sent[Stream.OUT]} {sent[Stream.ERR]} {stopping} {job.how}\n")

    def _clear(self, session: str) -> int:
        with self._lock:
            mine = {key: job for key, job in self._jobs.items() if key[0] == session}
            for key, job in mine.items():
                if job is None or job.how:
                    del self._jobs[key]
            return sum(job is not None and not job.how for job in mine.values())


def left_of(state: SessionState, host_of: Callable[[str], str], now: datetime) -> tuple[LeftJob, ...]:
    """The jobs that a session left running.

    Args:
        host_of: the host whose connection another one uses.
        now: the time, UTC.
    """
    session = state.started.session if state.started else ""
    return tuple(
        LeftJob(
            host_of(attempt.host),
            "/".join(job_of(f"{session}/{attempt.step}/{attempt.number}")),
            attempt.command,
            max(0.0, (now - attempt.started).total_seconds()),
        )
        for attempt in state.attempts.values()
        if attempt.durable and attempt.outcome is None
    )


def _found(job: Job | None) -> str:
    if job is None:
        return "missing"
    size = sum(map(len, job.came.values()))
    if job.how == "rebooted":
        return f"found rebooted 0 {size}"
    return f"found ran {0 if job.how else 1} {size} {job.how}".rstrip()


def _end(channel: paramiko.Channel, words: str) -> None:
    channel.sendall(words.encode())
    channel.send_exit_status(0)
