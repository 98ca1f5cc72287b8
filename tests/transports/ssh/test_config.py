"""Resolves targets as `ssh` does: what is resolved is OpenSSH's own word, tokens included."""

from pathlib import Path

import pytest

from tui.errors import HostError
from tui.transports.ssh_config import resolved as module
from tui.transports.ssh_config.resolved import Resolved, resolve

pytestmark = pytest.mark.needs("ssh")


def resolved(
    folder: Path, text: str, target: str = "web", user: str | None = None, port: int | None = None
) -> Resolved:
    file = folder / "config"
    file.write_text(text)
    return resolve(target, user, port, [file])


def test_a_block_is_read(tmp_path: Path) -> None:
    found = resolved(
        tmp_path,
        f"Host web\n HostName 10.0.0.1\n Port 2222\n User deploy\n"
        f" IdentityFile {tmp_path}/a\n IdentityFile {tmp_path}/b\n"
        f" IdentitiesOnly yes\n IdentityAgent none\n UserKnownHostsFile {tmp_path}/k1 {tmp_path}/k2\n"
        " GlobalKnownHostsFile /dev/null\n",
    )
    assert (found.host, found.port, found.user) == ("10.0.0.1", 2222, "deploy")
    assert found.identities == (tmp_path / "a", tmp_path / "b")
    assert (found.identities_only, found.agent) == (True, "none")
    assert found.known_hosts == (tmp_path / "k1", tmp_path / "k2", Path("/dev/null"))
    assert (found.known_as, found.address) == ("[10.0.0.1]:2222", "10.0.0.1:2222")
    assert (found.jump, found.command) == ("", "")


def test_what_is_given_wins(tmp_path: Path) -> None:
    found = resolved(tmp_path, "Host web\n User deploy\n Port 2222\n", user="root", port=22)
    assert (found.user, found.port, found.known_as, found.address) == ("root", 22, "web", "web")
    assert resolved(tmp_path, "", "me@web").user == "me"


def test_included_files_count(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("Host web\n HostName from.include\n")
    assert resolved(tmp_path, f"Include {tmp_path}/more\n").host == "from.include"


def test_match_is_openssh_s_own(tmp_path: Path) -> None:
    text = "Match host web exec true\n Port 2201\nMatch host web exec false\n User nobody\n"
    text += "Match user root host db\n Port 1\n"
    found = resolved(tmp_path, text, user="me")
    assert (found.port, found.user) == (2201, "me")


def test_an_alias_is_what_known_hosts_has(tmp_path: Path) -> None:
    assert resolved(tmp_path, "Host web\n HostKeyAlias prod\n Port 2222\n").known_as == "prod"


def test_a_jump_is_kept_and_tokens_of_a_proxy_command_are_filled_in(tmp_path: Path) -> None:
    assert resolved(tmp_path, "Host web\n ProxyJump me@first:2222,second\n").jump == "me@first:2222,second"
    text = "Host web\n HostName 10.0.0.1\n Port 2222\n User deploy\n ProxyCommand nc %h %p '%r@%n' 100%%\n"
    assert resolved(tmp_path, text).command == "nc 10.0.0.1 2222 'deploy@web' 100%"
    assert resolved(tmp_path, "Host web\n ProxyCommand none\n").command == ""


def test_the_agent_is_the_environment_s_where_nothing_is_said(tmp_path: Path) -> None:
    assert resolved(tmp_path, "").agent == "SSH_AUTH_SOCK"
    assert resolved(tmp_path, "Host web\n IdentityAgent /run/agent\n").agent == "/run/agent"


def test_what_openssh_does_not_understand_is_said_in_its_words(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="Bad configuration option") as caught:
        resolved(tmp_path, "Nonsense yes\n")
    assert caught.value.hint == "fix the SSH configuration"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("target", ["", "-oProxyCommand=id"])
def test_an_option_is_no_target(target: str) -> None:
    with pytest.raises(HostError, match="is not an SSH target"):
        resolve(target, None, None)


def test_without_openssh_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostError, match="`ssh` is not installed here") as caught:
        resolve("web", None, None)
    assert "openssh-client" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("RemoteCommand tmux attach", "RemoteCommand tmux attach is set, with which ssh refuses any other command"),
        ("SessionType none", "SessionType none is set, with which ssh runs no command"),
        ("SessionType subsystem", "SessionType subsystem is set"),
        ("ProxyUseFdpass yes\n ProxyCommand nc -F %h %p", "ProxyUseFdpass is not supported"),
    ],
)
def test_a_session_that_runs_no_command_and_a_way_that_we_lack_are_refused(
    line: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(HostError, match=said):
        resolved(tmp_path, f"Host web\n {line}\n")
    assert resolved(tmp_path, f"Host web\n {line}\n", target="db").host == "db"


def test_file_names_are_told_apart_as_they_are_written(tmp_path: Path) -> None:
    text = f'Host web\n UserKnownHostsFile "{tmp_path}/a b" {tmp_path}/c\nHost db\n UserKnownHostsFile {tmp_path}/a b\n'
    assert resolved(tmp_path, text).known_hosts[:2] == (tmp_path / "a b", tmp_path / "c")
    assert resolved(tmp_path, text, target="db").known_hosts[:2] == (tmp_path / "a", Path("b"))
    both = f'Host web\n UserKnownHostsFile "{tmp_path}/a b"\nHost db\n UserKnownHostsFile {tmp_path}/a b\n'
    with pytest.raises(HostError, match="where one name ends and the next begins cannot be told"):
        resolved(tmp_path, both)


def test_a_configuration_in_another_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"Host web\n IdentityFile /keys/\xe4\n")
    assert resolve("web", None, None, [tmp_path / "config"]).identities == (Path("/keys/\udce4"),)


def test_a_configuration_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "ssh").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(module, "RESOLVE_TIMEOUT", 0.2)
    with pytest.raises(HostError, match="`ssh -G` does not end within 0.2 s"):
        resolve("web", None, None)
