"""A jump host that wants a code, where ssh makes the connections: one login for all hosts behind it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.harness.waiting import until
from tests.support.servers.pam import CodeService
from tests.support.servers.sshd import Sshd, children, name_of
from tests.support.sessions.ran import run
from tui.errors import LoginWanted
from tui.transports.asking import Asking
from tui.transports.base import Address, LinkState
from tui.transports.openssh.transport import OpenSSHTransport

pytestmark = pytest.mark.needs("sshd", "ssh", "pam_oath")

CODES = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"


class Operator:
    """Types codes where ssh asks, or leaves it; `asked` has the questions."""

    def __init__(self, folder: Path, service: CodeService) -> None:
        self._service = service
        self._program, self._log = folder / "types", folder / "asked"
        self._log.touch()
        self.leaves = False
        self.asking = Asking()
        self.asking.by(lambda title, lines: None, lambda words: None, self._lend)

    @property
    def asked(self) -> list[str]:
        return self._log.read_text().splitlines()

    def _lend(self, call: Callable[[], None]) -> bool:
        types = "exit 1" if self.leaves else f"echo {self._service.code()}"
        self._program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >>{self._log}\n{types}\n')
        self._program.chmod(0o700)
        names = {"SSH_ASKPASS": str(self._program), "SSH_ASKPASS_REQUIRE": "force"}
        os.environ.update(names)
        try:
            call()
        finally:
            for name in names:
                del os.environ[name]
        return True


@pytest.fixture
def service(tmp_path: Path) -> CodeService:
    return CodeService(tmp_path)


@pytest.fixture
def operator(tmp_path: Path, service: CodeService) -> Operator:
    return Operator(tmp_path, service)


@pytest.fixture
def jump(own_sshd: Callable[..., Sshd], service: CodeService) -> Sshd:
    return own_sshd(*CODES, pam=service.file)


def ours() -> list[int]:
    """The ssh that this process has started and that are there."""
    return [pid for pid in children(os.getpid()) if name_of(pid) == "ssh"] + [
        int(place.name)
        for place in Path("/proc").glob("[0-9]*")
        if f"/rb{os.getpid()}-".encode() in read(place / "cmdline")
    ]


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def hosts_of(file: Path, operator: Operator, *names: str) -> list[OpenSSHTransport]:
    return [OpenSSHTransport(name, name, config_files=[file], asking=operator.asking) for name in names]


def test_it_asks_once_for_all_hosts_behind_it_and_goes_with_the_last(
    own_sshd: Callable[..., Sshd], jump: Sshd, operator: Operator, tmp_path: Path
) -> None:
    names, file = ("one", "two", "three"), tmp_path / "config"
    servers = [own_sshd() for _ in names]
    behind = [server.config(name, "ProxyJump jump") for name, server in zip(names, servers, strict=True)]
    file.write_text("".join([jump.config("jump"), *behind]))
    hosts = hosts_of(file, operator, *names)
    with ThreadPoolExecutor(3) as pool:
        assert all(facts.typed for facts in pool.map(OpenSSHTransport.connect, hosts))
    assert len(operator.asked) == 1
    assert jump.said("Accepted keyboard-interactive") == 1
    for host, server in zip(hosts, servers, strict=True):
        assert run(host, "echo in").out == b"in\n"
        with host.dial(Address(host="127.0.0.1", port=server.port), 10.0) as stream:
            assert stream.recv(4) == b"SSH-"
    hosts[0].close()
    operator.asking.invite()
    assert run(hosts[0], "echo in").out == b"in\n"  # over the connection that the others hold
    assert len(operator.asked) == 1
    jump.kill_connections()
    until(lambda: all(host.link() is LinkState.LOGGED_OUT for host in hosts))
    with operator.asking.invited():
        for host in hosts:
            host.connect()
    assert len(operator.asked) == 2
    for host in hosts:
        host.close()
    until(lambda: not ours(), often=0.1, seldom=0.5)  # nobody needs it any more


def test_a_host_behind_it_that_wants_a_code_too_asks_for_its_own(
    own_sshd: Callable[..., Sshd], jump: Sshd, service: CodeService, operator: Operator, tmp_path: Path
) -> None:
    inner, file = own_sshd(*CODES, pam=service.file), tmp_path / "config"
    file.write_text(jump.config("jump") + inner.config("box", "ProxyJump jump"))
    (host,) = hosts_of(file, operator, "box")
    assert host.connect().typed
    assert len(operator.asked) == 2
    assert (jump.said("Accepted keyboard-interactive"), inner.said("Accepted keyboard-interactive")) == (1, 1)
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_a_question_that_was_left_is_not_put_for_the_next_host(
    own_sshd: Callable[..., Sshd], jump: Sshd, operator: Operator, tmp_path: Path
) -> None:
    names, file, server = ("one", "two"), tmp_path / "config", own_sshd()
    file.write_text("".join([jump.config("jump"), *(server.config(name, "ProxyJump jump") for name in names)]))
    operator.leaves = True
    hosts = hosts_of(file, operator, *names)
    for host in hosts:
        with pytest.raises(LoginWanted, match="Permission denied"):
            host.connect()
    assert len(set(operator.asked)) == 1
    asked, operator.leaves = len(operator.asked), False
    with operator.asking.invited():
        for host in hosts:
            assert host.connect().typed
    assert len(operator.asked) == asked + 1
    for host in hosts:
        host.close()


def test_several_jumps_of_which_the_last_wants_a_code(
    own_sshd: Callable[..., Sshd], jump: Sshd, operator: Operator, tmp_path: Path
) -> None:
    first, file = own_sshd(), tmp_path / "config"
    first_lines, behind = first.config("first"), own_sshd().config("box", "ProxyJump first,jump")
    file.write_text(first_lines + jump.config("jump") + behind)
    (host,) = hosts_of(file, operator, "box")
    assert host.connect().typed
    assert len(operator.asked) == 1
    assert run(host, "echo in").out == b"in\n"
    host.close()
