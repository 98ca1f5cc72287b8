"""Holds our SSH transport against a real sshd: what comes back of a command is what happened."""

import hashlib
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers.sshd import Sshd
from tests.support.sessions.ran import run
from tui.execution.preflight import facts_words
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, Stream, Transport
from tui.transports.connected import clock_off
from tui.transports.openssh.exchange import UNNAMED
from tui.transports.shell import LEFT_BEHIND
from tui.transports.ssh.wire import WINDOW

pytestmark = pytest.mark.needs("sshd", "ssh", "ps")

BY = ("own", "openssh")
"""What makes the connection."""
HUNDRED_MEGABYTES = 100_000_000
LINE = b"a line of text\n"


@pytest.fixture(params=BY)
def host(request: pytest.FixtureRequest, sshd: Sshd) -> Iterator[Transport]:
    """A transport to the shared server, by either way."""
    transport = sshd.transport(patience=0.3) if request.param == "own" else sshd.by_openssh(patience=0.3)
    yield transport
    transport.close()


def test_it_says_who_it_reached(host: Transport, sshd: Sshd) -> None:
    facts = host.connect()
    assert facts.target == f"127.0.0.1:{sshd.port}"
    assert (facts.user, facts.hostname) == (sshd.user, os.uname().nodename)
    assert facts.key_type == "ssh-ed25519"
    assert facts.fingerprint.startswith("SHA256:")
    assert set(facts.shells) == {"bash", "sh"}
    assert facts.boot_id == host.connect().boot_id
    assert facts.clock_off == 0  # the host is this machine


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize(("ahead", "told"), [(3600, "⚠ its clock is 1 h ahead"), (-190, "⚠ its clock is 3 m behind")])
def test_a_host_whose_clock_is_wrong_is_told_in_its_row(
    own_sshd: Callable[..., Sshd], tmp_path: Path, by: str, ahead: int, told: str
) -> None:
    date = tmp_path / "bin" / "date"
    date.parent.mkdir()
    date.write_text(f'#!/bin/sh\necho $(($(/bin/date "$@") + {ahead}))\n')
    date.chmod(0o755)
    server = own_sshd()
    (server.directory / ".bashrc").write_text(f"PATH={date.parent}:$PATH\n")
    transport = server.transport() if by == "own" else server.by_openssh()
    try:
        facts = transport.connect()
    finally:
        transport.close()
    assert facts.clock_off == pytest.approx(ahead, abs=30)
    assert told in facts_words(facts)


@pytest.mark.parametrize(
    ("lines", "off"),
    [
        (["clock 1000"], 0.0),
        (["clock 999"], -0.5),
        (["clock 1192"], 190.5),
        (["clock 800"], -199.5),
        (["clock "], None),
        (["clock now"], None),
        (["clock ²"], None),
        (["clock " + "9" * 400], None),
        ([], None),
    ],
)
def test_a_clock_that_is_off_is_told_by_what_it_is_off_at_least(lines: list[str], off: float | None) -> None:
    assert clock_off(["web", "boot", "/bin/sh", *lines], 1000.5, 1001.5) == off


def test_both_streams_come_in_the_order_they_arrived(host: Transport, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    os.mkfifo(seen)
    going = os.open(seen, os.O_RDWR)
    came: list[tuple[str, bytes]] = []

    def sink(stream: Stream, data: bytes) -> None:
        came.append((stream.value, data))
        os.write(going, b"go on\n")

    script = f"for i in 1 2 3; do echo $i; read x <{seen}; echo $i >&2; read x <{seen}; done"
    assert host.run(Command(script=script, timeout=30.0), sink, CancelToken()) == Outcome.exited(0)
    os.close(going)
    assert came == [(stream, b"%d\n" % i) for i in (1, 2, 3) for stream in ("out", "err")]


def test_much_on_both_streams_does_not_deadlock(host: Transport) -> None:
    ran = run(host, f"head -c {2 * WINDOW} /dev/zero >&2; head -c {2 * WINDOW} /dev/zero")
    assert (ran.outcome, len(ran.out), len(ran.err)) == (Outcome.exited(0), 2 * WINDOW, 2 * WINDOW)


def test_bytes_come_back_as_they_are(host: Transport) -> None:
    sent = bytes(range(256)) * 4096
    assert run(host, "cat", stdin=sent).out == sent
    assert run(host, "sh -c 'cat >&2'", stdin=sent).err == sent


def test_a_hundred_megabytes_are_all_there(host: Transport) -> None:
    digest, sizes = hashlib.sha256(), []

    def sink(stream: Stream, data: bytes) -> None:
        digest.update(data)
        sizes.append(len(data))

    script = f"head -c {HUNDRED_MEGABYTES} <(yes {shlex.quote(LINE.decode().strip())})"
    assert host.run(Command(script=script), sink, CancelToken()) == Outcome.exited(0)
    wanted = (LINE * (HUNDRED_MEGABYTES // len(LINE) + 1))[:HUNDRED_MEGABYTES]
    assert (sum(sizes), digest.digest()) == (HUNDRED_MEGABYTES, hashlib.sha256(wanted).digest())


def test_a_sink_that_does_not_keep_up_stops_the_command_and_not_the_memory(host: Transport, tmp_path: Path) -> None:
    """What waits here is never more than the window, whatever the command has to say."""
    began, go_on, got = threading.Event(), threading.Event(), 0
    size = 8 * WINDOW

    def sink(stream: Stream, data: bytes) -> None:
        nonlocal got
        assert len(data) <= WINDOW
        got += len(data)
        began.set()
        go_on.wait()  # however long the commands below take

    outcomes: list[Outcome] = []
    script = f"head -c {size} /dev/zero; touch {tmp_path}/written"
    thread = threading.Thread(target=lambda: outcomes.append(host.run(Command(script=script), sink, CancelToken())))
    thread.start()
    try:
        began.wait()
        # The same connection stays usable meanwhile, and ten commands later the first one is still held back.
        for _ in range(10):
            assert run(host, "echo free").out == b"free\n"
        assert not (tmp_path / "written").exists()
    finally:
        go_on.set()
        thread.join()
    assert (outcomes, got) == ([Outcome.exited(0)], size)


def test_the_input_ends_where_the_declared_input_ends(host: Transport) -> None:
    assert run(host, "cat; echo after").out == b"after\n"
    assert run(host, "read line; echo got $line; cat", stdin=b"one\ntwo").out == b"got one\ntwo"
    assert run(host, "echo not read", stdin=b"x" * (4 * WINDOW)).out == b"not read\n"


@pytest.mark.parametrize(
    ("script", "shell", "outcome"),
    [
        ("true", "bash", Outcome.exited(0)),
        ("exit 7", "bash", Outcome.exited(7)),
        ("exit 255", "bash", Outcome.exited(255)),
        ("exit 143", "bash", Outcome.exited(143)),
        ("false | true", "bash", Outcome.exited(1)),
        ("false | true", "sh", Outcome.exited(0)),
        ("no-such-program", "sh", Outcome.exited(127)),
        ("kill -SEGV $$", "bash", Outcome(OutcomeKind.SIGNALLED, signal="SIGSEGV")),
        ("kill -9 $$", "sh", Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL")),
        ("sh -c 'kill -TERM $$'; exit $?", "sh", Outcome.exited(143)),
    ],
)
def test_every_ending_is_told_apart(script: str, shell: str, outcome: Outcome, host: Transport) -> None:
    told = run(host, script, shell=shell).outcome
    assert told in (outcome, Outcome(OutcomeKind.SIGNALLED, signal=UNNAMED) if outcome.signal else outcome)


def test_directory_environment_and_secrets_arrive(host: Transport, tmp_path: Path) -> None:
    values = {"A": "it's", "B": 'two\nlines\n"$HOME"', "C": ""}
    script = 'pwd; printf \'%s|\' "$A" "$B" "$C" "$S"; cat'
    for shell in ("bash", "sh"):
        ran = run(
            host, script, shell=shell, directory=str(tmp_path), environment=values, secrets={"S": "s\n"}, stdin=b"in"
        )
        assert ran.out == f'{tmp_path}\nit\'s|two\nlines\n"$HOME"||s\n|in'.encode()
    ran = run(host, "pwd", directory=f"{tmp_path}/gone")
    assert str(ran.outcome).startswith("it did not run (exit 125)")
    assert f"{tmp_path}/gone" in str(ran.outcome)


def test_no_secret_is_in_any_command_line(host: Transport) -> None:
    secret, seen = "correct-horse-battery", CancelToken()
    lines: list[bytes] = []

    def sink(stream: Stream, data: bytes) -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(file.read_bytes())
            except OSError:
                continue
        seen.cancel()

    command = Command(script="echo marker-of-this-test; sleep 60; :", secrets={"PASSWORD": secret})
    assert host.run(command, sink, seen).kind is OutcomeKind.CANCELLED
    assert any(b"marker-of-this-test" in line for line in lines)
    assert not any(secret.encode() in line for line in lines)


def test_a_command_past_its_time_is_gone_with_all_it_started(host: Transport, tmp_path: Path) -> None:
    script = f"sleep 300 & echo $! >{tmp_path}/a; (trap '' TERM; sh -c 'echo $$ >{tmp_path}/b; exec sleep 300') & wait"
    ran = run(host, script, timeout=0.3)
    assert ran.outcome == Outcome(OutcomeKind.TIMED_OUT, detail="after 0.3 s")
    assert not alive(tmp_path / "a")


def test_a_cancelled_command_is_gone_even_when_it_will_not_go(host: Transport, tmp_path: Path) -> None:
    cancel = CancelToken()
    script = f"trap '' TERM; (sleep 300 & echo $! >{tmp_path}/a; echo ready; wait); wait"
    outcome = host.run(Command(script=script), lambda stream, data: cancel.cancel(), cancel)
    assert outcome.kind is OutcomeKind.CANCELLED, outcome
    assert not alive(tmp_path / "a")


def test_what_is_said_on_the_way_out_is_kept(host: Transport) -> None:
    cancel, came = CancelToken(), []

    def sink(stream: Stream, data: bytes) -> None:
        came.append(data)
        cancel.cancel()

    script = "trap 'echo tidied up; exit 0' TERM; echo ready; while :; do :; done"
    assert host.run(Command(script=script), sink, cancel).kind is OutcomeKind.CANCELLED
    assert b"".join(came) == b"ready\ntidied up\n"


def test_a_process_left_behind_does_not_hold_the_command(host: Transport, tmp_path: Path) -> None:
    """A daemon that keeps our channel open has nothing more to say about how its starter ended."""
    ran = run(host, f"setsid sleep 300 & echo $! >{tmp_path}/a; echo started; exit 3", timeout=20.0)
    os.kill(int((tmp_path / "a").read_text()), 9)
    assert (ran.outcome.exit_status, ran.out) == (3, b"started\n")
    assert ran.outcome.detail == LEFT_BEHIND


@pytest.mark.parametrize("by", BY)
def test_thirty_at_once_wait_for_their_turn(by: str, own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd("MaxSessions 3")
    host: Transport = server.transport() if by == "own" else server.by_openssh()
    came: dict[int, bytes] = {}

    def one(number: int) -> None:
        came[number] = run(host, f"sleep 0.02; echo {number}").out

    threads = [threading.Thread(target=one, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    host.close()
    assert came == {number: b"%d\n" % number for number in range(30)}
    assert server.said("Accepted publickey") == 1


def test_waiting_for_a_turn_can_be_cancelled_and_so_can_all_at_once(host: Transport) -> None:
    holders = [CancelToken() for _ in range(8)]
    started = threading.Semaphore(0)
    ends: list[OutcomeKind] = []

    def hold(token: CancelToken) -> None:
        ends.append(host.run(Command(script="echo; sleep 60"), lambda stream, data: started.release(), token).kind)

    threads = [threading.Thread(target=hold, args=(token,)) for token in holders]
    for thread in threads:
        thread.start()
    for _ in holders:
        assert started.acquire()
    cancel = CancelToken()
    cancel.cancel()
    assert run(host, "echo", cancel).outcome == Outcome(OutcomeKind.CANCELLED, detail="it had not started")
    for token in holders:
        token.cancel()
    for thread in threads:
        thread.join()
    assert ends == [OutcomeKind.CANCELLED] * 8


def alive(file: Path) -> bool:
    """Whether the process whose number is in the file still runs."""
    try:
        state = Path(f"/proc/{int(file.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
