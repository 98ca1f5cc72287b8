"""What the screen costs while 256 MiB stream over SSH into the session: at most 10% of the rate without it."""

import statistics
import subprocess
import sys

RUNS = 7


def main() -> None:
    command = [sys.executable, "-m", "bench.support.with_screen", str(RUNS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rates: dict[str, list[float]] = {"without": [], "with": []}
    for line in done.stdout.splitlines():
        which, _, rate = line.partition(" ")
        rates[which].append(float(rate))
    ratios = [screen / alone for screen, alone in zip(rates["with"], rates["without"], strict=True)]
    print(f"engine alone         median {statistics.median(rates['without']):6.0f} MiB/s")
    print(f"with the run screen  median {statistics.median(rates['with']):6.0f} MiB/s")
    print(f"ratio                median {statistics.median(ratios):6.2f}   (target at least 0.90)")


if __name__ == "__main__":
    main()
