"""Logs in to a real sshd, or is refused by one side or the other: each refusal says whose it is and what to do."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.sshd import Sshd, make_key, public
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused, HostError, HostKeyRefused
from tui.session.outcome import OutcomeKind
from tui.transports.base import LinkState
from tui.transports.ssh.transport import SSHTransport

pytestmark = pytest.mark.needs("sshd", "ssh")


@pytest.fixture
def config(sshd: Sshd, tmp_path: Path) -> Callable[..., Path]:
    """Writes an ssh_config for the shared server whose first lines, which win, are the test's."""

    def write(*lines: str) -> Path:
        file = tmp_path / "config"
        file.write_text("\n".join(lines) + "\n" + sshd.config("box"))
        return file

    return write


def refusal(file: Path, **given: Any) -> HostError:
    with pytest.raises(HostError) as caught:
        SSHTransport("box", "box", config_files=[file], **given).connect()
    return caught.value


def test_an_unknown_host_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    nobody = tmp_path / "known_hosts"
    nobody.write_text("")
    error = refusal(sshd.ssh_config, known_hosts=[nobody])
    assert type(error) is HostKeyRefused
    assert error.message.startswith(f"the key of [127.0.0.1]:{sshd.port} is unknown: ssh-ed25519 SHA256:")
    host = sshd.transport(known_hosts=[nobody])
    outcome = run(host, "echo").outcome
    assert outcome.kind is OutcomeKind.UNREACHABLE
    assert error.message in outcome.detail
    assert host.link() is LinkState.DOWN


def test_a_changed_host_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    other, file = tmp_path / "other", tmp_path / "known_hosts"
    make_key(other)
    file.write_text(f"[127.0.0.1]:{sshd.port} {public(other)}\n")
    error = refusal(sshd.ssh_config, known_hosts=[file])
    assert type(error) is HostKeyRefused
    assert "HAS CHANGED" in error.message
    assert f"ssh-keygen -R '[127.0.0.1]:{sshd.port}'" in error.hint


def test_hashed_and_aliased_names_are_known(sshd: Sshd, config: Callable[..., Path], tmp_path: Path) -> None:
    file = tmp_path / "hashed"
    shutil.copy(sshd.known_hosts, file)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    host = SSHTransport("box", "box", config_files=[config(f"UserKnownHostsFile {file}")])
    assert run(host, "echo in").out == b"in\n"
    host.close()
    file.write_text(f"production {public(sshd.directory / 'host')}\n")
    host = SSHTransport("box", "box", config_files=[config(f"UserKnownHostsFile {file}", "HostKeyAlias production")])
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_a_server_with_several_keys_shows_the_one_that_is_known(own_sshd: Callable[..., Sshd], tmp_path: Path) -> None:
    make_key(tmp_path / "rsa", "rsa")
    server = own_sshd(f"HostKey {tmp_path / 'rsa'}")
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {public(tmp_path / 'rsa')}\n")
    host = server.transport()
    assert host.connect().key_type == "ssh-rsa"
    host.close()


def test_a_key_nobody_let_in_is_refused(sshd: Sshd, config: Callable[..., Path], tmp_path: Path) -> None:
    make_key(tmp_path / "stranger")
    file = tmp_path / "config"
    file.write_text(sshd.ssh_config.read_text().replace(str(sshd.directory / "client"), str(tmp_path / "stranger")))
    error = refusal(file)
    assert type(error) is AuthenticationRefused
    assert error.message == f"{sshd.user}@127.0.0.1:{sshd.port} takes none of our keys ({tmp_path / 'stranger'})"
    assert error.hint == "try: ssh box; is the user right?"


def test_another_user_is_refused(sshd: Sshd) -> None:
    error = refusal(sshd.ssh_config, user="nosuchuser")
    assert type(error) is AuthenticationRefused
    assert error.message.startswith(f"nosuchuser@127.0.0.1:{sshd.port} takes none of our keys")


@pytest.mark.parametrize(
    ("kind", "said", "hint"),
    [("none", "no key file and no agent", "IdentityFile"), ("noise", "is not a private key", "IdentityFile")],
)
def test_without_a_usable_key_it_says_so(kind: str, said: str, hint: str, sshd: Sshd, tmp_path: Path) -> None:
    key, file = tmp_path / "key", tmp_path / "config"
    if kind == "noise":
        key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nnot really\n-----END OPENSSH PRIVATE KEY-----\n")
        key.chmod(0o600)
    file.write_text(sshd.ssh_config.read_text().replace(str(sshd.directory / "client"), str(key)))
    error = refusal(file)
    assert type(error) is AuthenticationRefused
    assert said in error.message
    assert hint in error.hint


def locked(sshd: Sshd, tmp_path: Path) -> tuple[Path, Path]:
    """A key with a passphrase, and an ssh_config that names it and takes any agent."""
    key, file = tmp_path / "locked", tmp_path / "config"
    shutil.copy(sshd.directory / "client", key)
    shutil.copy(sshd.directory / "client.pub", tmp_path / "locked.pub")
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", str(key)], check=True)
    text = sshd.ssh_config.read_text().replace(str(sshd.directory / "client"), str(key))
    file.write_text(text.replace("IdentityAgent none", "IdentityAgent SSH_AUTH_SOCK"))
    return key, file


def test_a_key_with_a_passphrase_belongs_into_the_agent(
    sshd: Sshd, tmp_path: Path, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, file = locked(sshd, tmp_path)
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    error = refusal(file)
    assert type(error) is AuthenticationRefused
    assert f"{key} needs its passphrase" in error.message
    assert error.hint == f"add it to the agent first: ssh-add {key}"
    subprocess.run(["ssh-add", "-q", str(sshd.directory / "client")], env=agent, check=True)
    host = SSHTransport("box", "box", config_files=[file])
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_identity_agent_none_leaves_the_agent_alone(
    sshd: Sshd, tmp_path: Path, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = locked(sshd, tmp_path)
    subprocess.run(["ssh-add", "-q", str(sshd.directory / "client")], env=agent, check=True)
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    file.write_text(file.read_text().replace("IdentityAgent SSH_AUTH_SOCK", "IdentityAgent none"))
    assert "needs its passphrase" in refusal(file).message
    monkeypatch.delenv("SSH_AUTH_SOCK")
    file.write_text(file.read_text().replace("IdentityAgent none", f"IdentityAgent {agent['SSH_AUTH_SOCK']}"))
    host = SSHTransport("box", "box", config_files=[file])
    assert run(host, "echo in").out == b"in\n"
    host.close()


def test_an_agent_s_comment_in_another_encoding_hides_no_key(
    sshd: Sshd, tmp_path: Path, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = locked(sshd, tmp_path)
    key = tmp_path / "key"
    shutil.copy(sshd.directory / "client", key)
    subprocess.run(["ssh-keygen", "-q", "-c", "-C", b"Zo\xeb", "-f", str(key)], check=True, capture_output=True)
    subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True)
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    host = SSHTransport("box", "box", config_files=[file])
    assert run(host, "echo in").out == b"in\n"
    host.close()


@pytest.mark.parametrize("answer", [b"\0\0\0\5\x0c\xff\xff\xff\xff", b"\0\0\0\1\5", b"\x7f\xff\xff\xff", b"SSH-", b""])
def test_what_answers_as_an_agent_and_is_none_is_as_if_there_were_no_agent(
    answer: bytes, sshd: Sshd, tmp_path: Path
) -> None:
    path, file = tmp_path / "agent", tmp_path / "config"
    file.write_text(sshd.ssh_config.read_text().replace("IdentityAgent none", f"IdentityAgent {path}"))

    def serve() -> None:
        link, _ = listener.accept()
        with link:
            link.recv(5)
            link.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        host = SSHTransport("box", "box", config_files=[file])
        assert run(host, "echo in").out == b"in\n"
        host.close()
        thread.join()


def test_an_agent_that_will_not_sign_is_told(
    sshd: Sshd, tmp_path: Path, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, file = locked(sshd, tmp_path)
    subprocess.run(["ssh-add", "-q", "-c", str(sshd.directory / "client")], env=agent, check=True)
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    error = refusal(file)
    assert type(error) is AuthenticationRefused
    assert error.message.endswith("the SSH agent will not sign with agent ssh-ed25519")
    assert "refused" in error.hint
