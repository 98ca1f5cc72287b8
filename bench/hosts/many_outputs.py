"""40 hosts that print 10 MB each at once, over real sshds: a key to what it shows, and how the memory grows."""

import os
import random
import statistics

from bench.screens.key_to_paint import ENTER, Measured, Measuring, before_others
from bench.support.fleet import fleet
from bench.support.streaming import LINE

COUNT = int(os.environ.get("BENCH_HOSTS", "40"))
SIZE = 10 * 10**6
ROUNDS = 4


def main() -> None:
    """Press keys for as long as output comes; with the program this one runs before the servers, which are not ours."""
    with fleet(COUNT) as there:
        source = there.folder / "log"
        source.write_bytes((LINE * (SIZE // len(LINE) + 1))[:SIZE])
        before_others(os.getpid())
        program = ["-m", "bench.support.group_streaming", str(COUNT), str(there.config), str(source)]
        rounds = [measure(program) for _ in range(ROUNDS)]
    times = [time for one in rounds for time in one.times]
    cuts = statistics.quantiles(times, n=100)
    growth = statistics.median(one.growth for one in rounds)
    screen, beside = (statistics.mean(getattr(one, name) for one in rounds) for name in ("screen", "beside"))
    print(
        f"key to paint, {COUNT} hosts  median {cuts[49]:5.1f} ms   p90 {cuts[89]:5.1f}   p99 {cuts[98]:5.1f}   "
        f"worst {max(times):5.1f}   ({len(times)} keys while {COUNT * SIZE // 10**6} MB came, {ROUNDS} times; memory's "
        f"peak grew by {growth:.1f} MiB; processor time for each key: {screen:.1f} ms, others {beside:.1f})"
    )
    print("targets: p99 under 50 ms; memory's growth under 60 MiB")


def measure(program: list[str]) -> Measured:
    """Start the step and press keys until all has come."""
    chance = random.Random(1)
    one = Measuring(program, begin=False)
    try:
        for _ in range(8):
            one.terminal.press(ENTER)
            if b"Run it" in one.terminal.idle(2.5):  # a dialog hears nothing until nobody types
                break
        one.terminal.press(b"y")
        one.terminal.until(b"running", 30.0)
        one.began()
        while one.came() < COUNT * SIZE:
            one.terminal.idle(chance.uniform(0.03, 0.13))
            one.press()
        return one.measured()
    finally:
        one.close()


if __name__ == "__main__":
    main()
