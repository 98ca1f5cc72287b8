"""Much output over SSH into the session's file, beside ssh into a file: at least 0.75 of its rate, in flat memory."""

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

from bench._ssh import Pair, connected
from tui.execution.executor import Executor
from tui.execution.redaction import Redactor
from tui.session.clock import SystemClock
from tui.transports.base import CancelToken, Command

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
        executor = Executor({"box": pair.transport}, pair.directory, Redactor(), SystemClock())
        into_session(executor, source, 1)
        into_file(pair, source)
        ours, theirs = [], []
        for number in range(RUNS):
            ours.append(into_session(executor, source, number + 2))
            theirs.append(into_file(pair, source))
        started = time.perf_counter()
        finished = executor.run(90, "box", Command(script=f"yes {LINE.decode()!r} | head -c {LONG}; :"), CancelToken())
        taken = time.perf_counter() - started
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert finished.outcome.exit_status == 0, finished
        assert finished.size == LONG, finished
        assert pair.transport.run(Command(script="true"), lambda s, d: None, CancelToken()).exit_status == 0
    rate, other = (TEXT / statistics.median(times) / MIB for times in (ours, theirs))
    print(f"ssh -o ControlPath… > file     median {other:6.0f} MiB/s")
    print(f"ours, to the session's file    median {rate:6.0f} MiB/s")
    print(f"ours / ssh                     {rate / other:6.2f}   (target at least 0.75)")
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


def into_file(pair: Pair, source: Path) -> float:
    target = pair.directory / "copy"
    started = time.perf_counter()
    with target.open("wb") as file:
        subprocess.run([*pair.multiplexed, "cat", str(source)], stdout=file, check=True)
    taken = time.perf_counter() - started
    assert target.stat().st_size == TEXT
    target.unlink()
    return taken


if __name__ == "__main__":
    main()
