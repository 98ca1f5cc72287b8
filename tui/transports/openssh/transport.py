"""Runs commands on a host over one connection that `ssh` itself makes and logs in."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from tui.errors import AuthenticationRefused, HostError, LoginWanted
from tui.people import login_name
from tui.transports.asking import NOBODY, Asking
from tui.transports.base import Address, Answering, HostFacts, LinkState, TerminalEnd
from tui.transports.connected import ConnectedTransport
from tui.transports.openssh.exchange import MuxExchange, start
from tui.transports.openssh.far_mux import MuxTerminal, open_terminal
from tui.transports.openssh.jump_host import Through, held, logged_in
from tui.transports.openssh.master import Master, MasterEnd
from tui.transports.openssh.master_login import log_in
from tui.transports.openssh.tunnels import dial_through
from tui.transports.shell import Wrapped
from tui.transports.ssh_config.jumps import knock, refuse_endless
from tui.transports.ssh_config.resolved import Resolved, outlined

CONNECT_TIMEOUT = 10.0


class OpenSSHTransport(ConnectedTransport[Master]):
    """One host, by OpenSSH; see ConnectedTransport. It is given up without a sign of life for `liveness` seconds."""

    def __init__(
        self,
        name: str,
        target: str,
        *,
        user: str | None = None,
        port: int | None = None,
        config_files: Sequence[Path] | None = None,
        liveness: float = 25.0,
        patience: float = 5.0,
        connect_timeout: float = CONNECT_TIMEOUT,
        on_link: Callable[[LinkState, str], None] = lambda link, detail: None,
        asking: Asking | None = None,
    ) -> None:
        super().__init__(name, target, patience=patience, on_link=on_link, asking=asking)
        self._given = (user, port, tuple(config_files or ()))
        self._liveness = liveness
        self._connect_timeout = connect_timeout

    def answers(self, timeout: float) -> Answering:
        """Whether an SSH server answers there, or at the first host on the way; see Transport."""
        return Answering.YES if self._link is LinkState.UP else knock(outlined(self.target, *self._given), timeout)

    def dial(self, address: Address, timeout: float) -> socket.socket:
        """A socket that leads from the host to an address; see Transport."""
        connection, _ = self._connected()
        try:
            return dial_through(connection, address, timeout)
        except (EOFError, OSError) as error:
            raise HostError(f"{self.name}: the connection was lost on the way to {address}") from error

    def _made(self, asks: bool) -> tuple[Master, HostFacts]:
        where = self._where()
        through, typed = held(where, self._asking), False
        try:
            try:
                master = self._logged_in(where, True, through.options() if through else ())
            except AuthenticationRefused as refused:
                if where.batch or not asks or not self._asking.has_terminal:
                    hint = f"{NOBODY}; {refused.hint}" if not asks else refused.hint
                    raise (AuthenticationRefused if where.batch else LoginWanted)(refused.message, hint) from None
                through = through or self._jump_host(where)
                master, typed = self._by_person(where, through)
        except BaseException:
            if through is not None:
                through.let_go()
            raise
        if through is not None:
            master.let_go, typed = through.let_go, True
        kind, shown = master.ears.key
        facts = HostFacts(
            target=where.address, user=where.user or login_name(), key_type=kind, fingerprint=shown, typed=typed
        )
        return master, facts

    def _jump_host(self, where: Resolved) -> Through | None:
        """The way over a jump host that a person logs in to; None where there is none that wants that.

        Raises:
            LoginWanted: they leave it, or what they type is not right.
        """
        try:
            return logged_in(where, self._asking, self._logged_in)
        except AuthenticationRefused as refused:
            raise LoginWanted(refused.message, refused.hint) from None

    def _by_person(self, where: Resolved, through: Through | None) -> tuple[Master, bool]:
        """Logged in, and whether a person typed for it: behind a jump host nothing more may be wanted.

        Raises:
            LoginWanted: they leave it, or what they type is not right.
        """
        options = through.options() if through else ()
        if through is not None:
            with suppress(AuthenticationRefused):
                return self._logged_in(where, True, options), False
        try:
            return self._asking.at_terminal(partial(self._logged_in, where, False, options)), True
        except AuthenticationRefused as refused:
            raise LoginWanted(refused.message, refused.hint) from None

    def _where(self) -> Resolved:
        """The host, and that the way there ends: ssh would start itself again and again on one that does not."""
        where = outlined(self.target, *self._given)
        refuse_endless(where)
        return where

    def _loss_told(self, connection: Master, noticed: Callable[[LinkState, str], None]) -> MasterEnd:
        return MasterEnd(connection, noticed)

    def _start(self, connection: Master, wrapped: Wrapped, patience: float, let_go: Callable[[], None]) -> MuxExchange:
        return start(connection, wrapped, patience, let_go)

    def _terminal(self, connection: Master, request: str, end: TerminalEnd, let_go: Callable[[], None]) -> MuxTerminal:
        return open_terminal(connection, request, end, let_go)

    def _another(self) -> Master:
        return self._logged_in(self._where(), True)

    def _logged_in(self, where: Resolved, batch: bool, more: Sequence[str] = ()) -> Master:
        alive, tell = self._liveness / 3, self._asking.tell
        given = self._given if where.target == self.target else (where.user or None, where.port, where.files)
        return log_in(where, given, batch, timeout=self._connect_timeout, alive=alive, tell=tell, more=more)
