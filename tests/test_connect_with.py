"""`connect_with` in a runbook and in the settings: who makes the connection, through the whole program."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.harness.waiting import until
from tests.support.runbooks.runbooks import one_section
from tests.support.servers.sshd import Sshd
from tui.cli.main import main
from tui.cli.ways import transports_of
from tui.config import load_config
from tui.errors import UsageError
from tui.runbook.reading.load import load
from tui.transports.by_turns import Carrier
from tui.transports.later import LaterTransport
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport

STEP = """
[[sections.steps]]
id = "look"
title = "Look"
reads = true
[[sections.steps.actions]]
run = "echo here"
reads = true
expect = { contains = ["here"] }
"""
AT = 'target = "box"'
BY_OPENSSH = f'{AT}\nconnect_with = "openssh"'


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path / "sessions"))


def written(folder: Path, at: str = AT) -> Path:
    path = folder / "runbook.toml"
    text = one_section(STEP.replace("reads = true\n[[", "[["), "web", "box", "Shop")
    assert AT in text
    path.write_text(text.replace(AT, at))
    return path


def settings(folder: Path, text: str) -> Path:
    path = folder / "config/runbook/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def way_of(path: Path) -> object:
    made = transports_of(load(path))["web"]
    assert isinstance(made, LaterTransport)
    return made._transport()


@pytest.mark.parametrize(
    ("at", "said", "kind"),
    [
        (AT, "", SSHTransport),
        (BY_OPENSSH, "", OpenSSHTransport),
        (AT, '[connect_with.shop]\nweb = "openssh"\n', OpenSSHTransport),
        (BY_OPENSSH, '[connect_with.shop]\nweb = "own"\n', SSHTransport),
        (BY_OPENSSH, '[connect_with.another]\nweb = "own"\n', OpenSSHTransport),
    ],
)
def test_the_settings_come_before_the_runbook(at: str, said: str, kind: type[Carrier], tmp_path: Path) -> None:
    settings(tmp_path, said)
    assert isinstance(way_of(written(tmp_path, at)), kind)


def test_the_settings_name_what_is_wrong(tmp_path: Path) -> None:
    path = settings(tmp_path, '[connect_with]\nweb = "openssh"\n')
    with pytest.raises(UsageError, match="connect_with.web: it does not say of which runbook"):
        load_config()
    path.write_text('[connect_with.shop]\nweb = "paramiko"\n')
    with pytest.raises(UsageError, match="connect_with"):
        load_config()


def test_lint_knows_the_key_and_where_it_makes_no_sense(tmp_path: Path) -> None:
    assert call("lint", written(tmp_path, BY_OPENSSH)).exit_code == 0
    wrong = call("lint", written(tmp_path, f'{AT}\nconnect_with = "putty"'))
    assert wrong.exit_code == 3
    assert "connect_with" in wrong.output
    local = call("lint", written(tmp_path, 'local = true\nconnect_with = "openssh"'))
    assert local.exit_code == 3
    assert "makes no SSH connection of its own" in local.output
    assert "by OpenSSH" in call("show", "-f", written(tmp_path, BY_OPENSSH)).output


@pytest.fixture
def chacha(tmp_path: Path) -> Iterator[Sshd]:
    server = Sshd(tmp_path / "sshd", "Ciphers chacha20-poly1305@openssh.com")
    yield server
    server.stop()


@pytest.mark.needs("sshd", "ssh", "ps")
def test_a_check_and_a_session_go_over_ssh_and_leave_none(chacha: Sshd, tmp_path: Path) -> None:
    server = chacha
    runbook = written(tmp_path)
    ours = call("run", "-f", runbook, "-F", server.ssh_config, "--headless", "--operator", "ana")
    assert ours.exit_code == 4
    assert 'connect_with = "openssh"' in ours.output
    runbook = written(tmp_path, BY_OPENSSH)
    ran = call("run", "-f", runbook, "-F", server.ssh_config, "--headless", "--operator", "ana")
    assert ran.exit_code == 0, ran.output
    checked = call("check", "-f", runbook, "-F", server.ssh_config, "--flow", "deploy", "all")
    assert checked.exit_code == 0, checked.output
    until(lambda: f"rb{os.getpid()}-" not in running(), "the connections, also those of tests before this, have ended")


def running() -> str:
    """The arguments of every process."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
