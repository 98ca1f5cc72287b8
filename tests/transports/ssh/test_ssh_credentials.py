"""Certificates, security keys and what sessions are given, each beside OpenSSH with the same configuration."""

import os
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.support.machines.security_key import SecurityKeyAgent
from tests.support.servers.sshd import Sshd, make_key, public, write_key
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused
from tui.transports.asking import Asking
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.logging_in.certificates import RENEW
from tui.transports.ssh.transport import SSHTransport
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

pytestmark = pytest.mark.needs("sshd", "ssh")

KINDS = ("ed25519", "ecdsa", "rsa")


class Authority:
    """An authority that a server takes users' certificates of, and a server that takes nothing else."""

    def __init__(self, directory: Path, server: Callable[..., Sshd]) -> None:
        self.key = directory / "authority"
        self.directory = directory
        make_key(self.key)
        self.server = server(f"TrustedUserCAKeys {self.key}.pub")
        (self.server.directory / "authorized_keys").write_text("")

    def certified(self, name: str, kind: str = "ed25519", beside: bool = False) -> Path:
        """A key and its certificate: `NAME-cert.pub`, or `NAME.certificate` where it is not to lie beside it."""
        path = self.directory / name
        write_key(path, kind)
        sign = ["ssh-keygen", "-q", "-s", str(self.key), "-I", name, "-n", self.server.user, f"{path}.pub"]
        subprocess.run(sign, check=True)
        if not beside:
            Path(f"{path}-cert.pub").rename(f"{path}.certificate")
        return path

    def config(self, *lines: str) -> Path:
        """An ssh_config that reaches the server with these lines in place of its key."""
        text = self.server.config("box")
        kept = [line for line in text.splitlines() if not line.strip().startswith(("Identit", "Host box"))]
        file = self.directory / "config"
        file.write_text("\n  ".join(["Host box", *lines, *kept]) + "\n")
        return file


@pytest.fixture
def authority(own_sshd: Callable[..., Sshd], tmp_path: Path) -> Authority:
    return Authority(tmp_path, own_sshd)


def both(config: Path) -> tuple[bool, bool]:
    """Whether ssh, and whether this program, logs in."""
    done = subprocess.run(
        ["ssh", "-F", str(config), "-o", "BatchMode=yes", "box", "echo in"], capture_output=True, check=False
    )
    host = SSHTransport("box", "box", config_files=[config])
    try:
        ours = run(host, "echo in").out == b"in\n"
    finally:
        host.close()
    return done.stdout == b"in\n", ours


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_beside_its_key(kind: str, authority: Authority) -> None:
    key = authority.certified("key", kind, beside=True)
    assert both(authority.config(f"IdentityFile {key}", "IdentityAgent none")) == (True, True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_that_certificate_file_names(kind: str, authority: Authority) -> None:
    key = authority.certified("key", kind)
    named = (f"CertificateFile {key}.certificate", f"IdentityFile {key}", "IdentityAgent none")
    assert both(authority.config(*named)) == (True, True)
    assert both(authority.config(*named[1:])) == (False, False)


def test_with_certificate_file_the_one_beside_the_key_is_not_used(authority: Authority) -> None:
    key = authority.certified("key", beside=True)
    other = authority.certified("other")
    lines = (f"CertificateFile {other}.certificate", f"IdentityFile {key}", "IdentityAgent none")
    assert both(authority.config(*lines)) == (False, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_of_a_file_whose_key_the_agent_holds(
    kind: str, authority: Authority, agent: dict[str, str]
) -> None:
    key = authority.certified("key", kind)
    subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True)
    key.unlink()
    lines = (f"CertificateFile {key}.certificate", f"IdentityAgent {agent['SSH_AUTH_SOCK']}")
    assert both(authority.config(*lines)) == (True, True)
    assert both(authority.config(*lines, f"IdentityFile {key}.pub", "IdentitiesOnly yes")) == (True, True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_that_the_agent_holds(kind: str, authority: Authority, agent: dict[str, str]) -> None:
    key = authority.certified("key", kind, beside=True)
    subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True)
    plain = f"{key}.pub"
    beside = Path(f"{key}-cert.pub").rename(authority.directory / "moved.pub")
    key.unlink()
    lines = (f"IdentityAgent {agent['SSH_AUTH_SOCK']}",)
    assert both(authority.config(*lines)) == (True, True)
    only = (*lines, "IdentitiesOnly yes")
    assert both(authority.config(*only, f"CertificateFile {beside}", f"IdentityFile {plain}")) == (True, True)
    assert both(authority.config(*only, "IdentityFile none")) == (False, False)


def test_the_agent_s_certificate_alone_is_enough(authority: Authority, agent: dict[str, str]) -> None:
    key = authority.certified("key", beside=True)
    subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True)
    subprocess.run(["ssh-add", "-q", "-d", f"{key}.pub"], env=agent, check=False, capture_output=True)
    listed = subprocess.run(["ssh-add", "-L"], env=agent, capture_output=True, check=False).stdout
    if b"-cert-" not in listed:  # this ssh-add removes both: it is added again as the only one
        subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True)
    for name in (key, Path(f"{key}.pub"), Path(f"{key}-cert.pub")):
        name.unlink()
    assert both(authority.config(f"IdentityAgent {agent['SSH_AUTH_SOCK']}")) == (True, True)


def test_a_certificate_for_another_user_and_one_that_has_ended_are_refused(authority: Authority) -> None:
    key = authority.certified("key")
    for more in (["-n", "nobody-here"], ["-n", authority.server.user, "-V", "20200101:20200102"]):
        sign = ["ssh-keygen", "-q", "-s", str(authority.key), "-I", "bad", *more, f"{key}.pub"]
        subprocess.run(sign, check=True)
        lines = (f"CertificateFile {key}-cert.pub", f"IdentityFile {key}", "IdentityAgent none")
        assert both(authority.config(*lines)) == (False, False)


@pytest.mark.parametrize("by_agent", [False, True])
def test_a_certificate_whose_time_is_over_is_told_by_both_ways(
    by_agent: bool, authority: Authority, agent: dict[str, str]
) -> None:
    key = authority.certified("key", beside=True)
    sign = ["ssh-keygen", "-q", "-s", str(authority.key), "-I", "old", "-n", authority.server.user]
    subprocess.run([*sign, "-V", "20200101000000Z:20200102000000Z", f"{key}.pub"], check=True)
    socket = "none"
    if by_agent:
        subprocess.run(["ssh-add", "-q", str(key)], env=agent, check=True, capture_output=True)
        key.unlink()
        socket = agent["SSH_AUTH_SOCK"]
    file = authority.config(f"IdentityFile {key}", f"IdentityAgent {socket}")
    with pytest.raises(AuthenticationRefused, match=r"which ended 2020-01-02 00:00:00 UTC") as refused:
        SSHTransport("box", "box", config_files=[file]).connect()
    assert refused.value.hint == RENEW
    with pytest.raises(AuthenticationRefused, match="Permission denied") as refused:
        OpenSSHTransport("box", "box", config_files=[file]).connect()
    assert f"{RENEW}: {key}-cert.pub, which ended 2020-01-02 00:00:00 UTC" in refused.value.hint


def test_a_named_key_of_the_agent_is_offered_first(
    own_sshd: Callable[..., Sshd], tmp_path: Path, agent: dict[str, str]
) -> None:
    server = own_sshd("MaxAuthTries 2")
    for number in range(4):
        make_key(tmp_path / f"other-{number}")
        subprocess.run(["ssh-add", "-q", str(tmp_path / f"other-{number}")], env=agent, check=True)
    subprocess.run(["ssh-add", "-q", str(server.directory / "client")], env=agent, check=True)
    text = server.config("box").replace("IdentityAgent none", f"IdentityAgent {agent['SSH_AUTH_SOCK']}")
    text = text.replace(f"{server.directory}/client", f"{server.directory}/client.pub")
    file = tmp_path / "config"
    for only in ("yes", "no"):
        file.write_text(text.replace("IdentitiesOnly yes", f"IdentitiesOnly {only}"))
        assert both(file) == (True, True)


def test_names_of_keys_have_tokens_variables_and_a_home(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"keys of {sshd.user}"
    folder.mkdir()
    (folder / "box.key").write_bytes((sshd.directory / "client").read_bytes())
    (folder / "box.key").chmod(0o600)
    monkeypatch.setenv("KEYS_OF", str(tmp_path / "keys of"))
    file = tmp_path / "config"
    text = sshd.config("box")
    for written in (f'"{tmp_path}/keys of %r/%n.key"', '"${KEYS_OF} %r/%n.key"'):
        file.write_text(text.replace(str(sshd.directory / "client"), written))
        assert both(file) == (True, True), written


# security keys


@pytest.fixture
def security_key(tmp_path: Path) -> Iterator[SecurityKeyAgent]:
    made = SecurityKeyAgent(tmp_path / "fido")
    yield made
    made.close()


def test_a_security_key_logs_in_and_its_touch_is_asked_for(
    own_sshd: Callable[..., Sshd], security_key: SecurityKeyAgent, tmp_path: Path
) -> None:
    server = own_sshd()
    line = f"sk-ssh-ed25519@openssh.com {b64encode(security_key.blob).decode()}\n"
    (server.directory / "authorized_keys").write_text(line)
    file = tmp_path / "config"
    text = server.config("box").replace("IdentityAgent none", f"IdentityAgent {security_key.path}")
    file.write_text(text.replace("IdentitiesOnly yes", "IdentitiesOnly no"))
    assert both(file) == (True, True)
    told: list[str] = []
    host = SSHTransport("box", "box", config_files=[file], asking=Asking(tell=told.append))
    host.connect()
    assert told == [f"Touch your security key to log in to {server.user}@127.0.0.1:{server.port}"]
    host.close()


def test_the_file_of_a_security_key_belongs_into_the_agent(
    sshd: Sshd, security_key: SecurityKeyAgent, tmp_path: Path
) -> None:
    key, file = tmp_path / "id_ed25519_sk", tmp_path / "config"
    key.write_text("what only a security key understands\n")
    Path(f"{key}.pub").write_text(f"sk-ssh-ed25519@openssh.com {b64encode(security_key.blob).decode()}\n")
    file.write_text(sshd.config("box").replace(str(sshd.directory / "client"), str(key)))
    host = SSHTransport("box", "box", config_files=[file])
    with pytest.raises(AuthenticationRefused, match="is a security key's") as caught:
        host.connect()
    assert caught.value.hint == f"add it to the agent first: ssh-add {key}; or {BY_OPENSSH}"


def test_a_touch_that_takes_longer_than_a_connection_may_is_waited_for(
    own_sshd: Callable[..., Sshd], tmp_path: Path
) -> None:
    waited = Event()
    agent = SecurityKeyAgent(tmp_path / "fido", lambda: not waited.wait(1.5))
    server = own_sshd()
    (server.directory / "authorized_keys").write_text(f"sk-ssh-ed25519@openssh.com {b64encode(agent.blob).decode()}\n")
    file = tmp_path / "config"
    text = server.config("box").replace("IdentityAgent none", f"IdentityAgent {agent.path}")
    file.write_text(text.replace("IdentitiesOnly yes", "IdentitiesOnly no"))
    host = SSHTransport("box", "box", config_files=[file], connect_timeout=1.0)
    assert run(host, "echo in").out == b"in\n"
    host.close()
    waited.set()
    host = SSHTransport("box", "box", config_files=[file])
    with pytest.raises(AuthenticationRefused, match="will not sign"):
        host.connect()
    agent.close()


# what sessions are given


def test_set_env_and_send_env_reach_every_command(
    own_sshd: Callable[..., Sshd], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = own_sshd("AcceptEnv *")
    for name, value in {"DEPLOY_REGION": "eu west", "DEPLOY_OTHER": "x", "LC_TIME": "de_DE", "HIDDEN": "h"}.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "config"
    lines = ("SendEnv DEPLOY_* LC_* HIDDEN -HIDDEN", 'SetEnv SHOWN="a value" LANG=C.UTF-8')
    file.write_text(server.config("box", *lines))
    script = 'echo "$DEPLOY_REGION|$DEPLOY_OTHER|$SHOWN|$LANG|$HIDDEN|${LC_TIME-unset}"'
    by_ssh = subprocess.run(["ssh", "-F", str(file), "box", script], capture_output=True, check=True).stdout
    host = SSHTransport("box", "box", config_files=[file])
    ours = run(host, script).out
    assert ours == b"eu west|x|a value|C.UTF-8||unset\n"
    assert by_ssh == ours.replace(b"unset", b"de_DE")  # the locale alone is never sent
    host.close()


@pytest.mark.parametrize("forward", ["yes", "no", "path"])
def test_the_agent_is_forwarded_where_the_configuration_says_so(
    forward: str, sshd: Sshd, tmp_path: Path, agent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path / "forwarded")
    subprocess.run(["ssh-add", "-q", str(tmp_path / "forwarded")], env=agent, check=True)
    monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
    file = tmp_path / "config"
    value = agent["SSH_AUTH_SOCK"] if forward == "path" else forward
    text = sshd.config("box", f"ForwardAgent {value}")
    if forward != "no":
        text = text.replace("IdentityAgent none", "IdentityAgent SSH_AUTH_SOCK")
    file.write_text(text)
    script = "for n in 1 2 3; do ssh-add -L & done; wait"
    by_ssh = subprocess.run(["ssh", "-F", str(file), "box", script], capture_output=True, check=False).stdout
    host = SSHTransport("box", "box", config_files=[file])
    for _ in range(2):
        out = run(host, script).out
        assert out.count(public(tmp_path / "forwarded").encode()) == (0 if forward == "no" else 3)
        assert out == by_ssh
    host.close()
    assert os.environ["SSH_AUTH_SOCK"] == agent["SSH_AUTH_SOCK"]
