"""Logs in with the operator's keys and with what is typed, in OpenSSH's order, and says of each why it did not do."""

from collections.abc import Callable, Iterator
from contextlib import closing

import paramiko

from tui.errors import AuthenticationRefused, LoginWanted
from tui.transports.asking import NOBODY
from tui.transports.one_line import one_line
from tui.transports.ssh.logging_in.client_keys import AGENT_TIMEOUT, ClientKey, Credentials, client_keys, not_allowed
from tui.transports.ssh.logging_in.held_key import UNSIGNED, HeldKey
from tui.transports.ssh.logging_in.typed import INTERACTIVE, PASSWORD, TYPED, Typing
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.by_openssh import BY_OPENSSH, LOGINS
from tui.transports.ssh_config.resolved import Resolved

KEY = "publickey"
WORDS = {INTERACTIVE: "a code or a password typed in", PASSWORD: "a password", KEY: "another key"}
"""What a server may want beside a key, for the eye."""
FACTORS = 8
"""Up to this many ways to log in may be wanted one after the other."""


def log_in(connection: Connection, where: Resolved, user: str, credentials: Credentials) -> bool:
    """Go through the ways that the configuration and the server allow, until no further one is wanted.

    Returns:
        Whether the server wanted something typed, so that nobody can log in again by himself.

    Raises:
        AuthenticationRefused: none was taken, or a key alone is not enough; says which were tried and why the others
            were not.
    """
    typing = Typing(
        connection, where, user, credentials.asking if credentials.asks and credentials.asking.somebody else None
    )
    methods = (KEY,) if credentials.client_key is not None else where.methods
    if not typing.possible:
        methods = tuple(name for name in methods if name == KEY)
    if not methods:
        raise _no_key_allowed(where, user)
    with closing(client_keys(where, credentials)) as offers:
        keys = _Keys(connection, where, user, offers, credentials.asking.tell)
        _go_through(connection, methods, keys, typing)
    if connection.is_authenticated():
        return typing.asked
    raise _why_not(connection, where, user, keys, typing)


def _go_through(connection: Connection, methods: tuple[str, ...], keys: "_Keys", typing: Typing) -> None:
    """Try each way once after every one that was taken, as long as the server wants more."""
    for _ in range(FACTORS):
        done: set[str] = set()
        while not connection.is_authenticated():
            able = (name for name in methods if name not in done)
            method = next((name for name in able if connection.allowed is None or name in connection.allowed), None)
            if method is None:
                return
            connection.partly = False
            if method == KEY:
                keys.log_in()
            else:
                typing.log_in(method)
            done |= set(TYPED) if typing.wrong else {method}  # the other one would ask for the same
            if connection.partly:
                keys.partly = True
                break
        else:
            return


class _Keys:
    """The operator's keys for one login: each is offered once."""

    def __init__(
        self,
        connection: Connection,
        where: Resolved,
        user: str,
        offers: Iterator[ClientKey],
        tell: Callable[[str], None],
    ) -> None:
        """Args: tell: says something to the operator that they have to know now."""
        self._tell = tell
        self._connection = connection
        self._where = where
        self._user = user
        self._offers = offers
        self._next: ClientKey | None = None
        self.tried: list[ClientKey] = []
        self.partly = False
        """Whether a way to log in was taken, and another one is wanted beside it."""

    def log_in(self) -> None:
        """Offer key after key, until one is taken or the server takes none.

        Raises:
            AuthenticationRefused: the connection has ended.
        """
        while (offer := self._next or next(self._offers, None)) is not None:
            self._next = None
            why_not = offer.why_not or (not_allowed(self._where, offer.key) if offer.key else "")
            if offer.key is None or why_not:
                self.tried.append(ClientKey(offer.name, why_not=why_not, remedy=offer.remedy))
                continue
            if self._is_taken(offer, offer.key):
                return

    def _is_taken(self, offer: ClientKey, key: paramiko.PKey) -> bool:
        """Whether the server takes a key, or takes none now: then this one is kept for later."""
        connection, where, user = self._connection, self._where, self._user
        patience = connection.auth_timeout
        if isinstance(key, HeldKey):  # somebody may have to touch it, or to answer a dialog of the agent's
            connection.auth_timeout = AGENT_TIMEOUT
            if key.wants_touch:
                self._tell(f"Touch your security key to log in to {user}@{where.address}")
        try:
            connection.auth_publickey(user, key)
        except paramiko.BadAuthenticationType:
            self._next = offer
            return True
        except paramiko.AuthenticationException:
            self.tried.append(offer)
            if not connection.is_active():
                raise _refusal(connection, where, user, self.tried) from None
            return False
        except (paramiko.SSHException, EOFError, OSError) as error:
            if UNSIGNED in str(error):
                raise AuthenticationRefused(
                    f"{user}@{where.address}: the SSH agent will not sign with {offer.name}",
                    "was a dialog or a touch refused? is the agent locked (ssh-add -X)?",
                ) from error
            raise AuthenticationRefused(
                f"{user}@{where.address}: {connection.last_words() or one_line(str(error))}",
                "too many keys? set IdentityFile and IdentitiesOnly for this host",
            ) from error
        finally:
            connection.auth_timeout = patience
        self.tried.append(offer)
        return True


def _no_key_allowed(where: Resolved, user: str) -> AuthenticationRefused:
    """The configuration leaves no way to log in, at least not without somebody who types."""
    asked = where.methods and not where.batch
    return (LoginWanted if asked else AuthenticationRefused)(
        f"{user}@{where.address}: the SSH configuration lets no key log in "
        "(PubkeyAuthentication or PreferredAuthentications)"
        + (f", but {_named(where.methods)}" if asked else ", and no other way that this program has"),
        NOBODY if asked else "allow publickey for this host in the SSH configuration",
    )


def _why_not(connection: Connection, where: Resolved, user: str, keys: _Keys, typing: Typing) -> AuthenticationRefused:
    """Why nobody is logged in after everything was tried."""
    wanted = connection.allowed or ()
    typed = [name for name in wanted if name in TYPED]
    if typing.wrong:
        return LoginWanted(
            f"{user}@{where.address} did not take what was typed{typing.hidden(_said(connection))}",
            "check again to be asked again; too many wrong answers may lock the account",
        )
    if keys.partly:
        return _second_factor(connection, where, user, wanted, typing)
    if connection.allowed is not None and KEY not in wanted:
        hint = NOBODY if typed and not typing.possible else "which ways it takes is its owner's to say"
        if not typed and set(LOGINS) & set(wanted):
            hint = BY_OPENSSH
        return (LoginWanted if typed and not typing.possible else AuthenticationRefused)(
            f"{user}@{where.address} lets no key log in: it wants {_named(wanted)}{_said(connection)}",
            f"try: ssh {where.target}; {hint}",
        )
    return _refusal(connection, where, user, keys.tried)


def _second_factor(
    connection: Connection, where: Resolved, user: str, wanted: tuple[str, ...], typing: Typing
) -> AuthenticationRefused:
    takes = "what was typed" if typing.asked else "a key"
    typed = any(name in TYPED for name in wanted)
    return (LoginWanted if typed and not typing.possible else AuthenticationRefused)(
        f"{user}@{where.address} takes {takes}, and a second factor is wanted: {_named(wanted)}{_said(connection)}",
        NOBODY
        if typed and not typing.possible
        else "name the other key with IdentityFile, or ask the host's owner what it wants (AuthenticationMethods)",
    )


def _named(methods: tuple[str, ...]) -> str:
    return " or ".join(WORDS.get(method, one_line(method)) for method in methods) or "nothing that it names"


def _said(connection: Connection) -> str:
    """What the server says to people who log in, which may be why it does not let them."""
    ended = "" if connection.is_active() else connection.last_words()
    said = ended or one_line(connection.get_banner() or b"")
    return f"; it says: {said}" if said else ""


def _refusal(connection: Connection, where: Resolved, user: str, tried: list[ClientKey]) -> AuthenticationRefused:
    words = "; ".join(" ".join(filter(None, (offer.name, offer.why_not))) for offer in tried)
    remedy = next((offer.remedy for offer in tried if offer.remedy), "")
    if remedy:
        hint = remedy
    elif any(offer.key for offer in tried):
        hint = f"try: ssh {where.target}; is the user right?"
    else:
        hint = "name a key with IdentityFile in the SSH configuration, or add one to the agent with ssh-add"
    if where.token:
        hint += f"; for the keys of PKCS11Provider: ssh-add -s {where.token}, or {BY_OPENSSH}"
    if others := dict.fromkeys(LOGINS[name] for name in connection.allowed or () if name in LOGINS):
        hint += f"; for a login by {' or '.join(others)} {BY_OPENSSH}"
    none = "none: no key file and no agent"
    return AuthenticationRefused(
        f"{user}@{where.address} takes none of our keys ({words or none}){_said(connection)}", hint
    )
