"""A session of 100,000 events and 100 MB of output, followed: joining it, how far behind at 1,000 events a second.

Targets: joined in under 1 s, under 1 s behind. The events are such as have a line of their own: what monitors measure
has one in three minutes. The journal is not synced here: disks differ in how many syncs a second
they make, and what is measured is how soon others see what is written.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.support.large_session import large_session
from tests.support.servers.redis_server import RedisServer
from tui.execution.live_session import LiveSession
from tui.execution.outputs import Outputs
from tui.execution.secrecy.redaction import Redactor
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.journal.journal import Disk, Journal
from tui.session.output.output import OutputWriter
from tui.session.state import CONNECTED
from tui.sharing.following.followed_session import Follower
from tui.sharing.publishing.publisher import Publisher
from tui.sharing.relay.client import Relay, RelayAddress
from tui.sharing.relay.relay_feed import RelayFeed
from tui.sharing.relay.relay_sink import RelaySink
from tui.sharing.seals import Seals

EVENTS = 100_000
OUTPUT = 100 << 20
RATE = 1_000
FOR = 5.0
KEY = "a team's key of thirty-two characters"


class Followed(LiveSession):
    """A large session that is handed on, with a command whose output is 100 MB and which is running."""

    def __init__(self, root: Path, server: RedisServer, events: int = EVENTS, output: int = OUTPUT) -> None:
        self.server = server
        self.directory: SessionDirectory = large_session(root, events)
        text = self.directory.journal.read_bytes()
        self.directory.journal.write_bytes(text[: text[:-1].rfind(b"\n") + 1])  # it is not finished
        _, state = self.directory.load()
        self.journal = Journal.open(self.directory.journal, SystemClock(), Disk(sync=lambda fd: None))
        super().__init__(state, SystemClock())
        self.attempt = max(state.attempts) + 1
        step = next(iter(state.steps))
        self.outputs = Outputs(self.directory.attempts, Redactor())
        writer = self.outputs.live[self.attempt] = OutputWriter(self.directory.attempts, self.attempt, self.clock)
        self.publisher = Publisher(
            RelaySink(self.relay(), self.seals), self.directory, self.outputs, self.clock, self.state
        )
        self.subscribe(lambda entry, state: self.publisher.reached(state))
        self.add(ev.AttemptStarted(attempt=self.attempt, step=step, action=0, host="production", command="cat log"))
        piece = b"".join(b"%063d\n" % line for line in range(1 << 14))
        for _ in range(output // len(piece)):
            writer.write("out", piece)
        self.size = writer.size

    @property
    def seals(self) -> Seals:
        return Seals(KEY, self.directory.id)

    def relay(self) -> Relay:
        return Relay(RelayAddress("127.0.0.1", self.server.port), self.server.password)

    def add(self, event: ev.AnyEvent) -> None:
        with self.lock:
            self.fold_in(self.journal.append(event))

    def handed_on(self) -> bool:
        """Whether all of it is there."""
        relay = self.relay()
        lines = int(relay.ask("XLEN", f"runbook:{self.directory.id}:journal"))
        last = relay.ask("XREVRANGE", f"runbook:{self.directory.id}:output:{self.attempt}", "+", "-", "COUNT", 1)
        come = int(last[0][0].partition(b"-")[0]) - 1 + len(last[0][1][1]) if last else 0
        relay.close()
        return lines == self.state.seq + 1 and come >= self.size

    def follow(self, folder: Path) -> Follower:
        return Follower(lambda: RelayFeed(self.relay(), self.directory.id), self.seals, folder, SystemClock())

    def close(self) -> None:
        self.publisher.close()
        self.journal.close()


def rate(followed: Followed, root: Path, seconds: float = FOR, wanted: int = RATE) -> tuple[float, list[float]]:
    """How many events a second were written, and how many seconds after each was durable another process showed it."""
    count = int(seconds * wanted)
    last = followed.state.seq + count
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bench.support.follower",
            str(followed.server.port),
            followed.directory.id,
            str(root / "c"),
            str(last),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BENCH_PASSWORD": followed.server.password, "BENCH_KEY": KEY},
    )
    assert child.stdout
    assert child.stdout.readline() == "joined\n"
    begun = time.perf_counter()
    host = next(iter(followed.state.runbook.hosts))
    for number in range(count):
        while (ahead := number / wanted - (time.perf_counter() - begun)) > 0:
            time.sleep(ahead)
        followed.add(ev.LinkChanged(host=host, link="lost" if number % 2 else CONNECTED))
    took = time.perf_counter() - begun
    behind = [float(line) for line in child.stdout]
    child.wait(60)
    return count / took, sorted(behind)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        server = RedisServer(root / "redis", password="of-the-bench")
        try:
            begun = time.perf_counter()
            followed = Followed(root / "sessions", server)
            while not followed.handed_on():
                time.sleep(0.05)
            print(f"handed on, {EVENTS:,} events, {followed.size >> 20} MiB   {time.perf_counter() - begun:8.2f} s")
            joins, wholes = [], []
            for number in range(5):
                started = time.perf_counter()
                follower = followed.follow(root / f"followed-{number}")
                joins.append(time.perf_counter() - started)
                assert follower.state.seq == followed.state.seq
                while follower.outputs.size(followed.attempt) < followed.size:
                    time.sleep(0.005)
                wholes.append(time.perf_counter() - started)
                if number < 4:
                    follower.close()
            print(f"joined: the state is shown, median of 5      {statistics.median(joins):8.2f} s   (target under 1)")
            print(f"joined: all output is here, median of 5      {statistics.median(wholes):8.2f} s")
            while not follower.whole:
                time.sleep(0.05)
            written, behind = rate(followed, root)
            print(f"events a second                              {written:8.0f}")
            print(f"behind, median                               {statistics.median(behind):8.3f} s")
            print(f"behind, the worst                            {behind[-1]:8.3f} s   (target under 1)")
            follower.close()
            followed.close()
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
