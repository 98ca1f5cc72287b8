"""Runs commands on a host over one SSH connection of paramiko's that all threads share."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import paramiko
from msgspec.structs import replace

from tui.errors import HostError
from tui.transports.asking import Asking
from tui.transports.base import Address, Answering, HostFacts, LinkState, TerminalEnd
from tui.transports.connected import ConnectedTransport
from tui.transports.host_keys.keyblobs import fingerprint
from tui.transports.shell import Wrapped
from tui.transports.ssh.channels import SSHExchange, start
from tui.transports.ssh.connect import CONNECT_TIMEOUT, open_connection
from tui.transports.ssh.far_terminal import SSHTerminal, open_terminal
from tui.transports.ssh.liveness import Liveness
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh.tunnel import dial_through
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.jumps import knock
from tui.transports.ssh_config.resolved import Resolved, outlined, resolve


class SSHTransport(ConnectedTransport[Connection]):
    """One host, by paramiko; see ConnectedTransport.

    `trusted_keys` and `client_key` stand for known_hosts and the operator's keys: for a drill's host, whose keys are
    made for one run. A peer without a sign of life for `liveness` seconds is given up.
    """

    def __init__(
        self,
        name: str,
        target: str,
        *,
        user: str | None = None,
        port: int | None = None,
        config_files: Sequence[Path] | None = None,
        known_hosts: Sequence[Path] | None = None,
        trusted_keys: Sequence[paramiko.PKey] = (),
        client_key: paramiko.PKey | None = None,
        liveness: float = 25.0,
        patience: float = 5.0,
        connect_timeout: float = CONNECT_TIMEOUT,
        on_link: Callable[[LinkState, str], None] = lambda link, detail: None,
        asking: Asking | None = None,
    ) -> None:
        super().__init__(name, target, patience=patience, on_link=on_link, asking=asking)
        self._given = (user, port, tuple(config_files or ()))
        self._credentials = Credentials(
            known_hosts=tuple(known_hosts or ()), trusted=tuple(trusted_keys), client_key=client_key
        )
        self._liveness = liveness
        self._connect_timeout = connect_timeout

    def answers(self, timeout: float) -> Answering:
        """Whether an SSH server answers there, or at the first host on the way; see Transport."""
        if self._link is LinkState.UP:
            return Answering.YES
        user, port, files = self._given
        return knock(outlined(self.target, user, port, files), timeout)

    def round_trip(self) -> float | None:
        """How long the last sign of life took; see Transport."""
        made_up = bool(self._credentials.trusted)  # a drill's host is on this machine: its time says nothing
        return None if made_up else super().round_trip()

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A socket that leads from the host to an address; see Transport."""
        connection, _ = self._connected()
        try:
            return dial_through(connection, address, timeout)
        except EOFError as error:
            raise HostError(f"{self.name}: the connection was lost on the way to {address}") from error

    def _made(self, asks: bool) -> tuple[Connection, HostFacts]:
        where = self._where()
        credentials = replace(self._credentials, asking=self._asking, asks=asks)
        connection, user, typed = open_connection(where, credentials, self._connect_timeout)
        key = connection.get_remote_server_key()
        return connection, HostFacts(
            target=where.address,
            user=user,
            key_type=key.get_name(),
            fingerprint=fingerprint(key.asbytes()),
            typed=typed,
        )

    def _loss_told(self, connection: Connection, noticed: Callable[[LinkState, str], None]) -> Liveness:
        return Liveness(connection, self._liveness, noticed)

    def _start(
        self, connection: Connection, wrapped: Wrapped, patience: float, let_go: Callable[[], None]
    ) -> SSHExchange:
        return start(connection, wrapped, patience, let_go)

    def _terminal(
        self, connection: Connection, request: str, end: TerminalEnd, let_go: Callable[[], None]
    ) -> SSHTerminal:
        return open_terminal(connection, request, end, let_go)

    def _where(self) -> Resolved:
        if self._credentials.trusted:
            user, port, _ = self._given
            return self._credentials.direct(self.target, user or "", port or 22)
        return resolve(self.target, *self._given)

    def _another(self) -> Connection:
        return open_connection(self._where(), replace(self._credentials, asking=self._asking), self._connect_timeout)[0]
