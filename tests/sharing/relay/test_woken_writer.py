"""A laptop falls asleep in the middle of a change, another person takes over, and the laptop wakes up."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tests.support.harness.waiting import until
from tests.support.hostile.faults import Faults
from tests.support.servers.sshd import Sshd
from tests.support.servers.team_bucket import KEYS
from tests.support.sessions.old_writer import STEPS, workspace_of
from tests.support.sessions.shared_session import KEY
from tui.config import BucketPlace, Config, SharePlace
from tui.execution.conductor.conductor import Conductor
from tui.session.archive.store import Store
from tui.session.state import StepStatus
from tui.sharing.bucket import Bucket
from tui.sharing.fetching import fetch_session
from tui.sharing.lease import find
from tui.sharing.seals import Seals
from tui.sharing.stored.bucket_feed import BucketFeed
from tui.sharing.stored.bucket_sink import BucketSink
from tui.sharing.team import AlreadyTaken, BucketTeam

pytestmark = pytest.mark.needs("sshd", "ssh")

ROOT = Path(__file__).parents[3]
TIMES = {"TEAM_KEY": KEY, "TEAM_ACCESS": KEYS.access_key, "TEAM_SECRET": KEYS.secret_key}


class Sleeper:
    """The process that had the session first."""

    def __init__(self, *words: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.support.sessions.old_writer", *map(str, words)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self) -> str:
        """Have it begin a session; returns its id."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.said("begun")[0]

    def said(self, word: str) -> list[str]:
        """The rest of its next line, which begins so."""
        assert self.process.stdout
        line = self.process.stdout.readline().split()
        assert line[:1] == [word], line
        return line[1:]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.signal(signal.SIGCONT)
        self.process.kill()
        self.process.communicate()


def begun_after_fence(folder: Path, steps: list[str]) -> list[str]:
    """Those of the first writer's changes that began after the second one's fence stood on the host."""
    fence = folder / ".fenced.2"
    if not fence.exists():
        return []
    stood = fence.stat().st_mtime_ns
    gates = [gate for step in steps for gate in folder.glob(f"{step}.*/gate") if gate.read_text() != "void\n"]
    return [gate.parent.name for gate in gates if gate.stat().st_mtime_ns > stood]


def wait_until_shared(bucket: Bucket, session: str) -> None:
    """Wait until the lease and the first word of a session are in the bucket."""
    until(lambda: find(bucket, session) is not None)
    until(lambda: any(one.key.endswith(session) for one in bucket.listed("live/")))


def finish(conductor: Conductor) -> None:
    """Do what is left, as a person does: what is unknown is followed, what failed is tried again."""
    conductor.wait()
    for number in range(1, STEPS + 1):
        step = f"s{number}"
        for _ in range(6):
            status = conductor.state.step(step).status
            if status is StepStatus.UNKNOWN:
                conductor.rejoin(step)
            elif status is StepStatus.FAILED:
                conductor.retry(step)
            elif status in (StepStatus.PENDING, StepStatus.RUNNING):
                conductor.start(step, "yes")
            else:
                break
            conductor.wait()


@pytest.mark.timeout(3600)
def test_who_wakes_up_after_a_taking_over_starts_nothing_and_nothing_runs_twice(
    bucket: Bucket, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: Faults
) -> None:
    times, chance, forks, refusals = faults.choose(3, 200), random.Random(7), 0, 0
    monkeypatch.setattr(BucketSink, "every", 0.05)
    monkeypatch.setattr(BucketFeed, "every", 0.05)
    monkeypatch.setattr(bucket, "age", lambda written: 90.0)
    for name, value in TIMES.items():
        monkeypatch.setenv(name, value)
    given = {name: getattr(bucket.place, name) for name in ("name", "endpoint", "region", "prefix")}
    place = BucketPlace(**given, access_key="env:TEAM_ACCESS", secret_key="env:TEAM_SECRET")
    config = Config(bucket=place, share=SharePlace(key="env:TEAM_KEY"))
    (tmp_path / "config.json").write_bytes(msgspec.json.encode(config))
    log, jobs = tmp_path / "log", sshd.directory / ".local/state/runbook/jobs"
    desk = workspace_of(tmp_path / "desk", log, sshd.ssh_config, config)
    team = desk.team
    sleeper = Sleeper(tmp_path / "laptop", log, sshd.ssh_config, tmp_path / "config.json")
    try:
        for _ in range(times):
            log.write_text("")
            session = sleeper.begin()
            wait_until_shared(bucket, session)
            time.sleep(chance.uniform(0.0, 0.9))  # the moment is what is tried
            sleeper.signal(signal.SIGSTOP)
            lease = BucketTeam(bucket, desk.store.root, "desk").take_over(session, "ben", find(bucket, session))
            fetch_session(BucketFeed(bucket, session), Seals(KEY, session), desk.store)
            desk.team = AlreadyTaken(session, lease, team)
            new = desk.resume(session, "ben")
            if chance.random() < 0.5:
                sleeper.signal(signal.SIGCONT)
            finish(new)
            sleeper.signal(signal.SIGCONT)
            refused, fenced, old_count = map(int, sleeper.said("ended"))
            rows = [line.split() for line in log.read_text().splitlines()]
            assert sorted(step for step, _ in rows) == [f"s{number}" for number in range(1, STEPS + 1)], session
            assert begun_after_fence(jobs / session, [step for step, who in rows if who == "ana"]) == []
            refusals += refused + fenced
            new.close()
            laptop = Store(tmp_path / "laptop")
            back = fetch_session(BucketFeed(bucket, session), Seals(KEY, session), laptop)
            assert back.apart is not None
            mine = (back.apart / "journal.jsonl").read_bytes().splitlines()
            theirs = back.directory.journal.read_bytes().splitlines()
            same = mine == theirs[: len(mine)]
            assert same or back.forked >= 0, "a fork that nobody sees"
            assert len(mine) == old_count
            forks += back.forked >= 0
    finally:
        sleeper.end()
        desk.close()
    result = f"0 began after the fence, 0 twice, {forks} forks seen, {refusals} refused"
    faults.count(times, "take-overs of a running change", result)
