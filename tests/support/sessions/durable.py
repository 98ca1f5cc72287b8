"""Runs one durable command and keeps how it ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.machines.cutter import Cutter
from tests.support.servers.sshd import Sshd
from tui.session.outcome import Outcome
from tui.transports.base import CancelToken, Command, Left, Stream, Transport
from tui.transports.ssh.transport import SSHTransport

SESSION = "session-1"
KEY = f"{SESSION}/deploy/7"


class Ran(NamedTuple):
    """A command's end, and its output."""

    outcome: Outcome
    out: bytes
    err: bytes


class Came:
    """A sink that keeps all of it; `seen` is told of each chunk."""

    def __init__(self, seen: Callable[[bytes], None] = lambda data: None) -> None:
        self.data = {Stream.OUT: bytearray(), Stream.ERR: bytearray()}
        self._seen = seen

    def __call__(self, stream: Stream, data: bytes) -> None:
        self.data[stream] += data
        self._seen(data)

    def with_outcome(self, outcome: Outcome) -> Ran:
        """What came, and how it ended."""
        return Ran(outcome, bytes(self.data[Stream.OUT]), bytes(self.data[Stream.ERR]))


def run(
    transport: Transport,
    script: str,
    cancel: CancelToken | None = None,
    seen: Callable[[bytes], None] = lambda data: None,
    **given: Any,
) -> Ran:
    """Run it to its end."""
    came = Came(seen)
    command = Command(script=script, key=given.pop("key", KEY), durable=True, **given)
    return came.with_outcome(transport.run(command, came, cancel or CancelToken()))


def rejoin(transport: Transport, out: int = 0, err: int = 0, cancel: CancelToken | None = None) -> Ran:
    """Follow what was left; what had come before is not in it."""
    came = Came()
    return came.with_outcome(transport.rejoin(Left(key=KEY, out=out, err=err), came, cancel or CancelToken()))


def through(server: Sshd, cutter: Cutter, folder: Path, **given: Any) -> SSHTransport:
    """Our own transport to a server behind a cutter."""
    config = folder / f"ssh_config-{cutter.port}"
    alias = f"[127.0.0.1]:{server.port}"
    config.write_text(f"Host box\n  Port {cutter.port}\n  HostKeyAlias {alias}\n{server.config('box')}")
    return server.transport(config_files=[config], **given)
