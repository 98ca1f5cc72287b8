"""Keys that stay in hardware, and this machine's own: each by the way that can use it, and proposed by the other."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machines.software_token import (
    PIN,
    SECURITY_KEY,
    TOKENS,
    Token,
    agent_for,
    askpass,
    make_security_key,
    security_key_with_pin,
)
from tests.support.machines.trusted_client import TrustedClient
from tests.support.screens.at_terminal import at_a_terminal
from tests.support.servers.sshd import Sshd
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused
from tui.transports.asking import Asking
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

pytestmark = pytest.mark.needs("sshd", "ssh", "ssh-agent", "ssh-keygen")

WAYS = (SSHTransport, OpenSSHTransport)


def config(server: Sshd, key: Path, *lines: str, agent: str = "none") -> list[Path]:
    """An ssh_config that reaches a server with another key, and these lines."""
    text = server.config("box", *lines).replace(str(server.directory / "client"), str(key))
    server.ssh_config.write_text(text.replace("IdentityAgent none", f"IdentityAgent {agent}"))
    return [server.ssh_config]


# security keys


@pytest.fixture(params=["ed25519-sk", "ecdsa-sk"])
def security_key(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "id_sk"
    make_security_key(path, request.param)
    return path


@pytest.mark.needs("sk-dummy")
def test_the_file_of_a_security_key_logs_in_where_ssh_makes_the_connection_and_its_touch_is_asked_for(
    own_sshd: Callable[..., Sshd], security_key: Path
) -> None:
    server, told = own_sshd(), list[str]()
    (server.directory / "authorized_keys").write_text(security_key.with_name("id_sk.pub").read_text())
    files = config(server, security_key, f"SecurityKeyProvider {SECURITY_KEY}")
    with pytest.raises(AuthenticationRefused, match="only an agent or ssh itself") as refused:
        SSHTransport("box", "box", config_files=files).connect()
    assert refused.value.hint == f"add it to the agent first: ssh-add {security_key}; or {BY_OPENSSH}"
    host = OpenSSHTransport("box", "box", config_files=files, asking=Asking(tell=told.append))
    assert run(host, "echo in").out == b"in\n"
    host.close()
    assert told == [f"Touch your security key to log in to {server.user}@127.0.0.1:{server.port}"]


@pytest.mark.needs("sk-dummy")
@pytest.mark.parametrize("way", WAYS)
def test_a_security_key_that_openssh_s_agent_holds_logs_in_by_both_ways(
    way: type[SSHTransport] | type[OpenSSHTransport],
    own_sshd: Callable[..., Sshd],
    security_key: Path,
    tmp_path: Path,
) -> None:
    server, told = own_sshd(), list[str]()
    (server.directory / "authorized_keys").write_text(security_key.with_name("id_sk.pub").read_text())
    with agent_for(tmp_path / "agent", str(SECURITY_KEY)) as agent:
        add = ["ssh-add", "-q", "-S", str(SECURITY_KEY), str(security_key)]
        subprocess.run(add, env={"SSH_AUTH_SOCK": agent}, check=True)
        files = config(server, security_key, agent=agent)
        host = way("box", "box", config_files=files, asking=Asking(tell=told.append))
        assert run(host, "echo in").out == b"in\n"
        host.close()
    assert told == [f"Touch your security key to log in to {server.user}@127.0.0.1:{server.port}"]


@pytest.fixture
def with_pin(tmp_path: Path) -> Path:
    """A security key that asks for a PIN, and beside it the file of a key of its own that wants it each time."""
    made = security_key_with_pin(tmp_path)
    make_security_key(tmp_path / "id_sk", "ed25519-sk", made, "-O", "verify-required")
    return made


def verifying(server: Sshd, key: Path) -> None:
    """Have the server take nothing that was signed without the PIN."""
    line = key.with_name("id_sk.pub").read_text()
    (server.directory / "authorized_keys").write_text(f"verify-required {line}")


@pytest.mark.needs("sk-dummy", "gcc")
def test_the_pin_of_a_security_key_is_asked_for_by_ssh_at_the_terminal_and_nobody_logs_in_without_it(
    own_sshd: Callable[..., Sshd], with_pin: Path
) -> None:
    server = own_sshd()
    verifying(server, with_pin)
    files = config(server, with_pin.with_name("id_sk"), f"SecurityKeyProvider {with_pin}")
    with pytest.raises(AuthenticationRefused, match="Permission denied") as refused:
        OpenSSHTransport("box", "box", config_files=files).connect()
    assert "nobody is there to type it" in refused.value.hint
    asked = "Enter PIN for ED25519-SK key"
    assert not at_a_terminal(files[0], (asked, "000000"))
    assert at_a_terminal(files[0], (asked, PIN))


@pytest.mark.needs("sk-dummy", "gcc")
@pytest.mark.parametrize("way", WAYS)
def test_the_pin_of_a_security_key_in_the_agent_is_asked_for_by_the_agent_s_own_program(
    way: type[SSHTransport] | type[OpenSSHTransport],
    own_sshd: Callable[..., Sshd],
    with_pin: Path,
    tmp_path: Path,
) -> None:
    server, key = own_sshd(), with_pin.with_name("id_sk")
    verifying(server, with_pin)
    asks = {"SSH_ASKPASS": str(askpass(tmp_path)), "SSH_ASKPASS_REQUIRE": "force"}
    for number, given in enumerate(({}, asks)):
        with agent_for(tmp_path / f"agent-{number}", str(with_pin), **given) as agent:
            add = ["ssh-add", "-q", "-S", str(with_pin), str(key)]
            subprocess.run(add, env={"SSH_AUTH_SOCK": agent}, check=True)
            host = way("box", "box", config_files=config(server, key, agent=agent))
            if given:
                assert run(host, "echo in").out == b"in\n"
            else:
                with pytest.raises(AuthenticationRefused):
                    host.connect()
            host.close()


# smart cards and other tokens


def with_all_keys(files: list[Path]) -> None:
    """Let keys be used that no file names, as ssh's own token is."""
    files[0].write_text(files[0].read_text().replace("IdentitiesOnly yes", "IdentitiesOnly no"))


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    made = Token(tmp_path / "token")
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def token_server(token: Token, own_sshd: Callable[..., Sshd]) -> Sshd:
    server = own_sshd()
    (server.directory / "authorized_keys").write_text(token.public)
    return server


@pytest.mark.needs("softhsm2-util")
@pytest.mark.parametrize("way", WAYS)
def test_a_token_s_key_that_the_agent_holds_logs_in_by_both_ways(
    way: type[SSHTransport] | type[OpenSSHTransport], token: Token, token_server: Sshd, tmp_path: Path
) -> None:
    with agent_for(tmp_path / "agent", str(TOKENS.resolve())) as agent:
        token.add_to(agent)
        files = config(token_server, Path("none"), agent=agent)
        with_all_keys(files)
        host = way("box", "box", config_files=files)
        assert run(host, "echo in").out == b"in\n"
        host.close()


@pytest.mark.needs("softhsm2-util")
def test_a_token_of_the_configuration_is_asked_for_its_pin_by_ssh_and_our_own_way_proposes_it(
    token: Token, token_server: Sshd, tmp_path: Path
) -> None:
    files = config(token_server, Path("none"), f"PKCS11Provider {TOKENS}")
    with_all_keys(files)
    with pytest.raises(AuthenticationRefused, match="takes none of our keys") as refused:
        SSHTransport("box", "box", config_files=files).connect()
    assert f"for the keys of PKCS11Provider: ssh-add -s {TOKENS}, or {BY_OPENSSH}" in refused.value.hint
    assert at_a_terminal(files[0], ("Enter PIN for 'ana'", PIN))


# this machine's own key


@pytest.fixture
def trusted(tmp_path: Path) -> Iterator[TrustedClient]:
    made = TrustedClient(tmp_path / "trusted")
    yield made
    made.server.stop()


TRIES = """
import sys
from pathlib import Path
from tui.errors import HostError
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport

for way in (SSHTransport, OpenSSHTransport):
    host = way("box", "box", config_files=[Path(sys.argv[1])])
    try:
        print("in as", host.connect().user)
    except HostError as error:
        print(error.message, "|", error.hint)
    host.close()
"""


@pytest.mark.needs("unshare")
def test_this_machine_s_own_key_logs_in_where_ssh_makes_the_connection_and_our_own_way_proposes_it(
    trusted: TrustedClient,
) -> None:
    command = [*trusted.before, sys.executable, "-c", TRIES, str(trusted.server.ssh_config)]
    own, by_openssh = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "it wants hostbased" in own
    assert own.endswith(BY_OPENSSH)
    assert by_openssh == f"in as {trusted.server.user}"
    assert trusted.server.said("Accepted hostbased") == 1
