"""A durable command beside a plain one: at most 10 ms more for `true`, at least 0.65 of its rate for much output."""

import itertools
import statistics
import time

from bench.support.connected import Pair, connected
from tui.transports.base import CancelToken, Command

MIB = 1 << 20
RUNS = 60
SIZE = 256 * MIB
LARGE_RUNS = 5
SESSION = "bench"
LINE = b"2026-11-23 02:14:07 INFO  migration 0042 applied to table notes in 12.3 ms, 118 rows\n"
number = itertools.count()


def main() -> None:
    times: dict[tuple[str, bool], list[float]] = {}
    with connected() as pair:
        source = pair.directory / "text"
        with source.open("wb") as file:
            for _ in range(SIZE // MIB):
                file.write((LINE * (MIB // len(LINE) + 1))[:MIB])
        for script, runs, size in (("true", RUNS, 0), (f"cat {source}", LARGE_RUNS, SIZE)):
            for turn in range(runs + 1):
                for durable in (False, True):
                    taken = seconds(pair, script, durable, size)
                    if turn:  # the first one of each warms up
                        times.setdefault((script, durable), []).append(taken)
            pair.transport.clear(SESSION)
    plain, durable, plain_large, durable_large = (statistics.median(values) for values in times.values())
    rate, other = (SIZE / taken / MIB for taken in (durable_large, plain_large))
    print(f"plain `true`                   median {plain * 1000:6.1f} ms")
    print(f"durable `true`                 median {durable * 1000:6.1f} ms")
    print(f"added by being durable         {(durable - plain) * 1000:6.1f} ms   (target at most 10)")
    print(f"plain, {SIZE // MIB} MiB of output      median {other:6.0f} MiB/s")
    print(f"durable, the same              median {rate:6.0f} MiB/s")
    print(f"durable / plain                {rate / other:6.2f}   (target at least 0.65)")


def seconds(pair: Pair, script: str, durable: bool, size: int) -> float:
    command = Command(script=script, key=f"{SESSION}/step/{next(number)}", durable=durable)
    came = 0

    def count(stream: object, data: bytes) -> None:
        nonlocal came
        came += len(data)

    started = time.perf_counter()
    outcome = pair.transport.run(command, count, CancelToken())
    taken = time.perf_counter() - started
    assert outcome.exit_status == 0, outcome
    assert not outcome.unprotected, outcome
    assert came == size
    return taken


if __name__ == "__main__":
    main()
