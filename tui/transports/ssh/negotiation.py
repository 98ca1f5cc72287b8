"""paramiko's agreement on algorithms and keys, taught to take OpenSSH's lists and to tell what it keeps to itself."""

from collections.abc import Iterable
from typing import Any

import paramiko
from paramiko.common import MSG_USERAUTH_FAILURE, MSG_USERAUTH_INFO_REQUEST

from tui.transports.host_keys.keyblobs import HostKey, host_key

MOST_PROMPTS = 16
"""A server may ask four billion things in one message; paramiko would make a list of them."""

_REALLY_PARSE_KEX_INIT: Any = vars(paramiko.Transport)["_really_parse_kex_init"]
_VERIFY_KEY: Any = vars(paramiko.Transport)["_verify_key"]


class Negotiating(paramiko.Transport):
    """A connection that knows which algorithms it may use, what the server offers, shows and says as it hangs up."""

    def __init__(self, *args: Any, **given: Any) -> None:
        self.host_key_algorithms: tuple[str, ...] = ()
        """Kinds of host key to ask for, certificates among them, the best first; empty for paramiko's own."""
        self.offered: dict[str, tuple[str, ...]] = {}
        """What the server offers: kex, host_keys, ciphers, macs."""
        self.able: dict[str, tuple[str, ...]] = {}
        """What this program could agree on of each, whatever the configuration allows."""
        self.shown: HostKey | None = None
        """The key that the server proved to hold, with the certificate where it showed one."""
        self.goodbye = ""
        """What the server said as it ended the connection."""
        self.allowed: tuple[str, ...] | None = None
        """The ways to log in that the server would take next; None before it has refused one."""
        self.partly = False
        """Whether the last way was taken, and another one is wanted beside it."""
        super().__init__(*args, **given)

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """What to ask for."""
        return self.host_key_algorithms or tuple(super().preferred_keys)

    def allow_client_keys(self, algorithms: Iterable[str]) -> None:
        """Log in with these only."""
        inner: Any = self
        inner._preferred_pubkeys = tuple(name for name in inner._preferred_pubkeys if name in set(algorithms))

    def _really_parse_kex_init(self, message: paramiko.Message, ignore_first_byte: bool = False) -> Any:
        parsed = _REALLY_PARSE_KEX_INIT(self, message, ignore_first_byte)
        for name, key in (
            ("kex", "kex_algo_list"),
            ("host_keys", "server_key_algo_list"),
            ("ciphers", "server_encrypt_algo_list"),
            ("macs", "server_mac_algo_list"),
        ):
            self.offered[name] = tuple(one for one in parsed[key] if not one.startswith(("ext-info-", "kex-strict-")))
        return parsed

    def _verify_key(self, blob: bytes, signature: bytes) -> None:
        try:
            shown = host_key(blob)
        except ValueError as error:
            raise paramiko.SSHException(f"the server's key does not make sense: {error}") from error
        _VERIFY_KEY(self, blob, signature)
        self.shown = shown

    def look_at(self, kind: int, message: paramiko.Message) -> None:
        """Keep what paramiko does not tell of a message, and end what it would never come to the end of.

        Raises:
            SSHException: the server asks too much at once.
        """
        if kind not in (MSG_USERAUTH_FAILURE, MSG_USERAUTH_INFO_REQUEST) or self.is_authenticated():
            return
        if kind == MSG_USERAUTH_FAILURE:
            self.allowed = tuple(message.get_string().decode(errors="replace").split(","))
            self.partly = message.get_boolean()
            message.rewind()
        elif self.asks_interactively:
            for _ in range(3):
                message.get_string()
            asked = message.get_int()
            message.rewind()
            if asked > MOST_PROMPTS:
                raise paramiko.SSHException(f"it asks {asked} things at once")

    @property
    def asks_interactively(self) -> bool:
        """Whether the way that is being tried is the one in which the server asks."""
        handler: Any = self.auth_handler
        return getattr(handler, "auth_method", "") == "keyboard-interactive"

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        message.get_int()
        self.goodbye = message.get_string().decode(errors="replace")
