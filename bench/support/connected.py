"""An sshd of the measurement's own, our connection to it, and OpenSSH's multiplexed one beside it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.servers.sshd import Sshd
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport

CIPHER = "Ciphers=aes128-gcm@openssh.com"


class Pair(NamedTuple):
    """The ways to one server; `multiplexed` and `fresh` are the beginnings of OpenSSH command lines."""

    transport: SSHTransport
    by_openssh: OpenSSHTransport
    multiplexed: list[str]
    fresh: list[str]
    directory: Path


@contextmanager
def connected() -> Iterator[Pair]:
    """Connect both, with one cipher, and let go of them at the end."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        server = Sshd(directory / "sshd")
        transport = server.transport()
        by_openssh = server.by_openssh(config_files=[_with_one_cipher(server)])
        options = ["-o", f"ControlPath={directory / 'control'}", "-o", CIPHER]
        subprocess.run(server.ssh(*options, "-o", "ControlMaster=yes", "-fN"), check=True, stderr=subprocess.DEVNULL)
        try:
            transport.connect()
            by_openssh.connect()
            yield Pair(transport, by_openssh, server.ssh(*options), server.ssh(), directory)
        finally:
            transport.close()
            by_openssh.close()
            subprocess.run(server.ssh(*options, "-O", "exit"), check=False, capture_output=True)
            server.stop()


def _with_one_cipher(server: Sshd) -> Path:
    path = server.directory / "one_cipher"
    path.write_text(f"{CIPHER}\n{server.ssh_config.read_text()}")
    return path
