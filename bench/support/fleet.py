"""Real sshds on loopback, each with a key and files of its own, and one ssh_config that names all of them."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.servers.sshd import Sshd
from tui.transports.ssh.transport import SSHTransport

COMMON = "Host *\n  Ciphers aes128-gcm@openssh.com\n"


class Fleet(NamedTuple):
    """The servers, by the names under which `config` reaches them."""

    names: tuple[str, ...]
    servers: tuple[Sshd, ...]
    config: Path
    folder: Path

    def transports(self) -> list[SSHTransport]:
        """Our own ways to them, which are not connected yet."""
        return [SSHTransport(name, name, config_files=[self.config]) for name in self.names]


@contextmanager
def fleet(count: int) -> Iterator[Fleet]:
    """Run that many servers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with ThreadPoolExecutor(4) as pool:
            servers = tuple(pool.map(lambda number: Sshd(folder / f"box{number}"), range(1, count + 1)))
        names = tuple(f"box{number}" for number in range(1, count + 1))
        config = folder / "ssh_config"
        blocks = (one.config(alias) for alias, one in zip(names, servers, strict=True))
        config.write_text(COMMON + "".join(blocks))
        try:
            yield Fleet(names, servers, config, folder)
        finally:
            for one in servers:
                one.stop()
