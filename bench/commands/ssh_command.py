"""A short command on an open connection, beside OpenSSH's multiplexed one: target at most 0.30 of its time.

Over a connection that ssh made (`connect_with = "openssh"`): at most 1.15 of it.
"""

import statistics
import subprocess
import time
from collections.abc import Callable

from bench.support.connected import connected
from tui.transports.base import CancelToken, Command

RUNS = 100
FRESH_RUNS = 15
COMMAND = Command(script="true")


def main() -> None:
    with connected() as pair:

        def ours() -> None:
            outcome = pair.transport.run(COMMAND, lambda stream, data: None, CancelToken())
            assert outcome.exit_status == 0, outcome

        def by_openssh() -> None:
            outcome = pair.by_openssh.run(COMMAND, lambda stream, data: None, CancelToken())
            assert outcome.exit_status == 0, outcome

        def multiplexed() -> None:
            subprocess.run([*pair.multiplexed, "true"], check=True)

        def fresh() -> None:
            subprocess.run([*pair.fresh, "true"], check=True)

        times: dict[str, list[float]] = {"ours": [], "by openssh": [], "multiplexed": [], "fresh": []}
        for number in range(RUNS):
            times["ours"].append(seconds(ours))
            times["by openssh"].append(seconds(by_openssh))
            times["multiplexed"].append(seconds(multiplexed))
            if number < FRESH_RUNS:
                times["fresh"].append(seconds(fresh))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"ssh, a connection each time   median {medians['fresh'] * 1000:6.1f} ms")
    print(f"ssh, ControlMaster            median {medians['multiplexed'] * 1000:6.1f} ms")
    print(f"ours, open connection         median {medians['ours'] * 1000:6.1f} ms")
    print(f"ours, by OpenSSH              median {medians['by openssh'] * 1000:6.1f} ms")
    print(f"ours / ControlMaster          {medians['ours'] / medians['multiplexed']:6.2f}   (target at most 0.30)")
    print(
        f"by OpenSSH / ControlMaster    {medians['by openssh'] / medians['multiplexed']:6.2f}   (target at most 1.15)"
    )


def seconds(act: Callable[[], None]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
