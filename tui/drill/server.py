"""The drill's own process: an SSH server on loopback that answers every command from a scenario and executes none."""

import math
import os
import socket
import sys
import threading
from datetime import UTC, datetime

import msgspec
import paramiko
from msgspec import Struct
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_REQUEST,
)

from tui import threads
from tui.drill.guard import forbid
from tui.drill.jobs import Jobs, LeftJob
from tui.drill.made_up.supposed import Supposed
from tui.drill.requests import Cancelled, Registry, Request, understand
from tui.drill.scenario import Ending, Scenario
from tui.drill.world import World
from tui.runbook.groups.ranges import MOST
from tui.transports.base import Stream
from tui.transports.jobs.scripts import unwrap_job
from tui.transports.sockets import room_for

PATIENCE = 30.0
LOOKS = 1.0
"""Seconds between two looks of a silent connection's thread whether it is still wanted."""
FOLLOWED = b"followed\n"


class Order(Struct, frozen=True):
    """What the process is started with: `pace` is how much faster than life, 0 for no delay at all.

    `left` are the jobs that an earlier run left, and that kept running. `supposed` is what is answered where the
    scenario says nothing.
    """

    scenario: Scenario
    pace: float
    key_type: str
    key: bytes
    left: tuple[LeftJob, ...] = ()
    supposed: tuple[Supposed, ...] = ()


class Ready(Struct, frozen=True):
    """What the process says when it listens: where, and by which key it is known."""

    port: int
    key_type: str
    key: bytes


class _Transport(paramiko.Transport):
    """A connection that knows when the answer to an exec request has left, so that output never overtakes it."""

    _active_check_timeout = LOOKS  # a group has hundreds of them

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self.waiting: list[threading.Event] = []

    def _send_user_message(self, data: paramiko.Message) -> None:
        super()._send_user_message(data)  # type: ignore[misc]  # what the stubs leave out
        if self.waiting and threading.current_thread() is self:
            self.waiting.pop(0).set()


class _Session(paramiko.ServerInterface):
    """What one connection may do: prove that it is this run's client, and have commands answered."""

    def __init__(self, world: World, pace: float, client_key: paramiko.PKey, registry: Registry, jobs: Jobs) -> None:
        self._world = world
        self._pace = pace
        self._client_key = client_key
        self._registry = registry
        self._jobs = jobs
        self._host = ""

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if key != self._client_key:
            return AUTH_FAILED
        self._host = username
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(
        self,
        channel: paramiko.Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,
        pixelheight: int,
        modes: bytes,
    ) -> bool:
        return True  # what is drawn in it is what the scenario answers to the program

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        replied = threading.Event()
        transport = channel.get_transport()
        assert isinstance(transport, _Transport)
        transport.waiting.append(replied)
        threads.start("drill command", self._answer, channel, command.decode("utf-8", "replace"), replied)
        return True

    def _answer(self, channel: paramiko.Channel, command: str, replied: threading.Event) -> None:
        replied.wait(PATIENCE)
        try:
            self._jobs.connected(self._host, channel.get_transport())
            job = unwrap_job(command)
            if job is not None:
                self._jobs.answer(job, channel, self._host)
                return
            boot_id = self._jobs.boot_id(self._host)
            request = understand(command, channel, self._world, self._host, self._registry, boot_id)
            try:
                _play(channel, request, self._world, self._pace, self._jobs)
            finally:
                self._registry.end(request)
        except (OSError, EOFError, paramiko.SSHException):
            pass  # the client has gone; there is nobody to tell
        finally:
            channel.close()


def _play(channel: paramiko.Channel, request: Request, world: World, pace: float, jobs: Jobs) -> None:
    """Print a reply as fast as life, times the pace, and end as the reply says."""
    reply = request.reply
    try:
        for line in reply.lines:
            request.pause(line.delay / pace if pace else 0.0)
            (channel.sendall if line.stream is Stream.OUT else channel.sendall_stderr)(line.data)
        request.pause(reply.delay_after / pace if pace else 0.0)
        if reply.ending is Ending.HANG:
            request.pause(math.inf)
    except Cancelled as cancelled:
        _send_signal(channel, cancelled.signal)
        return
    world.change(reply)
    if reply.ending in (Ending.DISCONNECT, Ending.RESTART):
        jobs.cut_off(reply.offline)
        channel.get_transport().close()
    elif reply.signal:
        _send_signal(channel, reply.signal)
    else:
        channel.send_exit_status(reply.exit_status)


def _send_signal(channel: paramiko.Channel, signal: str) -> None:
    """Send an exit-signal, for which paramiko has no call."""
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exit-signal")
    message.add_boolean(False)
    message.add_string(signal)
    message.add_boolean(False)
    message.add_string("")
    message.add_string("")
    channel.get_transport()._send_user_message(message)  # type: ignore[attr-defined]  # what the stubs leave out


class Strike(Struct, frozen=True, tag="strike"):
    """What the process is told while it runs: facts that are different from now on."""

    facts: dict[str, str]


def serve(order: Order, listener: socket.socket, host_key: paramiko.PKey, world: World) -> None:
    """Accept connections for as long as the process lives."""
    client_key = paramiko.PKey.from_type_string(order.key_type, order.key)
    registry, jobs = Registry(), Jobs(world, order.pace)
    for left in order.left:
        jobs.go_on(left)
    while True:
        connection, _ = listener.accept()
        if jobs.offline:
            connection.close()
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = _Transport(connection)
        transport.add_server_key(host_key)
        transport.start_server(event=threading.Event(), server=_Session(world, order.pace, client_key, registry, jobs))


def _listen_to_parent(world: World) -> None:
    """Let faults strike, and leave when standard input closes: the one who started the drill has gone, however.

    A line says that an order is followed from then on.
    """
    for line in sys.stdin.buffer:
        told = msgspec.json.decode(line, type=Strike | Supposed)
        if isinstance(told, Strike):
            world.strike(told.facts)
        else:
            world.suppose(told)
        sys.stdout.buffer.write(FOLLOWED)
        sys.stdout.buffer.flush()
    os._exit(0)


def main() -> None:
    """Read the order from standard input, listen on loopback, say where, and answer until the parent goes."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    host_key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    world = World(order.scenario, lambda: datetime.now(UTC), order.supposed)
    ready = Ready(listener.getsockname()[1], host_key.get_name(), host_key.asbytes())
    sys.stdout.buffer.write(msgspec.json.encode(ready) + b"\n")
    sys.stdout.buffer.flush()
    room_for(MOST)
    threads.start("drill orders", _listen_to_parent, world)
    forbid()
    serve(order, listener, host_key, world)


if __name__ == "__main__":
    main()
