"""From a key press to the drawn answer while ten people follow the session, beside the same session alone.

Target: the median within 5 % of that of the session alone. The followers are on this machine, too, and give way to it;
the processor time of the thread that draws says the same where others keep the machine busy.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.key_to_paint import Measured, measure
from tests.support.redis_server import RedisServer
from tui.sharing.relay.client import Relay, RelayAddress
from tui.sharing.relay.relay_feed import relayed_sessions

KEY = "a team's key of thirty-two characters"
FOLLOWERS = 10
ROUNDS = 3
RATES = ("0", "1")


def followed(port: int, root: Path, program: list[str]) -> Measured:
    """The key presses, with the followers."""
    watching = subprocess.Popen([sys.executable, "-m", "bench.key_to_paint_followed", str(port), str(root)])
    try:
        return measure(program, begin=True)
    finally:
        watching.kill()
        watching.wait()


def watch(port: int, root: Path) -> None:
    """Follow the session that is begun, ten times, as long as it is let; at the lowest priority."""
    from tui.session.clock import SystemClock
    from tui.sharing.following.followed_session import Follower
    from tui.sharing.relay.relay_feed import RelayFeed
    from tui.sharing.seals import Seals

    os.nice(19)
    address, password = RelayAddress("127.0.0.1", port), os.environ["BENCH_PASSWORD"]
    known = {one for one, _ in relayed_sessions(Relay(address, password))}
    while not (new := [one for one, _ in relayed_sessions(Relay(address, password)) if one not in known]):
        time.sleep(0.2)
    session = new[0]
    for number in range(FOLLOWERS):
        Follower(
            lambda: RelayFeed(Relay(address, password), session),
            Seals(KEY, session),
            root / session / str(number),
            SystemClock(),
        )
    time.sleep(3600)


def cut(runs: list[Measured], place: int) -> float:
    """One of the 99 cuts of all times."""
    return statistics.quantiles([time for run in runs for time in run.times], n=100)[place]


def mean(runs: list[Measured], what: str) -> float:
    """The mean of a figure of each run."""
    return statistics.fmean(getattr(run, what) for run in runs)


def said(what: str, alone: float, shared: float) -> str:
    """A figure of both, in words."""
    return f"{what}: alone {alone:.2f} ms, with {FOLLOWERS} followers {shared:.2f} ms: {shared / alone:.3f}"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        server = RedisServer(Path(name) / "redis", password="of-the-bench")
        os.environ |= {"BENCH_PASSWORD": server.password, "BENCH_KEY": KEY}
        try:
            for rate in RATES:
                alone: list[Measured] = []
                shared: list[Measured] = []
                for _ in range(ROUNDS):
                    alone.append(measure(["-m", "bench._streaming", rate], begin=True))
                    program = ["-m", "bench._streaming", rate, str(server.port)]
                    shared.append(followed(server.port, Path(name), program))
                told = [
                    said("median", cut(alone, 49), cut(shared, 49)),
                    said("p99", cut(alone, 98), cut(shared, 98)),
                    said("drawing thread for a key", mean(alone, "screen"), mean(shared, "screen")),
                    said("other threads for a key", mean(alone, "beside"), mean(shared, "beside")),
                ]
                print(f"key to paint, {rate} MB/s (target 1.05):", *told, sep="\n  ", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        watch(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
