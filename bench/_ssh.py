"""An sshd of the measurement's own, our connection to it, and OpenSSH's multiplexed one beside it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.sshd import Sshd
from tui.transports.ssh.transport import SSHTransport


class Pair(NamedTuple):
    """Both ways to one server; `multiplexed` and `fresh` are the beginnings of OpenSSH command lines."""

    transport: SSHTransport
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
        options = ["-o", f"ControlPath={directory / 'control'}", "-o", "Ciphers=aes128-gcm@openssh.com"]
        subprocess.run(server.ssh(*options, "-o", "ControlMaster=yes", "-fN"), check=True, stderr=subprocess.DEVNULL)
        try:
            transport.connect()
            yield Pair(transport, server.ssh(*options), server.ssh(), directory)
        finally:
            transport.close()
            subprocess.run(server.ssh(*options, "-O", "exit"), check=False, capture_output=True)
            server.stop()
