"""The bytes' way to a host: a connection of our own, a program that passes them on, or other hosts."""

import fcntl
import ipaddress
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import paramiko

from tui import threads
from tui.errors import HostError
from tui.transports.one_line import one_line
from tui.transports.ssh_config.resolved import Resolved
from tui.transports.ssh_config.started import Chain

PROXY_PATIENCE = 1.0
GRACE = 0.2
"""Seconds for a ProxyCommand to end by itself once nothing listens any more, and to say why."""
KILLS = (signal.SIGTERM, signal.SIGKILL)
LAST_WORDS = 4096
"""Bytes kept of what a ProxyCommand says on its stderr."""

FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}
_SIOCGIFADDR = 0x8915


class Way:
    """What carries a connection to a host, and how to let go of it; `why` is what it said that may explain its end."""

    def __init__(
        self,
        carrier: socket.socket | paramiko.Channel,
        let_go: Callable[[], None] = lambda: None,
        why: Callable[[], str] = lambda: "",
        typed: bool = False,
        chain: Chain | None = None,
    ) -> None:
        """Args:
        typed: whether a host on the way wanted something typed.
        chain: what a program that passes the bytes on has started.
        """
        self.typed = typed
        self._chain = chain
        self.carrier = carrier
        self.let_go = let_go
        self.why = why

    @property
    def endless(self) -> bool:
        """Whether it was ended because it led to itself."""
        return self._chain is not None and self._chain.endless

    def arrived(self) -> None:
        """An SSH server has answered at its end."""
        if self._chain is not None:
            self._chain.over()

    @property
    def peer(self) -> str:
        """The address at the other end of a connection of our own; empty behind a proxy or a jump host.

        Raises:
            OSError: the connection has gone.
        """
        if not isinstance(self.carrier, socket.socket) or self.carrier.family not in FAMILIES.values():
            return ""
        return str(self.carrier.getpeername()[0]).partition("%")[0]


def is_loopback(address: str) -> bool:
    """Whether the address is one of this machine's own."""
    return bool(address) and ipaddress.ip_address(address).is_loopback


def direct(where: Resolved, timeout: float) -> Way:
    """A connection of our own, in the family and from the address that the configuration says.

    Raises:
        HostError: there is none.
    """
    try:
        found = socket.getaddrinfo(
            where.host, where.port, FAMILIES.get(where.family, socket.AF_UNSPEC), socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        which = f" of the family {where.family} (AddressFamily)" if where.family in FAMILIES else ""
        raise HostError(f"{where.target}: no address for {where.host}{which}", "check the name, DNS and VPN") from error
    failed: OSError | HostError | None = None
    for family, _, _, _, address in found:
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(timeout)
            _bind(made, where)
            made.connect(address)
        except (OSError, HostError) as error:
            made.close()
            failed = error
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(None)
        return Way(made)
    if isinstance(failed, HostError):
        raise failed
    if isinstance(failed, TimeoutError):
        raise HostError(f"{where.address} does not answer", "is the VPN up? is the host up?") from failed
    raise HostError(f"{where.address}: {failed and failed.strerror}", "is the host up, and its sshd?") from failed


def _bind(made: socket.socket, where: Resolved) -> None:
    """Have a connection come from the address that the configuration says.

    Raises:
        HostError: BindAddress or BindInterface names none of this machine's; OpenSSH does not connect then, either.
    """
    try:
        if where.bind_address:
            made.bind(socket.getaddrinfo(where.bind_address, None, made.family, socket.SOCK_STREAM)[0][4])
        elif where.bind_interface:
            made.bind((_interface_address(where.bind_interface, made.family), 0))
    except (OSError, StopIteration, ValueError) as error:
        what = f"BindAddress {where.bind_address}" if where.bind_address else f"BindInterface {where.bind_interface}"
        raise HostError(
            f"{what} is not an address of this machine's that leads to {where.address}",
            "is the VPN up? see: ip address",
        ) from error


def _interface_address(name: str, family: int) -> str:
    """The first address of a network interface, as Linux tells it."""
    if family == socket.AF_INET6:
        rows = (line.split() for line in Path("/proc/net/if_inet6").read_text().splitlines())
        return str(ipaddress.IPv6Address(bytes.fromhex(next(row[0] for row in rows if row[5] == name))))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("256s", os.fsencode(name)[:15])
        return socket.inet_ntoa(fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, request)[20:24])


class _LastWords:
    """The end of what a program says, read as it says it so that it never waits for a reader."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._kept = b""
        self._reader = threads.start("stderr of a ProxyCommand", self._read)

    def _read(self) -> None:
        for data in self._chunks():
            self._kept = (self._kept + data)[-LAST_WORDS:]
        os.close(self._pipe)

    def _chunks(self) -> Iterator[bytes]:
        with suppress(OSError):
            while data := os.read(self._pipe, LAST_WORDS):
                yield data

    def __call__(self, ended: bool) -> str:
        if ended:  # what it said last may still be in the pipe
            self._reader.join(PROXY_PATIENCE)
        return one_line(self._kept)


def _passing_on(command: str, stream: int, saying: int) -> "subprocess.Popen[bytes]":
    """The program, started by the operator's shell as ssh does it, in a group of its own.

    Raises:
        HostError: there is no shell to run it.
    """
    shell = os.environ.get("SHELL") or "/bin/sh"
    line = [shell, "-c", f"exec {command}"]
    try:
        return subprocess.Popen(line, stdin=stream, stdout=stream, stderr=saying, start_new_session=True)
    except OSError as error:
        words = f"ProxyCommand {one_line(command)} cannot be started by {shell}: {error.strerror}"
        raise HostError(words, "is SHELL right?") from error


def proxy(command: str) -> Way:
    """Through a program that passes bytes on; it talks to a socket, so that nothing is copied on the way.

    Raises:
        HostError: there is no shell to run it.
    """
    ours, theirs = socket.socketpair()
    listening, saying = os.pipe()
    try:
        process = _passing_on(command, theirs.fileno(), saying)
    except HostError:
        ours.close()
        os.close(listening)
        raise
    finally:
        theirs.close()
        os.close(saying)
    words = _LastWords(listening)
    chain = Chain(process)

    def let_go() -> None:
        chain.over()
        ours.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        for number in KILLS:
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    process.wait(PROXY_PATIENCE)

    def why() -> str:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PROXY_PATIENCE)
        status = process.poll()
        said = words(ended=status is not None)
        if status is None or -status in KILLS:  # the second is how we let go of it
            return said and f"its ProxyCommand says: {said}"
        how = f"ends with {status}" if status >= 0 else f"is ended by signal {-status}"
        return f"its ProxyCommand {how}" + (f" and says: {said}" if said else "")

    return Way(ours, let_go, why, chain=chain)
