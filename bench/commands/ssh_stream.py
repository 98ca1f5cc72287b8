"""Much output over SSH into the session's file, beside ssh into a file: at least 0.80 of its rate, in flat memory."""

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.support.connected import Pair, connected
from tui.execution.conductor.executor import Executor
from tui.execution.secrecy.redaction import Redactor
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome
from tui.transports.base import CancelToken, Command, OutputSink, Transport

MIB = 1 << 20
TEXT = 256 * MIB
RUNS = 5
LONG = 2048 * MIB
LINE = b"2026-11-23 02:14:07 INFO  migration 0042 applied to table notes in 12.3 ms, 118 rows\n"


def main() -> None:
    with connected() as pair:
        source = pair.directory / "text"
        with source.open("wb") as file:
            for _ in range(TEXT // MIB):
                file.write((LINE * (MIB // len(LINE) + 1))[:MIB])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        timed = Timed(pair.transport)
        executor = Executor({"box": timed}, pair.directory, Redactor(), SystemClock())
        into_session(executor, source, 1)
        into_file(pair, source)
        ours, theirs, sealed, synced = [], [], [], []
        for number in range(RUNS):
            sealed.append(into_session(executor, source, number + 2))
            ours.append(timed.seconds)
            for times, sync in ((theirs, False), (synced, True)):
                times.append(into_file(pair, source, sync))
        started = time.perf_counter()
        finished = executor.run(90, "box", Command(script=f"yes {LINE.decode()!r} | head -c {LONG}; :"), CancelToken())
        taken = time.perf_counter() - started
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert finished.outcome.exit_status == 0, finished
        assert finished.size == LONG, finished
        assert pair.transport.run(Command(script="true"), lambda s, d: None, CancelToken()).exit_status == 0
    rate, other, whole, both = (TEXT / statistics.median(times) / MIB for times in (ours, theirs, sealed, synced))
    print(f"ssh -o ControlPath… > file     median {other:6.0f} MiB/s")
    print(f"ours, to the session's file    median {rate:6.0f} MiB/s")
    print(f"ours / ssh                     {rate / other:6.2f}   (target at least 0.80)")
    print(f"ssh … > file, then synced      median {both:6.0f} MiB/s")
    print(f"ours, hashed and synced        median {whole:6.0f} MiB/s, {whole / both:.2f} of that")
    print(f"2 GiB over one connection      {LONG / taken / MIB:6.0f} MiB/s, and it is still usable")
    print(f"growth of peak memory          {growth:6.1f} MiB  (target below 60)")


def into_session(executor: Executor, source: Path, attempt: int) -> float:
    started = time.perf_counter()
    finished = executor.run(attempt, "box", Command(script=f"cat {source}"), CancelToken())
    taken = time.perf_counter() - started
    assert finished.outcome.exit_status == 0, finished
    assert finished.size == TEXT, finished
    os.unlink(executor.directory / f"{attempt:04d}.out")
    return taken


class Timed:
    """A transport that tells when a command's last byte was in the session's file, as ssh's is when it ends."""

    durable = False

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        started = time.perf_counter()
        outcome = self._transport.run(command, sink, cancel)
        self.seconds = time.perf_counter() - started
        return outcome


def into_file(pair: Pair, source: Path, sync: bool = False) -> float:
    target = pair.directory / "copy"
    started = time.perf_counter()
    with target.open("wb") as file:
        subprocess.run([*pair.multiplexed, "cat", str(source)], stdout=file, check=True)
        if sync:
            os.fsync(file.fileno())
    taken = time.perf_counter() - started
    assert target.stat().st_size == TEXT
    target.unlink()
    return taken


if __name__ == "__main__":
    main()
