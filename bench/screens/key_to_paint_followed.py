"""From a key press to the drawn answer while ten people follow the session, beside the same session alone.

Target: the median within 5 % of that of the session alone. Both run at the same time and the keys are pressed in turn,
so that what else the machine does is in both. Ten followers are elsewhere in life: here they get only what nobody
else wants of the processors, and it is said how far behind they were. The processor time of the thread that
draws says the same again.
"""

import os
import random
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.screens.key_to_paint import KEYS, Measured, Measuring, before_others
from tests.support.servers.redis_server import RedisServer
from tui.sharing.relay.client import Relay, RelayAddress
from tui.sharing.relay.relay_feed import relayed_sessions

KEY = "a team's key of thirty-two characters"
FOLLOWERS = 10
ROUNDS = 4
RATES = ("0", "1")


def watch(port: int, root: Path) -> None:
    """Follow the session that is begun, ten times, until standard input ends; say how far behind they were at most."""
    from tui.session.clock import SystemClock
    from tui.sharing.following.followed_session import Follower
    from tui.sharing.relay.relay_feed import RelayFeed
    from tui.sharing.seals import Seals

    with suppress(OSError):  # where the system groups the processes of a terminal, the group gives way, too
        Path("/proc/self/autogroup").write_text("19", encoding="ascii")
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    address, password = RelayAddress("127.0.0.1", port), os.environ["BENCH_PASSWORD"]
    known = set(sys.stdin.readline().split())
    while not (new := [one for one, _ in relayed_sessions(Relay(address, password)) if one not in known]):
        time.sleep(0.2)
    followers = [
        Follower(
            lambda: RelayFeed(Relay(address, password), new[0]),
            Seals(KEY, new[0]),
            root / new[0] / str(number),
            SystemClock(),
        )
        for number in range(FOLLOWERS)
    ]
    print("joined", flush=True)
    lags: list[float] = []
    while not select.select([sys.stdin], [], [], 0.5)[0]:
        lags += [one.lag for one in followers]
    print(f"{statistics.median(lags):.2f} {max(lags):.2f}", flush=True)
    os._exit(0)


def rest(terminals: Sequence[Measuring], seconds: float) -> None:
    """Read what all of them draw for a while: none is held up by a terminal that nobody reads."""
    end = time.perf_counter() + seconds
    fds = [one.terminal.fd for one in terminals]
    while (left := end - time.perf_counter()) > 0:
        for fd in select.select(fds, [], [], left)[0]:
            os.read(fd, 1 << 20)


def in_turn(server: RedisServer, root: Path, rate: str, chance: random.Random) -> tuple[Measured, Measured, str]:
    """KEYS keys in each: the session alone, the session that ten follow, and how far behind these were."""
    relay = Relay(RelayAddress("127.0.0.1", server.port), server.password)
    watching = subprocess.Popen(
        [sys.executable, "-m", "bench.screens.key_to_paint_followed", str(server.port), str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert watching.stdin
    assert watching.stdout
    print(*(one for one, _ in relayed_sessions(relay)), file=watching.stdin, flush=True)
    made: list[Measuring] = []
    try:
        for more in ([], [str(server.port)]):
            made.append(Measuring(["-m", "bench.support.streaming", rate, *more], begin=True, first=True))
        while not select.select([watching.stdout], [], [], 0)[0]:
            rest(made, 0.1)
        assert watching.stdout.readline() == "joined\n"
        for place in range(KEYS):
            for one in made if place % 2 else made[::-1]:
                rest(made, chance.uniform(0.03, 0.13))
                one.press()
        watching.stdin.close()
        while not select.select([watching.stdout], [], [], 0)[0]:
            rest(made, 0.1)
        middle, most = watching.stdout.readline().split()
        alone, shared = (one.measured() for one in made)
        return alone, shared, f"followers were {middle} s behind (median), {most} s at most"
    finally:
        for one in made:
            one.close()
        watching.kill()
        watching.wait()


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
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        server = RedisServer(Path(name) / "redis", password="of-the-bench")
        before_others(os.getpid())
        os.environ |= {"BENCH_PASSWORD": server.password, "BENCH_KEY": KEY}
        try:
            for rate in RATES:
                alone: list[Measured] = []
                shared: list[Measured] = []
                print(f"key to paint, {rate} MB/s, load {os.getloadavg()[0]:.0f} (target 1.05):", flush=True)
                for _ in range(ROUNDS):
                    one, other, behind = in_turn(server, Path(name), rate, chance)
                    alone.append(one)
                    shared.append(other)
                    print(f"  {said('one round, median', cut([one], 49), cut([other], 49))}; {behind}", flush=True)
                told = [
                    said("median", cut(alone, 49), cut(shared, 49)),
                    said("p99", cut(alone, 98), cut(shared, 98)),
                    said("drawing thread for a key", mean(alone, "screen"), mean(shared, "screen")),
                    said("other threads for a key", mean(alone, "beside"), mean(shared, "beside")),
                ]
                print(*(f"  {one}" for one in told), sep="\n", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        watch(int(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
