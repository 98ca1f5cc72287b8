"""Streams to what only a host can reach, over the connection to the host that there is anyway."""

import socket
from contextlib import suppress

import paramiko

from tui import threads
from tui.transports.base import Address, DialFailed, Undialled
from tui.transports.sockets import LOOPBACK, is_gone, pump, undialled
from tui.transports.ssh.wire import ChannelRefused, Connection

PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED of RFC 4254, 5.1."""


def dial_through(connection: Connection, address: Address, timeout: float) -> socket.socket:
    """A socket that leads to an address, from the host at the other end of a connection.

    It is a real socket, so that any library may poll it, wrap it in TLS or set its timeout: one end of a pair whose
    other end is relayed through a channel.

    Raises:
        DialFailed: there is none.
        EOFError: the connection is lost.
    """
    try:
        channel = channel_to(connection, address, timeout)
    except TimeoutError as error:
        raise DialFailed(Undialled.SILENT) from error
    except ChannelRefused as refused:
        raise DialFailed(_why(refused), refused.words) from refused
    ours, theirs = socket.socketpair()
    _relay(theirs, channel)
    ours.settimeout(timeout)
    return ours


def channel_to(connection: Connection, address: Address, timeout: float) -> paramiko.Channel:
    """A channel that leads to an address, from the host at the other end of a connection.

    Raises: as `open_of_kind`.
    """
    return connection.open_of_kind(*_request(address), timeout)


def _request(address: Address) -> tuple[str, bytes]:
    """The kind of channel that leads to an address, and the fields of its request."""
    fields = paramiko.Message()
    if address.path:  # PROTOCOL of OpenSSH, 2.4: path, and two fields for later use
        fields.add_string(address.path)
        fields.add_string("")
        fields.add_int(0)
        return "direct-streamlocal@openssh.com", fields.asbytes()
    fields.add_string(address.host)
    fields.add_int(address.port)
    fields.add_string(LOOPBACK)
    fields.add_int(0)
    return "direct-tcpip", fields.asbytes()


def _why(refused: ChannelRefused) -> Undialled:
    if refused.reason == PROHIBITED:
        return Undialled.FORBIDDEN
    return undialled(refused.words)


def _relay(sock: socket.socket, channel: paramiko.Channel) -> None:
    """Carry bytes between a socket and a channel until both directions have ended, or the socket's reader is gone."""

    def there() -> None:
        pump(sock.recv, channel.sendall)
        with suppress(EOFError, OSError):
            channel.close() if is_gone(sock) else channel.shutdown_write()

    def back() -> None:
        pump(channel.recv, sock.sendall)
        with suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
        forth.join()
        with suppress(EOFError, OSError):
            channel.close()
        sock.close()

    forth = threads.start("tunnel to the host", there)
    threads.start("tunnel from the host", back)
