"""Starts a drill's host in a process of its own, and stands it in for every host of a runbook."""

import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Protocol

import msgspec
import paramiko
from msgspec import Struct

from tui.drill.jobs import LeftJob
from tui.drill.made_up.supposed import Supposed
from tui.drill.scenario import Scenario
from tui.drill.server import Order, Ready, Strike
from tui.errors import HostError
from tui.resources import PACKAGE
from tui.runbook.facts import connection_of
from tui.runbook.model import Runbook
from tui.transports.base import Transport
from tui.transports.sockets import room_for

ADDRESS = "127.0.0.1"
GRACE = 3.0


class DrillHost(Struct, frozen=True):
    """Where the drill's host listens, the only key it is known by, and the only key it lets in; for this run only."""

    address: str
    port: int
    trusted_key: paramiko.PKey
    client_key: paramiko.PKey
    scenario: Scenario
    control: IO[bytes]
    followed: IO[bytes]
    lock: threading.Lock

    def strike(self, facts: Mapping[str, str]) -> None:
        """Let facts be different from now on.

        Raises:
            HostError: the process is gone.
        """
        self._tell(Strike(dict(facts)))

    def suppose(self, one: Supposed) -> None:
        """Have something answered where the scenario says nothing.

        Raises:
            HostError: the process is gone.
        """
        self._tell(one)

    def _tell(self, order: Strike | Supposed) -> None:
        """Give an order; it is followed when this returns."""
        try:
            with self.lock:
                self.control.write(msgspec.json.encode(order) + b"\n")
                self.control.flush()
                followed = self.followed.readline()
        except (OSError, ValueError) as error:
            raise HostError("the drill's host is gone", "begin the drill again") from error
        if not followed:
            raise HostError("the drill's host is gone", "begin the drill again")


@contextmanager
def start_drill(
    scenario: Scenario, pace: float = 1.0, left: Sequence[LeftJob] = (), supposed: Sequence[Supposed] = ()
) -> Iterator[DrillHost]:
    """Run a drill's host for as long as the block lasts.

    Args:
        scenario: what it answers.
        pace: how much faster than life; infinity (or 0) for no delay at all.
        left: the jobs of the session that is being resumed.
        supposed: what is answered where the scenario says nothing.

    Raises:
        HostError: the process did not start.
    """
    client_key = paramiko.ECDSAKey.generate()
    speed = 0.0 if math.isinf(pace) else pace
    order = Order(scenario, speed, client_key.get_name(), client_key.asbytes(), tuple(left), tuple(supposed))
    process = begun()
    try:
        yield _ready(process, order, client_key)
    finally:
        _stop(process)


class HostProcess(Protocol):
    """The process of a drill's host, and the pipes to it."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, for up to `timeout` seconds; raises `subprocess.TimeoutExpired`."""

    def kill(self) -> None:
        """End it at once."""


def begun() -> HostProcess:
    """The host's process, which waits for its order."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tui.drill.server"],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ready(process: HostProcess, order: Order, client_key: paramiko.PKey) -> DrillHost:
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        ready = msgspec.json.decode(process.stdout.readline(), type=Ready)
    except (OSError, msgspec.DecodeError) as error:
        raise HostError("the drill's host did not start", "`python -m tui.drill.server` says why") from error
    trusted = paramiko.PKey.from_type_string(ready.key_type, ready.key)
    return DrillHost(
        ADDRESS,
        ready.port,
        trusted,
        client_key,
        order.scenario,
        process.stdin,
        process.stdout,
        threading.Lock(),
    )


def _stop(process: HostProcess) -> None:
    """Close the pipe that keeps the process alive, and see that it has gone."""
    assert process.stdin
    assert process.stdout
    with suppress(OSError):
        process.stdin.close()
    process.stdout.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def transports_for(runbook: Runbook, drill: DrillHost) -> dict[str, Transport]:
    """A transport to the drill's host for every host of the runbook, the operator's own machine included.

    The user is the runbook's name for the host: by it the drill's host knows which one it is to play.
    """
    from tui.transports.ssh.transport import SSHTransport

    room_for(len(runbook.hosts))
    made: dict[str, Transport] = {}
    for name, host in runbook.hosts.items():
        if not (host.connection or host.group):
            made[name] = SSHTransport(
                name,
                drill.address,
                user=name,
                port=drill.port,
                trusted_keys=(drill.trusted_key,),
                client_key=drill.client_key,
            )
    for name in runbook.hosts.keys() - made.keys():
        if not runbook.hosts[name].group:
            made[name] = made[connection_of(runbook, name)]
    return made
