"""Lets ssh itself connect: what only ssh can, the way there, the end of it, and that nothing is less strict."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.servers.sshd import Sshd, make_key, public
from tests.support.sessions import durable
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused, HostError, HostKeyRefused
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, LinkState
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

pytestmark = pytest.mark.needs("sshd", "ssh", "ps")


@pytest.fixture
def host(sshd: Sshd) -> Iterator[OpenSSHTransport]:
    transport = sshd.by_openssh(patience=0.3)
    yield transport
    transport.close()


def config_of(server: Sshd, name: str, *first: str) -> Path:
    """A configuration of a test's own, whose lines come before the server's."""
    path = server.directory / name
    path.write_text("\n".join(["Host box", *first]) + f"\n{server.config('box')}")
    return path


def certified(directory: Path, server: Sshd) -> Path:
    """An authority, whose certificate of its key the server shows from now on."""
    authority = directory / "ca"
    make_key(authority)
    command = ["ssh-keygen", "-q", "-s", str(authority), "-h", "-I", "the box", "-n", "127.0.0.1"]
    subprocess.run([*command, str(server.directory / "host.pub")], check=True)
    server.options = (f"HostCertificate {server.directory / 'host-cert.pub'}",)
    server.stop()
    server.log.clear()
    server._start()
    return authority


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def master_of(transport: OpenSSHTransport) -> int:
    master = transport._connected()[0]
    return master._process


# what only ssh can


def test_a_host_whose_certificate_is_signed_by_a_known_authority_is_reached_and_ours_proposes_it(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    server = own_sshd()
    authority = certified(tmp_path, server)
    server.known_hosts.write_text(f"@cert-authority [127.0.0.1]:{server.port} {public(authority)}\n")
    server.ssh_config.write_text(server.config("box"))
    ours = server.transport()
    with pytest.raises(HostKeyRefused, match="only ssh verifies certificates") as refused:
        ours.connect()
    assert refused.value.hint == BY_OPENSSH
    host = server.by_openssh()
    facts = host.connect()
    assert facts.key_type == "ssh-ed25519-cert-v01@openssh.com"
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(server.directory / "host.pub")], capture_output=True, text=True, check=True
    )
    assert facts.fingerprint == shown.stdout.split()[1]
    assert run(host, "echo in").out == b"in\n"
    host.close()
    server.known_hosts.write_text(f"@cert-authority * {public(server.directory / 'client')}\n")
    with pytest.raises(HostKeyRefused):
        server.by_openssh().connect()


def test_a_certificate_of_the_operator_logs_in(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    make_key(tmp_path / "ca")
    make_key(tmp_path / "me")
    server = own_sshd(f"TrustedUserCAKeys {tmp_path / 'ca.pub'}")
    (server.directory / "authorized_keys").write_text("")
    subprocess.run(
        ["ssh-keygen", "-q", "-s", str(tmp_path / "ca"), "-I", "me", "-n", server.user, str(tmp_path / "me.pub")],
        check=True,
    )
    host = server.by_openssh(config_files=[config_of(server, "mine", f"IdentityFile {tmp_path / 'me'}")])
    assert run(host, "echo in").out == b"in\n"
    host.close()


@pytest.mark.parametrize(
    "option",
    [
        "Ciphers chacha20-poly1305@openssh.com",
        "KexAlgorithms sntrup761x25519-sha512@openssh.com",
        "MACs umac-128-etm@openssh.com\nCiphers aes128-ctr",
    ],
)
def test_a_server_with_algorithms_that_only_ssh_has_is_reached_and_ours_proposes_it(
    option: str, own_sshd: Callable[..., Sshd]
) -> None:
    server = own_sshd(*option.split("\n"))
    with pytest.raises(HostError) as refused:
        server.transport().connect()
    assert BY_OPENSSH in refused.value.hint
    host = server.by_openssh()
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_what_the_configuration_sends_along_reaches_the_command(
    own_sshd: Callable[..., Sshd], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RB_TAKEN", "taken")
    monkeypatch.setenv("RB_LEFT", "left")
    server = own_sshd("AcceptEnv RB_*")
    config = config_of(server, "sends", "SendEnv RB_TAKEN", "SetEnv RB_SET=set")
    host = server.by_openssh(config_files=[config])
    assert run(host, 'echo "$RB_TAKEN $RB_SET $RB_LEFT"').out == b"taken set \n"
    host.close()


# not less strict


@pytest.mark.parametrize("strict", ["no", "off", "accept-new", "ask"])
def test_an_unknown_key_is_refused_whatever_the_configuration_says_and_nothing_is_written(
    strict: str, own_sshd: Callable[..., Sshd]
) -> None:
    server = own_sshd()
    server.known_hosts.write_text("")
    host = server.by_openssh(config_files=[config_of(server, "lax", f"StrictHostKeyChecking {strict}")])
    with pytest.raises(HostKeyRefused, match="Host key verification failed"):
        host.connect()
    assert server.known_hosts.read_text() == ""


def test_a_hop_with_an_unknown_key_is_refused_too(own_sshd: Callable[..., Sshd], sshd: Sshd) -> None:
    server = own_sshd()
    lax = f"StrictHostKeyChecking no\n  UserKnownHostsFile {server.directory / 'none'}"
    config = server.directory / "hop"
    config.write_text(f"Host jump\n  {lax}\n{sshd.config('jump')}{server.config('box', 'ProxyJump jump')}")
    with pytest.raises(HostKeyRefused, match="Host key verification failed"):
        server.by_openssh(config_files=[config]).connect()
    assert not (server.directory / "none").exists()


def test_a_host_behind_another_is_reached(own_sshd: Callable[..., Sshd], sshd: Sshd) -> None:
    server = own_sshd()
    config = server.directory / "through"
    config.write_text(f"{sshd.config('jump')}{server.config('box', 'ProxyJump jump')}")
    before = sshd.said("Accepted publickey")
    host = server.by_openssh(config_files=[config])
    facts = host.connect()
    assert sshd.said("Accepted publickey") == before + 1
    direct = server.transport()
    assert facts.fingerprint == direct.connect().fingerprint
    direct.close()
    host.close()


@pytest.mark.parametrize("jumps", ["ProxyJump box", "ProxyJump one,two", "ProxyJump loop"])
def test_a_jump_that_leads_to_itself_is_refused_before_ssh_is_started(
    jumps: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("ssh")
    only = tmp_path / "bin/ssh"
    only.parent.mkdir()
    only.write_text(f'#!/bin/sh\n[ "$1" = -G ] && exec {real} "$@"\ntouch {tmp_path}/started; exit 255\n')
    only.chmod(0o755)
    monkeypatch.setenv("PATH", str(only.parent), prepend=os.pathsep)
    config = tmp_path / "config"
    config.write_text(
        f"Host one\n ProxyJump two\nHost two\n ProxyJump one\nHost loop\n ProxyJump *\n"
        f"Host *\n HostName 127.0.0.1\n {jumps}\n".replace("ProxyJump *", "ProxyJump box")
    )
    with pytest.raises(HostError, match="leads to itself"):
        OpenSSHTransport("box", "box", config_files=[config]).connect()
    assert not (tmp_path / "started").exists()


def test_what_a_server_says_drives_no_terminal(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202edebug1: Server host key: ssh-ed25519 SHA256:fake\nof the \x9bbanner\n"
    (tmp_path / "banner").write_text(hostile)
    server = own_sshd(f"Banner {tmp_path / 'banner'}")
    direct = server.transport()
    host = server.by_openssh()
    assert host.connect().fingerprint == direct.connect().fingerprint
    direct.close()
    host.close()
    (server.directory / "authorized_keys").write_text("")
    with pytest.raises(AuthenticationRefused, match="Permission denied") as refused:
        server.by_openssh().connect()
    assert refused.value.message.isprintable()


def test_without_anybody_to_ask_it_says_what_is_wanted(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd("KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive")
    with pytest.raises(AuthenticationRefused, match="Permission denied") as refused:
        server.by_openssh().connect()
    assert "--ask-never" in refused.value.hint


# commands


def test_one_session_at_a_time_serves_many_commands(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd("MaxSessions 1")
    host = server.by_openssh()
    came: dict[int, bytes] = {}

    def one(number: int) -> None:
        came[number] = run(host, f"echo {number}").out

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    host.close()
    assert came == {number: b"%d\n" % number for number in range(8)}
    assert server.said("Accepted publickey") == 1


def test_a_durable_command_outlives_its_connection(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    server = own_sshd()
    links: list[LinkState] = []
    host = server.by_openssh(on_link=lambda link, _: links.append(link))
    os.mkfifo(tmp_path / "go")
    cut = threading.Event()

    def seen(data: bytes) -> None:
        if b"one" in data and not cut.is_set():
            cut.set()
            server.kill_connections()

    opener = threading.Thread(target=lambda: (cut.wait(30), (tmp_path / "go").write_text("go\n")))
    opener.start()
    ran = durable.run(host, f"echo one; read x <{tmp_path}/go; echo two; echo err >&2; exit 3", seen=seen)
    opener.join()
    assert ran == (Outcome.exited(3), b"one\ntwo\n", b"err\n")
    assert LinkState.LOST in links
    host.close()


def test_a_lost_connection_ends_a_plain_command_as_unknown_and_is_made_again(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd()
    links: list[LinkState] = []
    up_again = threading.Event()

    def told(link: LinkState, detail: str) -> None:
        links.append(link)
        if link is LinkState.UP and LinkState.LOST in links:
            up_again.set()

    host = server.by_openssh(on_link=told)
    ran = host.run(Command(script="echo; sleep 60"), lambda stream, data: server.kill_connections(), CancelToken())
    assert ran.kind is OutcomeKind.UNKNOWN
    assert up_again.wait()
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_a_host_that_has_frozen_is_given_up_and_found_again(own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd()
    links: list[LinkState] = []
    lost, up = threading.Event(), threading.Event()

    def told(link: LinkState, detail: str) -> None:
        links.append(link)
        if link is LinkState.LOST:
            lost.set()
        if link is LinkState.UP and lost.is_set():
            up.set()

    host = server.by_openssh(on_link=told, liveness=3.0)
    host.connect()
    server.freeze()
    assert lost.wait()
    server.thaw()
    assert up.wait()
    host.close()


def test_a_command_that_ssh_cannot_carry_is_not_begun(host: OpenSSHTransport) -> None:
    ran = run(host, ": " + "x" * 300_000)
    assert ran.outcome.kind is OutcomeKind.UNREACHABLE
    assert "longer than ssh can carry" in ran.outcome.detail
    assert run(host, "echo in").out == b"in\n"


def test_the_round_trip_is_known_once_a_command_ran(host: OpenSSHTransport) -> None:
    host.connect()
    took = host.round_trip()
    assert took is not None
    assert 0 < took < 5


# the end


def test_the_folder_is_private_and_short_and_goes_with_the_connection(host: OpenSSHTransport) -> None:
    host.connect()
    place = host._connected()[0].place
    assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert len(str(place.control)) < 80
    pid = master_of(host)
    host.close()
    until(lambda: gone(pid))  # it says that it ends, and ends a moment later
    assert not place.folder.exists()


def test_an_ssh_that_does_not_answer_is_still_ended(host: OpenSSHTransport) -> None:
    host.connect()
    pid = master_of(host)
    os.kill(pid, signal.SIGSTOP)
    host.close()
    until(lambda: gone(pid))


KILLED = """
import sys
from tui.errors import HostError
from tui.transports.openssh import master_login
from tui.transports.openssh.transport import OpenSSHTransport
from pathlib import Path
master_login.BOUND = 1
host = OpenSSHTransport("box", "box", config_files=[Path(sys.argv[1])])
while True:
    try:
        host.connect()
        break
    except HostError:  # on a busy machine ssh has ended by itself before it was held
        pass
print(host._connected()[0]._process, host._connected()[0].place.folder, flush=True)
sys.stdin.read()
"""


def test_no_ssh_is_left_where_this_program_is_killed(sshd: Sshd) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(sshd.ssh_config)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        pid, folder = program.stdout.readline().split()
        time.sleep(2.5)  # longer than it lives once nobody holds it
        assert not gone(int(pid))
        program.kill()
    until(lambda: gone(int(pid)))
    other = sshd.by_openssh()
    other.connect()  # takes away what the other program left
    assert not Path(folder).exists()
    other.close()
