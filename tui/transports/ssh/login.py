"""Logs in with the operator's keys, in OpenSSH's order, and says of each why it did not do."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import paramiko
from msgspec import Struct

from tui.errors import AuthenticationRefused, SignatureInvalid
from tui.transports.host_keys.keyblobs import CERTIFICATE, read_key
from tui.transports.one_line import one_line
from tui.transports.ssh.agent import listed_keys
from tui.transports.ssh.wire import Connection
from tui.transports.ssh_config.resolved import AGENT, Resolved

AGENT_TIMEOUT = 60.0
"""Long enough to touch a hardware key."""

KEY = "publickey"
UNSIGNED = "key cannot be used for signing"
"""paramiko's word for an agent that refuses; the connection has ended then."""
OTHERS = 0o077
"""Permission bits that OpenSSH does not let a private key have."""
WORDS = {"keyboard-interactive": "a code or a password typed in", "password": "a password", KEY: "another key"}
"""What a server may want beside a key, for the eye."""


class Credentials(Struct, frozen=True):
    """What replaces OpenSSH's files: other known_hosts, or (for a drill) keys that are trusted for one run."""

    known_hosts: tuple[Path, ...] = ()
    trusted: tuple[paramiko.PKey, ...] = ()
    client_key: paramiko.PKey | None = None

    def direct(self, host: str, user: str, port: int) -> Resolved:
        """A host reached without asking any configuration."""
        return Resolved(target=host, host=host, port=port, user=user or "drill")


class _Offer(Struct, frozen=True):
    """A key to try, or why there is none: and what would remedy it."""

    name: str
    key: paramiko.PKey | None = None
    why_not: str = ""
    remedy: str = ""


def log_in(connection: Connection, where: Resolved, user: str, credentials: Credentials) -> None:
    """Offer the keys one after the other.

    Raises:
        AuthenticationRefused: none was taken, or a key alone is not enough; says which were tried and why the others
            were not.
    """
    if not where.key_login:
        raise AuthenticationRefused(
            f"{user}@{where.address}: the SSH configuration lets no key log in "
            "(PubkeyAuthentication or PreferredAuthentications), and this program logs in with nothing else",
            "allow publickey for this host in the SSH configuration",
        )
    tried: list[_Offer] = []
    wanted: list[str] = []
    for offer in _offers(where, credentials):
        why_not = offer.why_not or (_not_allowed(connection, where, offer.key) if offer.key else "")
        if offer.key is None or why_not:
            tried.append(_Offer(offer.name, why_not=why_not, remedy=offer.remedy))
            continue
        tried.append(offer)
        wanted = _offer(connection, where, user, tried) or wanted
        if connection.is_authenticated():
            return
        if wanted and KEY not in wanted:
            break
    if wanted:
        raise _second_factor(connection, where, user, wanted)
    raise _refusal(connection, where, user, tried)


def _offer(connection: Connection, where: Resolved, user: str, tried: list[_Offer]) -> list[str]:
    """Offer the last of `tried`; returns what the server wants beside it, where it took it and wants more."""
    key = tried[-1].key
    assert key
    try:
        return connection.auth_publickey(user, key)
    except paramiko.BadAuthenticationType as error:
        if KEY not in error.allowed_types:
            raise AuthenticationRefused(
                f"{user}@{where.address} lets no key log in: it wants {_named(error.allowed_types)}{_said(connection)}",
                f"try: ssh {where.target}; the runbook needs a login by key alone there",
            ) from error
    except paramiko.AuthenticationException:
        if not connection.is_active():
            raise _refusal(connection, where, user, tried) from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        if UNSIGNED in str(error):
            raise AuthenticationRefused(
                f"{user}@{where.address}: the SSH agent will not sign with {tried[-1].name}",
                "was a dialog or a touch refused? is the agent locked (ssh-add -X)?",
            ) from error
        raise AuthenticationRefused(
            f"{user}@{where.address}: {connection.last_words() or one_line(str(error))}",
            "too many keys? set IdentityFile and IdentitiesOnly for this host",
        ) from error
    return []


def _second_factor(connection: Connection, where: Resolved, user: str, wanted: list[str]) -> AuthenticationRefused:
    return AuthenticationRefused(
        f"{user}@{where.address} takes a key, and a second factor is wanted: {_named(wanted)}{_said(connection)}",
        "commands of a runbook need a login by key alone: ask the host's owner for one (AuthenticationMethods)",
    )


def _named(methods: list[str]) -> str:
    return " or ".join(WORDS.get(method, one_line(method)) for method in methods) or "nothing that it names"


def _said(connection: Connection) -> str:
    """What the server says to people who log in, which may be why it does not let them."""
    ended = "" if connection.is_active() else connection.last_words()
    said = ended or one_line(connection.get_banner() or b"")
    return f"; it says: {said}" if said else ""


def _refusal(connection: Connection, where: Resolved, user: str, tried: list[_Offer]) -> AuthenticationRefused:
    words = "; ".join(" ".join(filter(None, (offer.name, offer.why_not))) for offer in tried)
    remedy = next((offer.remedy for offer in tried if offer.remedy), "")
    if remedy:
        hint = remedy
    elif any(offer.key for offer in tried):
        hint = f"try: ssh {where.target}; is the user right?"
    else:
        hint = "name a key with IdentityFile in the SSH configuration, or add one to the agent with ssh-add"
    none = "none: no key file and no agent"
    return AuthenticationRefused(
        f"{user}@{where.address} takes none of our keys ({words or none}){_said(connection)}", hint
    )


def _not_allowed(connection: Connection, where: Resolved, key: paramiko.PKey) -> str:
    """Why the configuration does not let this key be offered; empty where it does."""
    kind, bits = key.get_name().removesuffix(CERTIFICATE), key.get_bits()
    if kind == "ssh-rsa" and bits < where.algorithms.rsa_bits:
        return f"is too short: {bits} bits, RequiredRSASize is {where.algorithms.rsa_bits}"
    certified = CERTIFICATE if key.public_blob or key.get_name().endswith(CERTIFICATE) else ""
    names = ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
    allowed = where.algorithms.client_keys
    if allowed is None or any(name + certified in allowed for name in names):
        return ""
    return "is of a kind that PubkeyAcceptedAlgorithms does not allow"


def _offers(where: Resolved, credentials: Credentials) -> Iterator[_Offer]:
    """The keys to offer: those of the agent (all, or only those named), then the files it does not hold."""
    if credentials.client_key is not None:
        yield _Offer("this run's own key", credentials.client_key)
        return
    named = {path: _public(path) for path in where.identities}
    agent = _agent(where.agent)
    try:
        keys = agent.get_keys() if agent else ()
        for key in sorted(keys, key=lambda key: key.asbytes() not in named.values()):
            if not where.identities_only or key.asbytes() in named.values():
                yield _Offer(f"agent {key.get_name()}", key)
        held = {key.asbytes() for key in keys}
        for path, public in named.items():
            if path.exists() and public not in held:
                yield from _from_file(path)
    finally:
        if agent:
            agent._close()


def _agent(name: str) -> Any:
    """The agent that IdentityAgent names, connected; None where there is none."""
    if name == AGENT or name.startswith("$"):
        name = os.environ.get(name.lstrip("$").strip("{}"), "")
    if not name or name == "none":
        return None
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(AGENT_TIMEOUT)
    agent: Any = paramiko.agent.AgentSSH()
    agent._conn = link
    try:
        link.connect(os.path.expanduser(name))
        agent._keys = tuple(_agent_keys(agent, link))
    except (SignatureInvalid, OSError, ValueError):
        link.close()
        return None
    return agent


def _agent_keys(agent: Any, link: socket.socket) -> Iterator[paramiko.PKey]:
    """The agent's keys, without those that make no sense; paramiko's own list ends at a comment that is no UTF-8."""
    for blob, comment in listed_keys(link):
        with suppress(paramiko.SSHException, ValueError):
            yield paramiko.agent.AgentKey(agent, blob, comment)


def _public(path: Path) -> bytes:
    """The public key that a file holds, or the one beside a private one; empty where there is none."""
    return _read_public(path) or _read_public(path.with_name(path.name + ".pub"))


def _read_public(file: Path) -> bytes:
    try:
        read = read_key(file.read_bytes().partition(b"\n")[0])
    except (OSError, ValueError):
        return b""
    return read[1] if read else b""


def _from_file(path: Path) -> Iterator[_Offer]:
    """What a file of IdentityFile offers: with the certificate beside it, where there is one, and without."""
    if _read_public(path):
        yield _Offer(str(path), why_not="is a public key, which the agent does not hold")
        return
    if others := _open_to_others(path):
        yield _Offer(str(path), why_not=f"can be read by others ({others})", remedy=f"chmod 600 {path}")
        return
    try:
        key = _loaded(path)
    except (paramiko.PasswordRequiredException, TypeError):  # the second is cryptography's word for the first
        yield _Offer(str(path), why_not="needs its passphrase", remedy=f"add it to the agent first: ssh-add {path}")
    except OSError as error:
        yield _Offer(str(path), why_not=f"cannot be read: {error.strerror}")
    except Exception:  # whatever a parser makes of a file that is no key
        yield _Offer(str(path), why_not="is no private key that can be used")
    else:
        if key.public_blob:
            yield _Offer(f"{path} with its certificate", key)
            key = _loaded(path)
            key.public_blob = None
        yield _Offer(str(path), key)


def _loaded(path: Path) -> paramiko.PKey:
    """The private key of a file; paramiko takes some ECDSA ones without a comment for empty."""
    try:
        return paramiko.PKey.from_path(path)
    except paramiko.PasswordRequiredException:
        raise
    except paramiko.SSHException:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key

        key = load_ssh_private_key(path.read_bytes(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise
        return paramiko.ECDSAKey(vals=(key, key.public_key()))


def _open_to_others(path: Path) -> str:
    """The permissions of a private key of ours that others may read, as `ls` writes them in digits; else empty."""
    try:
        status = path.stat()
    except OSError:
        return ""
    ours = status.st_uid == os.getuid()
    return f"{status.st_mode & 0o777:04o}" if ours and status.st_mode & OTHERS else ""
