"""What tests of transports do again and again: start a server of their own, run a command, keep what came."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers.s3_server import s3_server
from tests.support.servers.sshd import Sshd
from tui.transports.ssh.transport import SSHTransport

__all__ = ["agent", "host", "own_sshd", "s3_server"]


@pytest.fixture
def own_sshd(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """Makes servers with sshd_config lines of the test's choice, and ends them."""
    made: list[Sshd] = []

    def make(*options: str, pam: Path | None = None) -> Sshd:
        made.append(Sshd(tmp_path / f"sshd-{len(made)}", *options, pam=pam))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def host(sshd: Sshd) -> Iterator[SSHTransport]:
    """A transport to the shared server."""
    transport = sshd.transport(patience=0.3)
    yield transport
    transport.close()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An agent of the test's own, empty."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    yield {**os.environ, "SSH_AUTH_SOCK": str(socket)}
    process.terminate()
    process.wait()
    process.stdout.close()
