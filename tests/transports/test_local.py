"""Holds this machine to the same contract as a host behind SSH."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.support.sessions.ran import run
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, LinkState, Stream
from tui.transports.local.transport import LocalTransport
from tui.transports.shell import LEFT_BEHIND

SIZE = 64_000_000


@pytest.fixture
def here() -> LocalTransport:
    return LocalTransport("laptop")


def test_it_says_what_it_is(here: LocalTransport) -> None:
    facts = here.connect()
    assert (facts.target, facts.hostname, facts.shells) == ("this machine", os.uname().nodename, ("bash", "sh"))
    assert here.link() is LinkState.UP


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ("true", Outcome.exited(0)),
        ("exit 7", Outcome.exited(7)),
        ("exit 143", Outcome.exited(143)),
        ("false | true", Outcome.exited(1)),
        ("kill -SEGV $$", Outcome(OutcomeKind.SIGNALLED, signal="SIGSEGV")),
        ("kill -9 $$", Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL")),
        ("kill -40 $$", Outcome(OutcomeKind.SIGNALLED, signal="SIGRTMIN+6")),
    ],
)
def test_every_ending_is_told_apart(script: str, outcome: Outcome, here: LocalTransport) -> None:
    assert run(here, script).outcome == outcome


def test_everything_arrives(here: LocalTransport, tmp_path: Path) -> None:
    ran = run(
        here,
        'pwd; echo "$A-$S"; cat; cat; echo err >&2',
        directory=str(tmp_path),
        environment={"A": "it's"},
        secrets={"S": "x\n"},
        stdin=b"in\n",
    )
    assert (ran.outcome, ran.out, ran.err) == (Outcome.exited(0), f"{tmp_path}\nit's-x\n\nin\n".encode(), b"err\n")


def test_much_comes_whole_from_both_streams(here: LocalTransport) -> None:
    digests = {Stream.OUT: hashlib.sha256(), Stream.ERR: hashlib.sha256()}
    script = f"head -c {SIZE} /dev/zero & head -c {SIZE} /dev/zero >&2; wait"
    outcome = here.run(Command(script=script), lambda stream, data: digests[stream].update(data), CancelToken())
    wanted = hashlib.sha256(bytes(SIZE)).digest()
    assert (outcome, [one.digest() for one in digests.values()]) == (Outcome.exited(0), [wanted, wanted])


def test_a_command_that_does_not_read_does_not_hold_us(here: LocalTransport) -> None:
    assert run(here, "echo done", stdin=b"x" * 10_000_000).out == b"done\n"


def test_a_command_past_its_time_is_gone_with_all_it_started(here: LocalTransport, tmp_path: Path) -> None:
    ran = run(here, f"sleep 300 & echo $! >{tmp_path}/a; wait", timeout=0.2)
    assert ran.outcome == Outcome(OutcomeKind.TIMED_OUT, detail="after 0.2 s")
    assert not running(int((tmp_path / "a").read_text()))


def test_a_command_that_will_not_go_is_killed(tmp_path: Path) -> None:
    here, cancel = LocalTransport("laptop", patience=0.2), CancelToken()
    script = f"trap '' TERM; (sleep 300 & echo $! >{tmp_path}/a; echo ready; wait); wait"
    outcome = here.run(Command(script=script), lambda stream, data: cancel.cancel(), cancel)
    assert outcome == Outcome(OutcomeKind.CANCELLED)
    assert not running(int((tmp_path / "a").read_text()))


def test_what_is_said_on_the_way_out_is_kept(here: LocalTransport) -> None:
    cancel, came = CancelToken(), []

    def sink(stream: Stream, data: bytes) -> None:
        came.append(data)
        cancel.cancel()

    script = "trap 'echo tidied up; exit 0' TERM; echo ready; while :; do :; done"
    assert here.run(Command(script=script), sink, cancel).kind is OutcomeKind.CANCELLED
    assert b"".join(came) == b"ready\ntidied up\n"


def test_a_process_left_behind_does_not_hold_the_command(here: LocalTransport, tmp_path: Path) -> None:
    """A daemon that keeps our pipe open has nothing more to say about how its starter ended."""
    ran = run(here, f"setsid sleep 300 & echo $! >{tmp_path}/a; echo started; exit 3", timeout=20.0)
    os.kill(int((tmp_path / "a").read_text()), 9)
    assert (ran.outcome.exit_status, ran.out) == (3, b"started\n")
    assert ran.outcome.detail == LEFT_BEHIND


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
