"""Cuts connections to a real sshd in every phase of durable commands: none runs twice, ends wrongly or lacks a byte."""

import os
import random
import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import Struct

from tests.faults.cut_phases import PHASES, Tracker, forget, printed, watch_phases, wish, wishes
from tests.support.hostile.faults import Faults
from tests.support.machines.cutter import Mode
from tests.support.servers.sshd import Sshd
from tests.support.sessions.durable import Came, Ran, through
from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Left, Stream
from tui.transports.jobs import job

WORKERS = 6
LIVENESS = 1.8
CONNECT_TIMEOUT = 3.0
BIG = 200_000
STATUSES = (0, 0, 0, 1, 3, 77, 126, 137, 255)
SIGNALS = {"KILL": "SIGKILL", "TERM": "SIGTERM", "SEGV": "SIGSEGV"}


class Task(Struct, frozen=True):
    """A command that leaves proof of each run, and what has to come of it."""

    command: Command
    proof: Path
    wanted: Ran


def task(luck: random.Random, folder: Path, key: str) -> Task:
    """A random command: silent, of few or many bytes or over time, ending by itself or by a signal."""
    proof = folder / key.replace("/", "-")
    script, stdin = [f"echo ran >>{proof}"], b""
    out, err = bytearray(), bytearray()
    kind = luck.choice(("silent", "few", "many", "slow", "input"))
    if kind == "few":
        script.append("printf 'one\\n\\0two'; printf three >&2")
        out, err = bytearray(b"one\n\0two"), bytearray(b"three")
    elif kind == "many":
        for name, stream in (("out", out), ("err", err)):
            stream += luck.randbytes(luck.choice((1000, BIG)))
            proof.with_suffix(f".{name}").write_bytes(stream)
        script.append(f"cat {proof}.err >&2 & cat {proof}.out; wait")
    elif kind == "slow":
        for number in range(luck.randint(2, 8)):
            script.append(f"sleep 0.0{luck.randint(1, 9)}; echo line {number}; echo oops {number} >&2")
            out += b"line %d\n" % number
            err += b"oops %d\n" % number
    elif kind == "input":
        stdin = luck.randbytes(luck.choice((10, 5000, 100_000)))
        script.append('cat; printf %s "$TOKEN" >&2')
        out, err = bytearray(stdin), bytearray(b"hunter2\n'")
    name = luck.choice([*SIGNALS] * 1 + [""] * 9)
    status = luck.choice(STATUSES)
    script.append(f"kill -{name} $$" if name else f"exit {status}")
    outcome = Outcome(OutcomeKind.SIGNALLED, signal=SIGNALS[name]) if name else Outcome.exited(status)
    command = Command(
        script="; ".join(script).replace("&;", "&"), key=key, durable=True, stdin=stdin, secrets={"TOKEN": "hunter2\n'"}
    )
    return Task(command, proof, Ran(outcome, bytes(out), bytes(err)))


class Tally:
    """How all commands ended, over all workers."""

    def __init__(self, cuts: int) -> None:
        self.goal = cuts
        self.made: Counter[tuple[str, Mode]] = Counter()
        self.ends: Counter[str] = Counter()
        self.size = 0
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def add(self, tracker: Tracker, outcome: Outcome, size: int) -> None:
        with self._lock:
            self.made += tracker.made
            tracker.made.clear()
            self.ends[outcome.kind.value] += 1
            self.size += size

    def enough(self) -> bool:
        return bool(self.wrong) or self.made.total() >= self.goal

    def in_phase(self, phase: str) -> int:
        return sum(count for (where, _), count in self.made.items() if where == phase)


class Worker:
    """One operator: a connection of their own through a cutter of their own, session after session."""

    def __init__(self, server: Sshd, folder: Path, number: int, seed: int, tally: Tally) -> None:
        self.luck = random.Random(seed * 1000 + number)
        self.folder, self.number, self.tally = folder, number, tally
        self.jobs = server.directory / ".local/state/runbook/jobs"
        self.tracker = Tracker(server.port)
        self.transport = through(
            server, self.tracker.cutter, folder, liveness=LIVENESS, connect_timeout=CONNECT_TIMEOUT, patience=0.3
        )

    def work(self) -> None:
        session = 0
        try:
            while not self.tally.enough():
                session += 1
                self._session(f"cuts-{self.number}-{session}")
        finally:
            self.transport.close()
            self.tracker.cutter.close()
            forget()

    def _session(self, session: str) -> None:
        done: list[tuple[Task, Outcome]] = []
        for number in range(self.luck.randint(1, 3)):
            chosen = task(self.luck, self.folder, f"{session}/step/{number}")
            done.append((chosen, self._one(chosen)))
            if self.tally.enough():
                break
        tries = 0
        self.tracker.hold("clean-up", wish(self.luck, "clean-up") if self.luck.random() < 0.7 else None)
        while self._left(session) and tries < 100:
            tries += 1
        self._check(tries < 100, f"{session}: jobs are left after clear")
        self._check(not (self.jobs / session).exists(), f"{session}: directories are left after clear")
        for one, outcome in done:
            runs = len(one.proof.read_text().splitlines()) if one.proof.exists() else 0
            never = outcome.kind is OutcomeKind.UNREACHABLE
            self._check(runs == (not never), f"{one.command.key}: {outcome}, but ran {runs}×")
            for path in self.folder.glob(f"{one.proof.name}*"):
                path.unlink()

    def _left(self, session: str) -> int:
        try:
            return self.transport.clear(session)
        except HostError:
            return 1

    def _one(self, one: Task) -> Outcome:
        """Run it under its cuts, then ask again what became of it, over a connection cut in between."""
        planned = wishes(self.luck)
        if planned[0].phase in ("connect", "auth", "channel"):
            self.transport.close()
        self.tracker.begin(planned)
        came = Came(printed)
        outcome = self.transport.run(one.command, came, CancelToken())
        self.tracker.hold("acknowledge", wish(self.luck, "acknowledge") if self.luck.random() < 0.3 else None)
        self.tally.add(self.tracker, outcome, sum(map(len, came.data.values())))
        found = came.with_outcome(outcome)
        if outcome.kind is OutcomeKind.UNREACHABLE:
            self._check(found[1:] == (b"", b""), f"{one.command.key}: output of what never ran")
        else:
            self._compare(one, "run", found)
            if self.luck.random() < 0.3:
                self._ask_again(one)
        return outcome

    def _ask_again(self, one: Task) -> None:
        """As a client does that was killed before it wrote the outcome down."""
        came = Came(printed)
        half = {stream: len(getattr(one.wanted, stream)) // 2 for stream in Stream}
        left = Left(key=one.command.key, out=half[Stream.OUT], err=half[Stream.ERR])
        for stream in Stream:
            came.data[stream] += getattr(one.wanted, stream)[: half[stream]]
        self._compare(one, "rejoin", came.with_outcome(self.transport.rejoin(left, came, CancelToken())))

    def _compare(self, one: Task, what: str, found: Ran) -> None:
        lack = [
            f"{name} {len(a)} of {len(b)}" for name, a, b in zip("oe", found[1:], one.wanted[1:], strict=True) if a != b
        ]
        self._check(
            found == one.wanted, f"{one.command.key}: {what}: {found.outcome}, not {one.wanted.outcome}; {lack}"
        )

    def _check(self, right: bool, words: str) -> None:
        if not right:
            self.tally.wrong.append(words)


def counts(of: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(of.items()))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "BACKOFF", (0.02, 0.05, 0.1, 0.2))
    watch_phases(monkeypatch)


def test_cut_connections_repeat_nothing_and_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, faults: Faults, quick: None
) -> None:
    server = Sshd(tmp_path_factory.mktemp("sshd") / "cuts")
    seed = int(os.environ.get("RUNBOOK_FAULTS_SEED", "2026"))
    tally = Tally(faults.choose(40, 1000))
    try:
        workers = [Worker(server, folder, number, seed, tally) for number in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            for done in [pool.submit(worker.work) for worker in workers]:
                done.result()
    finally:
        server.stop()
    assert not tally.wrong, tally.wrong
    for phase in PHASES:
        kinds = {mode.value: tally.made[phase, mode] for mode in Mode if tally.made[phase, mode]}
        faults.lines.append(
            f"  {phase}: {tally.in_phase(phase)} cuts ({', '.join(f'{n} {k}' for k, n in kinds.items())})"
        )
        assert tally.in_phase(phase) >= faults.choose(0, 20)
    faults.count(
        tally.made.total(),
        f"cut connections under {tally.ends.total()} commands ({counts(tally.ends)})",
        f"0 double runs, 0 wrong outcomes, 0 of {tally.size:,} bytes missing",
    )
