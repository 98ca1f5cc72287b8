"""Opens one SSH connection: the way there, the host's key, the operator's key."""

import getpass
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress

import paramiko

from tui.errors import HostError
from tui.transports.config import Resolved, resolve
from tui.transports.hostkeys import accept, known_keys, wanted_types
from tui.transports.login import Credentials, log_in
from tui.transports.wire import Connection

CONNECT_TIMEOUT = 10.0
KEEPALIVE = 10
MAX_JUMPS = 8
PROXY_PATIENCE = 1.0

Way = tuple[socket.socket | paramiko.Channel, Callable[[], None]]


def open_connection(
    where: Resolved, credentials: Credentials, timeout: float = CONNECT_TIMEOUT, depth: int = 0
) -> tuple[Connection, str]:
    """Connect, check the host's key and log in; returns the connection and the user.

    Args:
        where: what OpenSSH's configuration says of the target.
        credentials: what replaces OpenSSH's files.
        timeout: seconds for each of: reaching the port, agreeing on keys, each key offered.
        depth: how many connections this one is inside of.

    Raises:
        HostError: the host cannot be reached; HostKeyRefused and AuthenticationRefused say so in their own words.
    """
    user = where.user or getpass.getuser()
    connection = Connection(*_way(where, credentials, timeout, depth))
    connection.banner_timeout = connection.auth_timeout = connection.channel_timeout = timeout
    try:
        _handshake(connection, where, credentials, timeout)
        log_in(connection, where, user, credentials)
    except BaseException:
        connection.close()
        raise
    connection.set_keepalive(KEEPALIVE)
    return connection, user


def _way(where: Resolved, credentials: Credentials, timeout: float, depth: int) -> Way:
    """The socket that leads to the host, and how to let go of what it goes through."""
    if depth > MAX_JUMPS:
        raise HostError(f"{where.target}: more than {MAX_JUMPS} jumps", "mend ProxyJump in the SSH configuration")
    if where.jump:
        return _jump(where, credentials, timeout, depth)
    if where.command:
        return _proxy(where.command)
    return _direct(where, timeout), lambda: None


def _direct(where: Resolved, timeout: float) -> socket.socket:
    try:
        made = socket.create_connection((where.host, where.port), timeout)
    except socket.gaierror as error:
        raise HostError(f"{where.target}: no address for {where.host}", "check the name, DNS and VPN") from error
    except TimeoutError as error:
        raise HostError(f"{where.address} does not answer", "is the VPN up? is the host up?") from error
    except OSError as error:
        raise HostError(f"{where.address}: {error.strerror}", "is the host up, and its sshd?") from error
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.settimeout(None)
    return made


def _proxy(command: str) -> Way:
    """Through a program that passes bytes on; it talks to a socket, so that nothing is copied on the way."""
    ours, theirs = socket.socketpair()
    with theirs:
        words = ["sh", "-c", f"exec {command}"]
        process = subprocess.Popen(
            words, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, start_new_session=True
        )

    def let_go() -> None:
        ours.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    process.wait(PROXY_PATIENCE)

    return ours, let_go


def _jump(where: Resolved, credentials: Credentials, timeout: float, depth: int) -> Way:
    """Through the jump hosts, the last of which opens the way to the target."""
    *before, last = where.jump.split(",")
    user, _, rest = last.rpartition("@")
    host, port = _host_port(rest)
    middle = resolve(host, user or None, port, where.files)
    if before:
        from msgspec.structs import replace

        middle = replace(middle, jump=",".join(before))
    connection, _ = open_connection(middle, credentials, timeout, depth + 1)
    try:
        channel = connection.open_channel("direct-tcpip", (where.host, where.port), ("127.0.0.1", 0), timeout=timeout)
        return channel, connection.close
    except paramiko.SSHException as error:
        connection.close()
        raise HostError(f"{middle.address} cannot reach {where.address}: {error}", "is the host up?") from error


def _host_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, int(port[1:]) if port.startswith(":") else None
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon and port.isdigit() and ":" not in host else (text, None)


def _handshake(connection: Connection, where: Resolved, credentials: Credentials, timeout: float) -> None:
    files = credentials.known_hosts or where.known_hosts
    known = [] if credentials.trusted else known_keys(where.known_as, files)
    types = [one for one in wanted_types(known) for one in _algorithms(one)]
    options = connection.get_security_options()
    options.key_types = [
        *(t for t in types if t in options.key_types),
        *(t for t in options.key_types if t not in types),
    ]
    try:
        connection.start_client(timeout=timeout)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise HostError(f"{where.address} does not speak SSH with us: {error}", "is that an SSH port?") from error
    if not connection.initial_kex_done:  # paramiko lets the time pass without a word
        raise HostError(f"{where.address} does not answer", "the port is open: is its sshd stuck, or the way there?")
    key = connection.get_remote_server_key()
    if credentials.trusted:
        if all(key.asbytes() != one.asbytes() for one in credentials.trusted):
            accept(where.known_as, key.get_name(), key.asbytes(), [], files)
        return
    accept(where.known_as, key.get_name(), key.asbytes(), known, files)


def _algorithms(key_type: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if key_type == "ssh-rsa" else (key_type,)
