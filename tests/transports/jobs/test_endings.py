"""Holds the rarer endings to the truth: what closed its output, what was cancelled early, what cannot be looked at."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until, until_gone
from tests.support.servers.sshd import Sshd
from tests.support.sessions.ran import run
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, LinkState, Stream, Transport
from tui.transports.local.transport import LocalTransport
from tui.transports.shell import END

QUIET = "exec >&- 2>&-; "


@pytest.fixture(params=["ssh", "openssh", "local"])
def place(request: pytest.FixtureRequest) -> Iterator[Transport]:
    """Each place where commands run."""
    if request.param == "local":
        yield LocalTransport("here")
        return
    server: Sshd = request.getfixturevalue("sshd")
    made = server.transport(patience=0.3) if request.param == "ssh" else server.by_openssh(patience=0.3)
    yield made
    made.close()


def test_a_command_that_closed_its_output_is_awaited(place: Transport) -> None:
    assert run(place, QUIET + "sleep 5.5; exit 3").outcome == Outcome.exited(3)


def test_a_command_that_closed_its_output_is_ended_in_time(place: Transport) -> None:
    assert run(place, QUIET + "sleep 60", timeout=0.5).outcome.kind is OutcomeKind.TIMED_OUT


def test_what_is_cancelled_before_it_starts_never_starts(place: Transport, tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.cancel()
    outcome = run(place, f"touch {tmp_path}/ran", cancel).outcome
    assert outcome == Outcome(OutcomeKind.CANCELLED, detail="it had not started")
    assert run(place, "true").outcome == Outcome.exited(0)
    assert not (tmp_path / "ran").exists()


def test_variables_may_have_the_names_the_wrapper_might_use(place: Transport) -> None:
    names = ("shell", "directory", "script", "secrets", "line", "value", "pair")
    script = 'for n in "$shell" "$directory" "$script" "$secrets" "$line" "$value" "$pair"; do echo "$n"; done'
    wanted = "".join(f"{name} of mine\n" for name in names).encode()
    values = {name: f"{name} of mine" for name in names}
    assert run(place, script, environment=values).out == wanted
    assert run(place, script, secrets=values).out == wanted


def test_a_slow_login_does_not_make_a_cancelled_command_unknown(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    server = own_sshd()
    host = server.transport(patience=0.3)
    host.connect()
    os.mkfifo(tmp_path / "in")
    # The login shell tells that it has begun, and continues after the cancel; later logins are quick.
    first = f"mkdir {tmp_path}/first 2>/dev/null && {{ echo >{tmp_path}/in; sleep 0.5; }}\n"
    server.directory.joinpath(".bashrc").write_text(first)
    cancel, outcomes = CancelToken(), []
    thread = threading.Thread(target=lambda: outcomes.append(run(host, "sleep 300", cancel).outcome))
    thread.start()
    (tmp_path / "in").read_text()
    cancel.cancel()
    thread.join()
    host.close()
    assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CANCELLED]


@pytest.mark.parametrize("programs", [("sleep",), ("sleep", "ps")])
def test_a_group_is_called_empty_only_when_it_is(programs: tuple[str, ...], tmp_path: Path) -> None:
    """A host without ps, or with one that does not know our options (busybox), must not make it look empty."""
    for name in programs:
        found = shutil.which(name) if name != "ps" else shutil.which("false")
        assert found
        (tmp_path / name).symlink_to(found)
    sleeper = subprocess.Popen(["sleep", "300"], start_new_session=True)
    words = ["/bin/sh", "-c", END, "runbook", str(sleeper.pid), "1"]
    try:
        said = subprocess.run(words, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True).stdout
        assert said == "\nempty\n"
        assert sleeper.wait() == -15
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.fixture
def slow_line(sshd: Sshd) -> Iterator[int]:
    """A port that passes what the server says at about a megabyte a second."""
    listener = socket.create_server(("127.0.0.1", 0))
    pause = threading.Event()

    def pump(source: socket.socket, target: socket.socket, seconds_per_byte: float) -> None:
        try:
            while data := source.recv(16384):
                target.sendall(data)
                pause.wait(len(data) * seconds_per_byte)
        except OSError:
            return

    def serve() -> None:
        ours, _ = listener.accept()
        theirs = socket.create_connection(("127.0.0.1", sshd.port))
        threading.Thread(target=pump, args=(ours, theirs, 0.0), daemon=True).start()
        pump(theirs, ours, 1e-6)

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    pause.set()
    listener.close()


def test_a_slow_line_full_of_output_is_not_a_frozen_one(sshd: Sshd, slow_line: int, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text(sshd.config("slow").replace(f"Port {sshd.port}", f"Port {slow_line}"))
    known = tmp_path / "known_hosts"
    known.write_text(sshd.known_hosts.read_text().replace(f":{sshd.port}", f":{slow_line}"))
    links: list[LinkState] = []
    host = sshd.transport("slow", config_files=[config], known_hosts=[known], liveness=1.5)
    host.listen(lambda link, _: links.append(link))
    ran = run(host, "head -c 5000000 /dev/zero")
    host.close()
    assert (ran.outcome, len(ran.out)) == (Outcome.exited(0), 5_000_000)
    assert links == [LinkState.CONNECTING, LinkState.UP]


@pytest.mark.parametrize("by", ["own", "openssh"])
def test_one_session_at_a_time_is_enough_to_cancel_a_plain_command(by: str, own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd("MaxSessions 1")
    transport: Transport = server.transport(patience=0.3) if by == "own" else server.by_openssh(patience=0.3)
    cancel = CancelToken()
    outcome = transport.run(Command(script="echo begun; sleep 64.6"), lambda stream, data: cancel.cancel(), cancel)
    assert outcome == Outcome(OutcomeKind.CANCELLED)
    until_gone("sleep 64.6")
    transport.close()


@pytest.mark.parametrize("by", ["own", "openssh"])
def test_an_exit_status_without_all_of_the_output_is_not_taken_for_an_outcome(
    by: str, own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    server = own_sshd()
    transport: Transport = server.transport() if by == "own" else server.by_openssh()
    os.mkfifo(tmp_path / "held")

    def lose(stream: Stream, data: bytes) -> None:
        shell = Path(f"/proc/{data.decode().strip()}")
        until(lambda: not shell.exists(), "the command has ended")
        assert transport.run(Command(script="true"), lambda stream, data: None, CancelToken()).exit_status == 0
        server.kill_connections()

    script = f"(read -r word <{tmp_path}/held; echo late) & echo $$"
    outcome = transport.run(Command(script=script), lose, CancelToken())
    (tmp_path / "held").write_text("go\n")
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "lost before all of its output came" in outcome.detail
    transport.close()
