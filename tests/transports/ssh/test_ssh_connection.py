"""Breaks the connection in every way there is: the outcome says what is known, and the next command connects again."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.servers.sshd import Sshd, free_port
from tests.support.sessions.ran import run
from tui import threads
from tui.errors import HostError, RunbookError
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Answering, CancelToken, Command, LinkState, Stream
from tui.transports.connected import steadied
from tui.transports.ssh.transport import SSHTransport

pytestmark = pytest.mark.needs("sshd", "ssh", "ps")

MakeSshd = Callable[..., Sshd]


class Links:
    """Every state a connection went through."""

    def __init__(self) -> None:
        self.seen: list[LinkState] = []
        self._news = threading.Condition()

    def __call__(self, link: LinkState, detail: str) -> None:
        with self._news:
            self.seen.append(link)
            self._news.notify_all()

    def wait_for(self, link: LinkState) -> None:
        with self._news:
            assert self._news.wait_for(lambda: link in self.seen, 30), self.seen


def test_a_connection_cut_under_a_command_is_unknown_and_the_next_one_connects(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    links = Links()
    host = server.transport(on_link=links)
    outcome = host.run(
        Command(script="echo started; sleep 60"), lambda stream, data: server.kill_connections(), CancelToken()
    )
    assert outcome == Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost while the command ran")
    assert run(host, "echo again").out == b"again\n"
    host.close()
    assert links.seen[:2] == [LinkState.CONNECTING, LinkState.UP]
    assert links.seen[-2:] == [LinkState.CONNECTING, LinkState.UP]
    assert LinkState.LOST in links.seen


def test_a_connection_cut_between_commands_is_made_again(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    links = Links()
    host = server.transport(on_link=links)
    before = host.connect()
    server.kill_connections()
    links.wait_for(LinkState.LOST)
    assert host.link() is LinkState.LOST
    assert run(host, "echo again").out == b"again\n"
    assert host.connect().boot_id == before.boot_id
    assert host.link() is LinkState.UP
    host.close()
    assert host.link() is LinkState.DOWN


def test_a_frozen_host_is_noticed(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    links = Links()
    host = server.transport(on_link=links, liveness=0.6)
    try:
        outcome = host.run(
            Command(script="echo started; sleep 60"), lambda stream, data: server.freeze(), CancelToken()
        )
    finally:
        server.thaw()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert links.seen == [LinkState.CONNECTING, LinkState.UP, LinkState.STALLED, LinkState.LOST]
    assert run(host, "echo again").out == b"again\n"
    host.close()


def test_a_host_that_only_paused_is_kept(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    links = Links()
    host = server.transport(on_link=links, liveness=3.0)
    host.connect()
    server.freeze()
    links.wait_for(LinkState.STALLED)
    server.thaw()
    assert run(host, "echo still here").out == b"still here\n"
    host.close()
    assert server.said("Accepted publickey") == 1
    assert LinkState.LOST not in links.seen


def test_the_sign_of_life_tells_how_long_an_answer_takes(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    host = server.transport(liveness=1.5)
    assert host.round_trip() is None
    host.connect()
    until = time.monotonic() + 30
    while host.round_trip() is None and time.monotonic() < until:
        run(host, "true")
    took = host.round_trip()
    assert took is not None
    assert took > 0
    host.close()
    assert host.round_trip() is None, "nothing is said of a connection that is gone"


def test_a_round_trip_that_took_about_as_long_as_the_one_before_is_no_news() -> None:
    assert steadied(None, 0.041) == 0.041
    assert steadied(0.041, 0.046) == 0.041
    assert steadied(0.041, 0.080) == 0.080
    assert steadied(0.0004, 0.0011) == 0.0004
    assert steadied(0.4, 0.2) == 0.2


def test_a_command_cancelled_on_a_frozen_host_is_unknown(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    host = server.transport(liveness=0.6)
    cancel = CancelToken()

    def sink(stream: Stream, data: bytes) -> None:
        server.freeze()
        cancel.cancel()

    try:
        outcome = host.run(Command(script="echo started; sleep 60"), sink, cancel)
    finally:
        server.thaw()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "may still be running" in outcome.detail
    host.close()


def test_a_host_that_answers_to_nothing_while_connecting_is_unreachable(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    host = server.transport(connect_timeout=0.3)
    server.freeze()
    try:
        assert run(host, "echo").outcome.kind is OutcomeKind.UNREACHABLE
    finally:
        server.thaw()
    assert run(host, "echo thawed").out == b"thawed\n"
    host.close()


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    port = free_port()
    host = SSHTransport("box", "127.0.0.1", port=port)
    with pytest.raises(HostError) as caught:
        host.connect()
    assert caught.value.message == f"127.0.0.1:{port}: Connection refused"
    assert caught.value.hint == "is the host up, and its sshd?"
    outcome = run(host, "echo").outcome
    assert outcome == Outcome(
        OutcomeKind.UNREACHABLE, detail=f"127.0.0.1:{port}: Connection refused (is the host up, and its sshd?)"
    )
    assert host.link() is LinkState.DOWN


def test_a_name_without_address_is_unreachable() -> None:
    outcome = run(SSHTransport("box", "no-such-host.invalid"), "echo").outcome
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert "no address for no-such-host.invalid" in outcome.detail


def test_a_server_that_rekeys_all_the_time_loses_nothing(own_sshd: MakeSshd) -> None:
    host = own_sshd("RekeyLimit 4M").transport()
    for _ in range(3):
        ran = run(host, f"head -c {16 << 20} /dev/zero")
        assert (ran.outcome, len(ran.out)) == (Outcome.exited(0), 16 << 20)
    host.close()


def test_it_goes_through_two_jump_hosts(own_sshd: MakeSshd, tmp_path: Path) -> None:
    first, second, last = own_sshd(), own_sshd(), own_sshd()
    config = tmp_path / "config"
    config.write_text(
        first.config("first")
        + second.config("second", "ProxyJump first")
        + last.config("last", "ProxyJump second")
        + last.config("listed", "ProxyJump first,second")
    )
    for target in ("last", "listed"):
        host = SSHTransport("box", target, config_files=[config])
        assert run(host, "echo arrived").out == b"arrived\n"
        assert host.connect().target == f"127.0.0.1:{last.port}"
        host.close()
        for server in (first, second, last):
            server.wait_until_left(server.said("Accepted publickey"))
    assert [server.said("Accepted publickey") for server in (first, second, last)] == [2, 2, 2]


def test_a_jump_host_that_cannot_continue_says_so(own_sshd: MakeSshd, tmp_path: Path) -> None:
    first = own_sshd()
    port = free_port()
    config = tmp_path / "config"
    config.write_text(first.config("first") + f"Host last\n  HostName 127.0.0.1\n  Port {port}\n  ProxyJump first\n")
    with pytest.raises(HostError, match=f"127.0.0.1:{first.port} cannot reach 127.0.0.1:{port}"):
        SSHTransport("box", "last", config_files=[config]).connect()
    first.wait_until_left()


def test_it_goes_through_a_proxy_command(own_sshd: MakeSshd, tmp_path: Path) -> None:
    server = own_sshd()
    program = tmp_path / "proxy"
    program.write_text(
        "import socket, sys, threading, os\n"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while d := os.read(0, 65536): s.sendall(d)\n"
        "    s.close(); os._exit(0)\n"
        "threading.Thread(target=up).start()\n"
        "while d := s.recv(65536): os.write(1, d)\n"
    )
    config = tmp_path / "config"
    config.write_text(server.config("box", f"ProxyCommand python3 {program} %h %p"))
    host = SSHTransport("box", "box", config_files=[config])
    ran = run(host, "head -c 3000000 /dev/zero", stdin=b"x" * 300_000)
    assert (ran.outcome, len(ran.out)) == (Outcome.exited(0), 3_000_000)
    host.close()
    server.wait_until_left()


def test_a_server_that_refuses_commands_is_told_apart(own_sshd: MakeSshd) -> None:
    host = own_sshd("ForceCommand internal-sftp", "PermitTTY no").transport()
    outcome = run(host, "echo hello", timeout=2.0).outcome
    assert outcome.kind in (OutcomeKind.UNKNOWN, OutcomeKind.UNREACHABLE)
    host.close()


def test_what_startup_files_print_is_not_the_commands_output(own_sshd: MakeSshd) -> None:
    server = own_sshd()
    (server.directory / ".bashrc").write_text("echo Welcome\nexport COUNT=x$COUNT\n")
    host = server.transport()
    assert host.connect().shells == ("bash", "sh")
    assert run(host, "echo $COUNT").out == b"x\n"
    assert run(host, "sleep 60", timeout=0.2).outcome.kind is OutcomeKind.TIMED_OUT
    host.close()


def test_whether_a_host_answers_is_found_out_without_logging_in(own_sshd: MakeSshd, tmp_path: Path) -> None:
    server = own_sshd()
    config = tmp_path / "ways"
    config.write_text(
        server.config("box")
        + server.config("behind", "ProxyJump box,second")
        + server.config("command", "ProxyCommand false")
        + server.config("closed").replace(f"Port {server.port}", f"Port {free_port()}")
    )
    answers = {
        name: server.transport(name, config_files=[config]).answers(10)
        for name in ("box", "behind", "command", "closed")
    }
    assert answers == {
        "box": Answering.YES,
        "behind": Answering.YES,
        "command": Answering.UNKNOWN,
        "closed": Answering.NO,
    }
    assert not server.said("Accepted")


def test_a_connection_takes_one_thread(own_sshd: MakeSshd) -> None:
    server = own_sshd("MaxStartups 100")
    before = set(threading.enumerate())
    hosts = [server.transport() for _ in range(8)]
    for host in hosts:
        host.connect()
    more = [one.name for one in set(threading.enumerate()) - before]
    assert len(more) <= len(hosts) + 1, more  # one watches all of them
    for host in hosts:
        host.close()


def test_a_connection_that_ends_when_no_thread_is_to_be_had_is_told_and_made_again(
    own_sshd: MakeSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, links = own_sshd(), Links()
    host = server.transport(on_link=links)
    host.connect()
    refused = threading.Semaphore(0)

    def none(name: str, call: Callable[..., object], *given: object) -> threading.Thread:
        refused.release()
        raise RunbookError("512 threads of this program are running")

    with monkeypatch.context() as patched:
        patched.setattr(threads, "start", none)
        server.kill_connections()
        for _ in range(3):
            assert refused.acquire(timeout=30)
        assert LinkState.LOST not in links.seen
    links.wait_for(LinkState.LOST)
    while links.seen[-1] is not LinkState.UP:
        time.sleep(0.01)
    host.close()


def test_all_are_made_again_where_a_network_is_lost_with_more_of_them_than_threads(
    own_sshd: MakeSshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = own_sshd("MaxStartups 100")
    monkeypatch.setattr("tui.transports.connected._RECONNECTING", threads.Workers("reconnect", 1))
    links = [Links() for _ in range(4)]
    hosts = [server.transport(on_link=one) for one in links]
    for host in hosts:
        host.connect()
    server.kill_connections()
    for one in links:
        one.wait_for(LinkState.LOST)
    for host in hosts:
        assert run(host, "echo again").out == b"again\n"
        host.close()
