"""Opens one SSH connection: the way there, the host's key, the operator's key."""

import paramiko

from tui.errors import HostError
from tui.people import login_name
from tui.transports.base import Address
from tui.transports.host_keys.keyblobs import host_key
from tui.transports.host_keys.known_hosts import accept, known_types
from tui.transports.one_line import one_line
from tui.transports.ssh.algorithms import disagreement, restrict
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh.logging_in.login import log_in
from tui.transports.ssh.session_wants import SessionWants
from tui.transports.ssh.trust import check_host_key, known_before
from tui.transports.ssh.tunnel import channel_to
from tui.transports.ssh.way import Way, direct, proxy
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.jumps import before, leads_to_itself, refuse_circle, refuse_endless
from tui.transports.ssh_config.resolved import Resolved

CONNECT_TIMEOUT = 10.0
KEEPALIVE = 10


def open_connection(
    where: Resolved, credentials: Credentials, timeout: float = CONNECT_TIMEOUT, behind: tuple[Resolved, ...] = ()
) -> tuple[Connection, str, bool]:
    """Connect, check the host's key and log in; returns the connection, the user, and whether anything was typed.

    Args:
        where: what OpenSSH's configuration says of the target.
        credentials: what replaces OpenSSH's files.
        timeout: seconds for each of: reaching the port, agreeing on keys, each key offered.
        behind: the targets that this one is a jump host on the way to, the last one first.

    Raises:
        HostError: the host cannot be reached; HostKeyRefused and AuthenticationRefused say so in their own words.
    """
    user = where.user or login_name()
    if not user:
        raise HostError(f"{where.target}: the user to log in as is not known", "name a User in ssh_config, or user = …")
    way = _way(where, credentials, timeout, behind)
    connection = Connection(way.carrier, way.let_go, way.why)
    connection.banner_timeout = connection.auth_timeout = connection.channel_timeout = timeout
    try:
        _handshake(connection, where, credentials, timeout, way)
        way.arrived()
        typed = log_in(connection, where, user, credentials)
    except BaseException:
        connection.close()
        raise
    connection.set_keepalive(KEEPALIVE)
    connection.prepare = SessionWants(where)
    return connection, user, typed or way.typed


def _way(where: Resolved, credentials: Credentials, timeout: float, behind: tuple[Resolved, ...]) -> Way:
    """The way that leads to the host."""
    refuse_circle(where, behind)
    if where.jump:
        return _jump(where, credentials, timeout, behind)
    if where.command:
        refuse_endless(where, behind)
        return proxy(where.command)
    return direct(where, timeout)


def _jump(where: Resolved, credentials: Credentials, timeout: float, behind: tuple[Resolved, ...]) -> Way:
    """Through the jump hosts, the last of which opens the way to the target."""
    middle = before(where)
    refuse_circle(middle, (where, *behind))  # in a circle it would wait for the turn that it has itself

    def reached() -> tuple[Connection, bool]:
        connection, _, typed = open_connection(middle, credentials, timeout, (where, *behind))
        return connection, typed

    place = (middle.target, middle.host, middle.port, middle.user, middle.jump, middle.command)
    connection, let_go, typed = credentials.asking.hops.through(place, reached, credentials.asks)
    try:
        channel = channel_to(connection, Address(host=where.host, port=where.port), timeout)
    except (paramiko.SSHException, EOFError, OSError) as error:
        let_go()
        raise HostError(
            f"{middle.address} cannot reach {where.address}: {one_line(str(error))}", "is the host up?"
        ) from error
    return Way(channel, let_go, typed=typed)


def _handshake(connection: Connection, where: Resolved, credentials: Credentials, timeout: float, way: Way) -> None:
    files = credentials.known_hosts or where.known_hosts
    known = [] if credentials.trusted else known_before(where, files)
    restrict(connection, where, known_types(known))
    try:
        connection.start_client(timeout=timeout)
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _unagreed(connection, where, way, error) from error
    if not connection.initial_kex_done:  # paramiko lets the time pass without a word
        why = way.why()
        raise HostError(
            f"{where.address} does not answer" + (f"; {why}" if why else ""),
            "the port is open: is its sshd stuck, or the way there?",
        )
    key = connection.get_remote_server_key()
    shown = connection.shown or host_key(key.asbytes())
    if credentials.trusted:
        if all(shown.plain != one.asbytes() for one in credentials.trusted):
            accept(where.known_as, shown, [], files)
        return
    try:
        peer = way.peer
    except OSError as error:
        raise _unagreed(connection, where, way, error) from error
    check_host_key(where, shown, key.get_bits(), peer, files)


def _unagreed(connection: Connection, where: Resolved, way: Way, error: Exception) -> HostError:
    """Why there is no connection: in the words of the way there or of the server, before paramiko's."""
    if way.endless:
        return leads_to_itself(where)
    if found := disagreement(connection, error):
        return HostError(f"{where.address}: {found[0]}", found[1])
    if why := way.why():
        return HostError(f"{where.address} is not reached: {why}", "run the ProxyCommand by hand, or log in again")
    said = connection.last_words() or one_line(str(error))
    return HostError(f"{where.address} does not speak SSH with us: {said}", "is that an SSH port?")
