"""What has to be typed, with real sshds by both ways: in a dialog's questions, and at the terminal where ssh asks."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.screens.at_terminal import at_a_terminal
from tests.support.servers.pam import CodeService, password_service
from tests.support.servers.sshd import Sshd, public
from tui.errors import AuthenticationRefused, LoginWanted
from tui.transports.asking import Asking
from tui.transports.base import LinkState

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-keygen")

WORD = "correct horse"


class Typist:
    """Types one answer after the other, and keeps what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, title: str, lines: Sequence[str]) -> str | None:
        self.asked.append(lines[-1].strip())
        return self.answers.pop(0) if self.answers else None


@pytest.mark.needs("unshare")
def test_a_password(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    options = "UsePAM yes", "PasswordAuthentication yes", "AuthenticationMethods password"
    server = own_sshd(*options, pam=password_service(tmp_path, WORD))
    typist = Typist("wrong", WORD)
    host = server.transport(asking=Asking(typist))
    assert host.connect().typed
    host.close()
    assert len(typist.asked) == 2
    assert at_a_terminal(server.ssh_config, ("'s password:", "wrong"), ("'s password:", WORD))
    assert not at_a_terminal(server.ssh_config, *[("'s password:", "wrong")] * 3)


@pytest.mark.needs("pam_oath")
def test_a_key_and_then_a_code(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    service = CodeService(tmp_path)
    options = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"
    server = own_sshd(*options, pam=service.file)
    typist = Typist(service.code())
    host = server.transport(asking=Asking(typist))
    assert host.connect().typed
    host.close()
    assert at_a_terminal(server.ssh_config, ("One-time password", service.code()))


@pytest.mark.needs("pam_oath")
def test_a_question_that_was_left_waits_for_an_invitation_and_bothers_neither_the_operator_nor_the_server(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    service = CodeService(tmp_path)
    options = "UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods keyboard-interactive"
    server = own_sshd(*options, pam=service.file)
    typist = Typist()
    asking = Asking(typist)
    host = server.transport(asking=asking)
    for _ in range(2):
        with pytest.raises(LoginWanted, match="left without an answer"):
            host.connect()
        assert host.link() is LinkState.LOGGED_OUT
    assert len(typist.asked) == 1
    assert server.said("Connection from") == 1
    typist.answers = [service.code()]
    with asking.invited():
        assert host.connect().typed
    host.close()
    spent = Asking(typist)
    spent.spend("box")
    later = server.by_openssh(asking=spent)
    with pytest.raises(LoginWanted, match="Permission denied"):
        later.connect()
    assert later.link() is LinkState.LOGGED_OUT
    later.close()


def test_a_host_that_has_asked_since_the_invitation_asks_no_second_time_in_what_belongs_to_it() -> None:
    asking = Asking(Typist())
    asking.invite()
    assert asking.may("web")
    asking.spend("web")
    with asking.invited(again=False):  # as a session is resumed: its running command has asked
        assert not asking.may("web")
        assert asking.may("db")
    with asking.invited():
        assert asking.may("web")


def test_the_passphrase_of_a_key(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    server, key = own_sshd(), tmp_path / "locked"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", WORD, "-C", "", "-f", str(key)]
    subprocess.run(command, check=True)
    (server.directory / "authorized_keys").write_text(f"{public(key)}\n")
    server.ssh_config.write_text(server.config("box").replace(str(server.directory / "client"), str(key)))
    typist = Typist("wrong", WORD)
    host = server.transport(asking=Asking(typist))
    host.connect()
    host.close()
    assert typist.asked == [f"The passphrase of {key}"] * 2
    assert at_a_terminal(server.ssh_config, ("Enter passphrase for key", "wrong"), ("Enter passphrase for key", WORD))
    for way in (server.transport, server.by_openssh):
        with pytest.raises(AuthenticationRefused, match="passphrase|Permission denied"):
            way(asking=Asking(typist, never=True)).connect()
