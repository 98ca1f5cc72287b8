"""Logs in with the operator's keys, in OpenSSH's order, and says of each why it did not do."""

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
from msgspec import Struct

from tui.errors import AuthenticationRefused
from tui.transports.config import AGENT, Resolved
from tui.transports.wire import Connection

AGENT_TIMEOUT = 60.0
"""Long enough to touch a hardware key."""


class Credentials(Struct, frozen=True):
    """What replaces OpenSSH's files: other known_hosts, or (for a drill) keys that are trusted for one run."""

    known_hosts: tuple[Path, ...] = ()
    trusted: tuple[paramiko.PKey, ...] = ()
    client_key: paramiko.PKey | None = None

    def direct(self, host: str, user: str, port: int) -> Resolved:
        """A host reached without asking any configuration."""
        return Resolved(target=host, host=host, port=port, user=user or "drill")


class _Offer(Struct, frozen=True):
    """A key to try, or why there is none: `locked` by a passphrase, or unreadable."""

    name: str
    key: paramiko.PKey | None = None
    why_not: str = ""
    locked: Path | None = None


def log_in(connection: Connection, where: Resolved, user: str, credentials: Credentials) -> None:
    """Offer the keys one after the other.

    Raises:
        AuthenticationRefused: none was taken; says which were tried and why the others were not.
    """
    tried: list[_Offer] = []
    for offer in _offers(where, credentials):
        tried.append(offer)
        if offer.key is None:
            continue
        try:
            connection.auth_publickey(user, offer.key)
        except paramiko.AuthenticationException:
            if not connection.is_active():
                raise _refusal(where, user, tried) from None
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise AuthenticationRefused(
                f"{user}@{where.address}: {error}", "too many keys? set IdentityFile and IdentitiesOnly for this host"
            ) from error
        if connection.is_authenticated():
            return
    raise _refusal(where, user, tried)


def _refusal(where: Resolved, user: str, tried: list[_Offer]) -> AuthenticationRefused:
    words = "; ".join(" ".join(filter(None, (offer.name, offer.why_not))) for offer in tried)
    locked = next((offer.locked for offer in tried if offer.locked), None)
    if locked:
        hint = f"add it to the agent first: ssh-add {locked}"
    elif any(offer.key for offer in tried):
        hint = f"try: ssh {where.target}; is the user right?"
    else:
        hint = "name a key with IdentityFile in the SSH configuration, or add one to the agent with ssh-add"
    return AuthenticationRefused(
        f"{user}@{where.address} takes none of our keys ({words or 'none: no key file and no agent'})", hint
    )


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
                yield _from_file(path)
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
    try:
        link.connect(os.path.expanduser(name))
        agent._connect(link)
    except (paramiko.SSHException, OSError):
        link.close()
        return None
    return agent


def _public(path: Path) -> bytes:
    """The public key beside a private one; empty where there is none."""
    try:
        return base64.b64decode(path.with_name(path.name + ".pub").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return b""


def _from_file(path: Path) -> _Offer:
    try:
        return _Offer(str(path), paramiko.PKey.from_path(path))
    except (paramiko.PasswordRequiredException, TypeError):  # the second is cryptography's word for the first
        return _Offer(str(path), why_not="needs its passphrase", locked=path)
    except OSError as error:
        return _Offer(str(path), why_not=f"cannot be read: {error.strerror}")
    except Exception:  # whatever a parser makes of a file that is no key
        return _Offer(str(path), why_not="is no private key that can be used")
