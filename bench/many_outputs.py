"""40 hosts that print 10 MB each at once, over real sshds: a key to what it shows, and how the memory grows."""

import os
import random
import statistics

from bench._fleet import fleet
from bench._streaming import LINE
from bench.key_to_paint import ENTER, Measured, Measuring

COUNT = int(os.environ.get("BENCH_HOSTS", "40"))
SIZE = 10 * 10**6
KEYS = 150


def main() -> None:
    with fleet(COUNT) as there:
        source = there.folder / "log"
        source.write_bytes((LINE * (SIZE // len(LINE) + 1))[:SIZE])
        measured = measure(["-m", "bench._group_streaming", str(COUNT), str(there.config), str(source)])
    times, came, growth, screen, beside = measured
    cuts = statistics.quantiles(times, n=100)
    print(
        f"key to paint, {COUNT} hosts  median {cuts[49]:5.1f} ms   p90 {cuts[89]:5.1f}   p99 {cuts[98]:5.1f}   "
        f"worst {max(times):5.1f}   ({came:.0f} of {COUNT * SIZE / 1e6:.0f} MB came by the last key; "
        f"memory's peak grew by {growth:.1f} MiB; processor time for each key: {screen:.1f} ms, others {beside:.1f})"
    )
    print("targets: p99 under 50 ms; memory's growth under 60 MiB")


def measure(program: list[str]) -> Measured:
    """Start the step and press keys until all has come."""
    chance = random.Random(1)
    one = Measuring(program, begin=False, first=True)
    try:
        for _ in range(8):
            one.terminal.press(ENTER)
            if b"Run it" in one.terminal.idle(2.5):  # a dialog hears nothing until nobody types
                break
        one.terminal.press(b"y")
        one.terminal.until(b"running", 30.0)
        one.began()
        for _ in range(KEYS):
            one.terminal.idle(chance.uniform(0.03, 0.13))
            one.press()
        return one.measured()
    finally:
        one.close()


if __name__ == "__main__":
    main()
