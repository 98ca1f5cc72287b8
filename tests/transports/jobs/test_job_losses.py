"""Durable commands whose connection is lost, frozen or short of channels: once, whole, and with the right outcome."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.harness.waiting import until, until_gone
from tests.support.machines.cutter import Cut, Cutter, Mode
from tests.support.servers.sshd import Sshd
from tests.support.sessions.durable import KEY, SESSION, Ran, rejoin, run, through
from tui.errors import HostError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, LinkState, Stream
from tui.transports.jobs.request import Exchange, ask, clear
from tui.transports.jobs.scripts import stop_request
from tui.transports.local.channels import LocalChannels
from tui.transports.local.transport import LocalTransport
from tui.transports.shell import Wrapped
from tui.transports.ssh import connect
from tui.transports.ssh.way import Way

pytestmark = pytest.mark.needs("sshd", "ssh")

RESET = Cut(Mode.RESET)
CLIENT = """
import sys
from pathlib import Path
from tui.transports.base import CancelToken, Command
from tui.transports.ssh.transport import SSHTransport

def sink(stream, data):
    print(len(data), flush=True)

config, key, script = sys.argv[1:]
host = SSHTransport("box", "box", config_files=[Path(config)])
host.run(Command(script=script, key=key, durable=True), sink, CancelToken())
"""


@pytest.fixture
def cutter(sshd: Sshd) -> Iterator[Cutter]:
    made = Cutter(sshd.port)
    yield made
    made.close()


def once(action: Callable[[], None]) -> Callable[[bytes], None]:
    """A sink's view that acts on the first bytes alone."""
    done = threading.Event()

    def seen(data: bytes) -> None:
        if not done.is_set():
            done.set()
            action()

    return seen


@pytest.mark.parametrize("moment", ["silent", "printing"])
def test_a_lost_connection_is_made_again_and_nothing_is_missing(
    own_sshd: Callable[..., Sshd], tmp_path: Path, moment: str
) -> None:
    server = own_sshd()
    transport = server.transport()
    links: list[str] = []
    transport.listen(lambda link, detail: links.append(link.value))
    cut = threading.Event()

    def lose(data: bytes) -> None:
        if not cut.is_set():
            cut.set()
            server.kill_connections()

    lines = "seq 1 20000; sleep 0.3" if moment == "printing" else "echo begun; sleep 0.5; seq 2 3"
    ran = run(transport, f"echo ran >>{tmp_path}/ran; {lines}; echo oops >&2; exit 6", seen=lose)
    wanted = b"".join(b"%d\n" % n for n in range(1, 20001)) if moment == "printing" else b"begun\n2\n3\n"
    assert ran == (Outcome.exited(6), wanted, b"oops\n")
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert links[-3:] == ["connection lost", "connecting", "connected"]
    transport.close()


def test_a_cancel_while_the_host_is_gone_says_that_it_may_still_run(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd()
    transport = server.transport(patience=0.3)
    cancel = CancelToken()

    def lose(data: bytes) -> None:
        server.stop()
        cancel.cancel()

    ran = run(transport, "echo begun; sleep 3.21", cancel, lose)
    assert ran.outcome.kind is OutcomeKind.UNKNOWN
    assert "may still be running" in ran.outcome.detail
    transport.close()


def test_a_host_that_cannot_be_reached_at_first_is_unreachable(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd()
    server.stop()
    assert run(server.transport(), "true").outcome.kind is OutcomeKind.UNREACHABLE


def test_a_frozen_peer_is_given_up_and_the_command_followed_to_its_end(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    server = own_sshd()
    transport = server.transport(liveness=0.6)
    links: list[LinkState] = []

    def thaw(link: LinkState, detail: str) -> None:
        links.append(link)
        if link is LinkState.LOST:
            server.thaw()

    transport.listen(thaw)
    script = f"echo ran >>{tmp_path}/ran; echo begun; sleep 0.8; echo oops >&2; echo ended; exit 5"
    assert run(transport, script, seen=once(server.freeze)) == (Outcome.exited(5), b"begun\nended\n", b"oops\n")
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert LinkState.STALLED in links
    transport.close()


def test_one_session_at_a_time_is_enough_to_follow_to_lose_and_to_clear(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd("MaxSessions 1")
    transport = server.transport()
    ran = run(transport, "echo begun; sleep 0.3; seq 1 1000; exit 3", seen=once(server.kill_connections))
    wanted = b"begun\n" + b"".join(b"%d\n" % number for number in range(1, 1001))
    assert ran == (Outcome.exited(3), wanted, b"")
    assert run(transport, "echo more", key=f"{SESSION}/more/1").out == b"more\n"
    assert transport.clear(SESSION) == 0
    transport.close()


def test_one_session_at_a_time_is_enough_to_cancel(own_sshd: Callable[..., Sshd]) -> None:
    transport = own_sshd("MaxSessions 1").transport(patience=0.3)
    cancel = CancelToken()
    ran = run(transport, "echo begun; sleep 66.6", cancel, once(cancel.cancel))
    assert ran == (Outcome(OutcomeKind.CANCELLED), b"begun\n", b"")
    until_gone("sleep 66.6")
    transport.close()


def test_a_cancel_asked_while_the_connection_is_lost_is_done_when_it_is_back(
    sshd: Sshd, cutter: Cutter, tmp_path: Path
) -> None:
    transport = through(sshd, cutter, tmp_path)
    cancel = CancelToken()

    def lose() -> None:
        cutter.shut = True
        cutter.arm(RESET)

    def come_back(link: LinkState, detail: str) -> None:
        if link is LinkState.DOWN and not cancel.cancelled:
            cancel.cancel()
        elif link is LinkState.DOWN:
            cutter.shut = False

    transport.listen(come_back)
    ran = run(transport, "echo begun; sleep 67.7", cancel, once(lose), key=f"{SESSION}/cancel/1")
    assert ran == (Outcome(OutcomeKind.CANCELLED), b"begun\n", b"")
    until_gone("sleep 67.7")
    transport.close()


@pytest.mark.parametrize("ends", ["in time", "never"])
def test_a_timeout_that_passes_while_the_connection_is_lost(
    sshd: Sshd, cutter: Cutter, tmp_path: Path, ends: str
) -> None:
    transport = through(sshd, cutter, tmp_path, patience=0.3)
    script = f"echo begun; {'sleep 0.2; echo ended' if ends == 'in time' else 'sleep 68.8'}"

    def during(seconds: float) -> Ran:
        """The command with this time-out, which passes before the connection is back."""

        def lose() -> None:
            cutter.shut = True
            cutter.arm(RESET)
            threading.Timer(seconds + 0.3, come_back).start()

        until(lambda: not cutter.shut)  # the try before may have ended before the connection was back
        key = f"{SESSION}/timeout/{len(ends)}{round(seconds)}"
        return run(transport, script, seen=once(lose), key=key, timeout=seconds)

    def come_back() -> None:
        cutter.shut = False

    if ends == "in time":
        tried = (during(seconds) for seconds in (0.7, 3.0, 12.0))  # on a busy machine it takes longer to begin
        ran = next((one for one in tried if one.outcome.kind is not OutcomeKind.TIMED_OUT), None)
        assert ran == (Outcome.exited(0), b"begun\nended\n", b"")
    else:
        assert during(0.7) == (Outcome(OutcomeKind.TIMED_OUT, detail="after 0.7 s"), b"begun\n", b"")
        until_gone("sleep 68.8")
    transport.close()


def test_a_killed_client_is_followed_by_another_process_from_the_byte(sshd: Sshd, tmp_path: Path) -> None:
    script = (
        f"echo ran >>{tmp_path}/ran; echo begun; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; echo ended; exit 6"
    )
    words = [sys.executable, "-c", CLIENT, str(sshd.ssh_config), KEY, script]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        came = int(client.stdout.readline())
        client.send_signal(signal.SIGKILL)
    (tmp_path / "go").touch()
    transport = sshd.transport()
    assert rejoin(transport, out=came) == (Outcome.exited(6), b"begun\nended\n"[came:], b"")
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert transport.clear(SESSION) == 0
    transport.close()


def test_what_startup_files_say_on_standard_error_does_not_hide_the_commands(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd()
    (server.directory / ".bashrc").write_text("echo welcome >&2; echo welcome\n")
    transport = server.transport()
    ran = run(transport, "echo begun >&2; sleep 0.5; echo oops >&2", seen=once(server.kill_connections))
    assert ran == (Outcome.exited(0), b"", b"begun\noops\n")
    transport.close()


def test_an_end_of_its_own_is_the_outcome_although_its_end_was_asked_for(tmp_path: Path) -> None:
    here = LocalTransport("here")
    key = f"session-{os.getpid()}/over/1"
    run(here, "true", key=key)
    assert ask(LocalChannels(), stop_request(key, "nonce", 0.1), 10.0) == "\nover\n"
    assert run(here, "true", key=key).outcome == Outcome.exited(0)
    here.clear(key.partition("/")[0])


def test_a_host_lost_as_soon_as_it_is_met_is_a_host_error(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in = connect.log_in

    def logged_in(connection: connect.Connection, *given: Any) -> None:
        log_in(connection, *given)
        connection.close()

    monkeypatch.setattr(connect, "log_in", logged_in)
    assert run(sshd.transport(), "true").outcome.kind is OutcomeKind.UNREACHABLE


def test_a_host_lost_before_its_key_is_looked_at_is_a_host_error(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose address it was cannot be asked any more then."""

    def gone(self: Way) -> str:
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(Way, "peer", property(gone))
    assert run(sshd.transport(), "true").outcome.kind is OutcomeKind.UNREACHABLE


class Silent(Exchange):
    """An answer whose connection is lost before its first word."""

    def take(self, wait: float) -> list[tuple[Stream, bytes]] | None:
        return None

    def whole(self) -> bool:
        return False

    def close(self) -> None:
        pass


class SilentChannels:
    """A host whose every answer is lost."""

    def exchange(self, wrapped: Wrapped, cancel: CancelToken, urgent: bool = False) -> Exchange:
        return Silent()

    def boot_id(self) -> str:
        return ""


def test_a_lost_answer_is_not_taken_for_nothing_left() -> None:
    with pytest.raises(HostError, match="the connection was lost"):
        clear(SilentChannels(), SESSION)
