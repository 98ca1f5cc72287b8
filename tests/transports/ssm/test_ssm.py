"""Commands by Systems Manager, against an endpoint held to botocore's model that truly runs them on instances."""

import os
import pwd
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until_gone
from tests.support.servers.ssm_server import SSMServer
from tests.support.sessions.durable import KEY, SESSION, rejoin, run
from tui.errors import AuthenticationRefused, HostError, TakenOver
from tui.execution.conductor.by_person.sending import send
from tui.execution.epochs.claims import is_aside
from tui.execution.epochs.holding import Alone
from tui.runbook.reading.load import load_text
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Address, CancelToken, Command, DialFailed, Fence, LinkState
from tui.transports.ssm import channels, service
from tui.transports.ssm.service import SystemsManager
from tui.transports.ssm.transport import SSMTransport

ONE = "i-0123456789abcdef0"
TEN_MIB = 10 << 20


@pytest.fixture
def ssm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SSMServer]:
    """The endpoint, with one instance; what it was asked and has answered is as the model says."""
    server = SSMServer(tmp_path / "instances")
    server.instance(ONE)
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(channels, "BREATH", 0.05)
    yield server
    server.stop()
    assert server.wrong == []


@pytest.fixture
def box(ssm: SSMServer) -> SSMTransport:
    return SSMTransport("box", ONE, patience=1.0, service=SystemsManager(""))


def home(ssm: SSMServer) -> Path:
    return ssm.instances[ONE].home


def test_a_command_runs_there_and_all_of_it_comes(ssm: SSMServer, box: SSMTransport) -> None:
    ran = run(box, "pwd; cat; echo oops >&2; exit 3", stdin=b"in\n\xff", environment={"A": "b"})
    assert ran == (Outcome.exited(3), f"{home(ssm)}\nin\n".encode() + b"\xff", b"oops\n")
    facts = box.connect()
    assert (facts.target, facts.user, facts.shells) == (ONE, "root", ("bash", "sh"))
    assert facts.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert box.link() is LinkState.UP
    box.close()


def test_what_belongs_to_no_session_leaves_nothing_there(ssm: SSMServer, box: SSMTransport) -> None:
    came = bytearray()
    for script, key in (("echo {{ssm:secret}}", ""), ("seq 20000", "monitor"), ("sleep 60", "choices/release")):
        command = Command(script=script, timeout=1.0 if "sleep" in script else 60.0, key=key)
        outcome = box.run(command, lambda _, data: came.extend(data), CancelToken())
        assert outcome.kind is (OutcomeKind.TIMED_OUT if "sleep" in script else OutcomeKind.SUCCEEDED)
    assert came.decode() == "{{ssm:secret}}\n" + "".join(f"{number}\n" for number in range(1, 20001))
    assert list((home(ssm) / ".local/state/runbook/jobs").iterdir()) == []
    assert "{{" not in str([body["Parameters"] for name, body in ssm.asked if name == "SendCommand"])


SENDS = """
format = 2
[runbook]
title = "Sends"
default_host = "box"
[hosts.box]
target = "i-0123456789abcdef0"
engine = "ssm"
[messages.team]
title = "To the team"
body = "it goes on"
send = "cat >>sent"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["s"]
[[sections]]
id = "s"
title = "S"
[[sections.steps]]
id = "one"
title = "One"
[[sections.steps.actions]]
run = "true"
"""


@pytest.mark.parametrize("epoch", [0, 2])
def test_each_message_is_sent(ssm: SSMServer, box: SSMTransport, epoch: int) -> None:
    runbook, values = load_text(SENDS, "sends.toml"), {"session": SESSION}
    for text in ("one\n", "two\n"):
        send(runbook, "team", text, values, {"box": box}, Alone(epoch, "ana" if epoch else ""))
    assert (home(ssm) / "sent").read_text() == "one\ntwo\n"
    begun = box.fence(SESSION, Fence(3, "ben"))
    assert [is_aside(job) for job in begun] == [True, True]
    with pytest.raises(TakenOver):
        send(runbook, "team", "late\n", values, {"box": box}, Alone(2, "ana"))
    assert (home(ssm) / "sent").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("fault", ["twice", "unanswered", "throttled", "not_there_yet", "delay"])
def test_it_starts_once_whatever_the_service_does(ssm: SSMServer, box: SSMTransport, fault: str) -> None:
    box.connect()
    setattr(ssm, fault, {"twice": True, "delay": 0.2}.get(fault, 1))
    ran = run(box, f"echo ran >>{home(ssm)}/ran; seq 3; sleep 0.3; seq 4 5")
    assert ran == (Outcome.exited(0), b"1\n2\n3\n4\n5\n", b"")
    assert (home(ssm) / "ran").read_text() == "ran\n"
    again = run(box, f"echo ran >>{home(ssm)}/ran")
    assert again == (Outcome.exited(0), b"1\n2\n3\n4\n5\n", b"")
    assert (home(ssm) / "ran").read_text() == "ran\n"


@pytest.mark.parametrize("zipped", [True, False])
def test_output_beyond_what_the_service_returns_comes_whole(
    ssm: SSMServer, box: SSMTransport, zipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = TEN_MIB if zipped else 60_000
    if not zipped:  # a page of what cannot be made shorter, from an instance without gzip
        (tmp_path / "raw").write_bytes(os.urandom(size))
        script = f"cat {tmp_path}/raw; head -c 40000 {tmp_path}/raw >&2"
        monkeypatch.setattr("tui.transports.jobs.paged._PAGE", _without_gzip())
    else:
        (tmp_path / "log").write_bytes(b"a line of a log that is like the others\n" * (size // 40))
        script = f"cat {tmp_path}/log"
    ran = run(box, script)
    assert ran.outcome == Outcome.exited(0)
    wanted = (tmp_path / ("log" if zipped else "raw")).read_bytes()
    assert ran.out == wanted
    assert ran.err == (b"" if zipped else wanted[:40000])
    assert max(len(given.out) for given in ssm.commands.values()) < 24_000


def _without_gzip() -> str:
    from tui.transports.jobs.paged import _PAGE

    assert "command -v gzip" in _PAGE
    return _PAGE.replace("command -v gzip", "command -v gzip-that-is-not-there")


def test_a_cancelled_command_is_ended_there(ssm: SSMServer, box: SSMTransport) -> None:
    cancel = CancelToken()
    ran = run(box, "echo begun; sleep 77.75", cancel, lambda _: cancel.cancel())
    assert ran == (Outcome(OutcomeKind.CANCELLED), b"begun\n", b"")
    until_gone("sleep 77.75")


def test_what_was_not_delivered_yet_is_taken_back(ssm: SSMServer, box: SSMTransport) -> None:
    box.connect()
    ssm.silent.add(ONE)
    cancel = CancelToken()
    timer = threading.Timer(0.2, cancel.cancel)
    timer.start()
    ran = run(box, f"touch {home(ssm)}/ran", cancel)
    assert ran.outcome.kind is OutcomeKind.CANCELLED
    ssm.silent.clear()
    assert not (home(ssm) / "ran").exists()
    assert [given.status for given in ssm.commands.values()][-1] == "Cancelled"


CLIENT = """
import sys
from tui.transports.base import CancelToken, Command
from tui.transports.ssm.transport import SSMTransport
SSMTransport("box", sys.argv[1]).run(
    Command(script=sys.argv[3], key=sys.argv[2], durable=True),
    lambda stream, data: print(len(data), flush=True),
    CancelToken(),
)
"""


def test_it_is_joined_again_when_the_program_was_killed(ssm: SSMServer, box: SSMTransport) -> None:
    script = (
        f"echo ran >>{home(ssm)}/ran; echo begun; while [ ! -e {home(ssm)}/go ]; do sleep 0.05; done; seq 9; exit 4"
    )
    with subprocess.Popen([sys.executable, "-c", CLIENT, ONE, KEY, script], stdout=subprocess.PIPE) as client:
        assert client.stdout
        assert client.stdout.readline() == b"6\n"
        os.kill(client.pid, signal.SIGKILL)
    (home(ssm) / "go").touch()
    assert rejoin(box, out=6) == (Outcome.exited(4), b"".join(b"%d\n" % one for one in range(1, 10)), b"")
    assert (home(ssm) / "ran").read_text() == "ran\n"
    assert "ended with exit 4" in box.look(KEY)
    assert box.clear(SESSION) == 0
    assert rejoin(box).outcome.kind is OutcomeKind.UNKNOWN


def test_an_instance_that_is_gone_or_silent_is_unreachable_in_words(ssm: SSMServer, box: SSMTransport) -> None:
    box.connect()
    ssm.silent.add(ONE)
    silent = run(box, "true").outcome
    assert silent.kind is OutcomeKind.UNREACHABLE
    assert "its agent did not take the command in time" in silent.detail
    ssm.instances[ONE].known = False
    gone = run(box, "true").outcome
    assert gone.kind is OutcomeKind.UNREACHABLE
    assert gone.detail.startswith(f"Systems Manager does not reach {ONE} (does it run, with the SSM agent")
    assert box.link() is LinkState.LOST
    with pytest.raises(HostError, match="does not know i-0123456789abcdef0"):
        SSMTransport("box", ONE, service=SystemsManager("")).connect()


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ("Access Denied", "AWS does not allow commands there"),
        ("InvalidPlatform", "its system does not run shell scripts"),
        ("Undeliverable", "the command cannot be delivered to it"),
    ],
)
def test_a_command_that_ends_before_it_was_delivered_has_not_run(
    ssm: SSMServer, box: SSMTransport, details: str, words: str
) -> None:
    box.connect()
    ssm.undelivered = "Failed", details
    outcome = run(box, "true").outcome
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert words in outcome.detail


def test_an_instance_lost_while_a_command_runs_is_followed_when_it_is_back(ssm: SSMServer, box: SSMTransport) -> None:
    lost = threading.Event()

    def lose(data: bytes) -> None:
        if not lost.is_set():
            lost.set()
            ssm.instances[ONE].known = False
            timer = threading.Timer(1.0, setattr, (ssm.instances[ONE], "known", True))
            timer.start()

    links: list[LinkState] = []
    box.listen(lambda link, detail: links.append(link))
    ran = run(box, f"echo ran >>{home(ssm)}/ran; echo begun; sleep 1.2; echo over", seen=lose)
    assert ran == (Outcome.exited(0), b"begun\nover\n", b"")
    assert links[-2:] == [LinkState.LOST, LinkState.UP]
    assert (home(ssm) / "ran").read_text() == "ran\n"


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (("ExpiredTokenException", "expired"), "the AWS credentials have expired"),
        (("UnrecognizedClientException", "invalid"), "AWS does not know the credentials"),
        (("AccessDeniedException", "no"), "AWS does not allow ssm:DescribeInstanceInformation: no"),
    ],
)
def test_credentials_that_are_refused_are_told(
    ssm: SSMServer, box: SSMTransport, refused: tuple[str, str], words: str
) -> None:
    ssm.refuse = refused
    with pytest.raises(AuthenticationRefused, match=words):
        box.connect()
    ssm.refuse = None
    assert box.connect().target == ONE


def test_missing_credentials_and_regions_are_told(
    ssm: SSMServer, box: SSMTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AuthenticationRefused, match="there are no AWS credentials here"):
        box.connect()
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(HostError, match="no AWS region is set"):
        SSMTransport("box", ONE, service=SystemsManager("")).connect()


def test_a_service_that_only_throttles_is_told(
    ssm: SSMServer, box: SSMTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRIES", 2)
    box.connect()
    ssm.throttled = 1000
    outcome = run(box, f"touch {home(ssm)}/ran").outcome
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert "it throttles" in outcome.detail
    assert not (home(ssm) / "ran").exists()


def test_the_fence_holds_there(ssm: SSMServer, box: SSMTransport) -> None:
    assert run(box, "true").outcome == Outcome.exited(0)
    assert box.fence(SESSION, Fence(2, "ben")) == ("deploy/7",)
    refused = run(box, f"touch {home(ssm)}/ran", key=f"{SESSION}/deploy/8", fence=Fence(1, "ana")).outcome
    assert refused.fenced
    assert "ben took this session over" in refused.detail
    assert not (home(ssm) / "ran").exists()
    with pytest.raises(TakenOver):
        box.clear(SESSION, Fence(1, "ana"))


def test_what_it_cannot_carry_is_refused_and_nothing_is_sent(ssm: SSMServer, box: SSMTransport) -> None:
    secret = run(box, "true", secrets={"TOKEN": "hunter2"}).outcome
    assert secret.kind is OutcomeKind.UNREACHABLE
    assert "a secret must not stand there" in secret.detail
    assert ssm.count("SendCommand") == 0
    with pytest.raises(DialFailed):
        box.dial(Address(host="db", port=5432), 1.0)
    long = run(box, "true", stdin=b"x" * 60_000).outcome
    assert long.kind is OutcomeKind.UNREACHABLE
    assert "too long for Systems Manager" in long.detail
    assert "hunter2" not in str(ssm.asked)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_command_runs_as_another_user_in_that_ones_home(ssm: SSMServer) -> None:
    daemon = SSMTransport("box", ONE, user="daemon", service=SystemsManager(""))
    there = pwd.getpwnam("daemon").pw_dir
    with pytest.raises(HostError, match=f"cannot be kept there: {there}/.local/state cannot be written there"):
        daemon.connect()
