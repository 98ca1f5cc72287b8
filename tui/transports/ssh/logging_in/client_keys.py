"""The operator's keys in the order in which OpenSSH offers them: the agent's, then those of files, locked ones last."""

import os
import socket
from collections.abc import Generator, Iterator
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import paramiko
from msgspec import Struct, field

from tui.errors import SignatureInvalid
from tui.transports.asking import Asking
from tui.transports.host_keys.keyblobs import CERTIFICATE, read_key
from tui.transports.ssh.logging_in.certificates import RENEW, certificates, not_now
from tui.transports.ssh.logging_in.held_key import HeldKey, held_keys
from tui.transports.ssh_config.by_openssh import BY_OPENSSH
from tui.transports.ssh_config.resolved import Resolved, agent_socket

AGENT_TIMEOUT = 60.0
"""Long enough to touch a hardware key."""

OTHERS = 0o077
"""Permission bits that OpenSSH does not let a private key have."""


class Credentials(Struct, frozen=True):
    """What replaces OpenSSH's files: other known_hosts, or (for a drill) keys that are trusted for one run."""

    known_hosts: tuple[Path, ...] = ()
    trusted: tuple[paramiko.PKey, ...] = ()
    client_key: paramiko.PKey | None = None
    asking: Asking = field(default_factory=Asking)
    """Who is asked for what has to be typed, and keeps the keys that were unlocked."""
    asks: bool = False
    """Whether anything may be asked now."""

    def direct(self, host: str, user: str, port: int) -> Resolved:
        """A host reached without asking any configuration."""
        return Resolved(target=host, host=host, port=port, user=user or "drill")


class ClientKey(Struct, frozen=True):
    """A key to try, or why there is none: and what would remedy it."""

    name: str
    key: paramiko.PKey | None = None
    why_not: str = ""
    remedy: str = ""


def not_allowed(where: Resolved, key: paramiko.PKey) -> str:
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


def client_keys(where: Resolved, credentials: Credentials) -> Generator[ClientKey]:
    """The keys to offer: those of the agent (all, or only those named), then the files it does not hold."""
    if credentials.client_key is not None:
        yield ClientKey("this run's own key", credentials.client_key)
        return
    named = {path: _public(path) for path in where.identities}
    signed = list(_certificates(where))
    link = _agent(where.agent)
    try:
        keys = _held(link) if link else []
        held = {key.asbytes() for key in keys}
        wanted = {*named.values(), *(one.blob.key_blob for one in signed)}
        keys = [key for key in keys if not where.identities_only or key.asbytes() in wanted]
        yield from _of_agent(keys, wanted, signed)
        locked = []
        for path, public in named.items():
            if path.exists() and public not in held:
                if is_locked(path) and credentials.asking.held(path) is None:
                    locked.append(path)  # asked for last, where nothing else is taken
                else:
                    yield from _from_file(path, credentials, signed)
        for path in locked:
            yield from _from_file(path, credentials, signed)
    finally:
        if link:
            link.close()


def _agent(name: str) -> socket.socket | None:
    """The agent that IdentityAgent names, connected; None where there is none."""
    if not (place := agent_socket(name)):
        return None
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(AGENT_TIMEOUT)
    try:
        link.connect(place)
    except OSError:
        link.close()
        return None
    return link


def _held(link: socket.socket) -> list[HeldKey]:
    """What the agent holds; nothing where what answers is not an agent."""
    try:
        return held_keys(link)
    except (SignatureInvalid, OSError, ValueError):
        return []


def _of_agent(keys: list[HeldKey], wanted: set[bytes], signed: "list[_Certificate]") -> Iterator[ClientKey]:
    """The agent's keys as it lists them, the wanted ones first; then those for which a file has a certificate."""
    for key in sorted(keys, key=lambda key: key.asbytes() not in wanted):
        why_not = not_now(key.parts)
        words = f"agent {key.get_name()}" + (f", {why_not}" if why_not else "")
        yield ClientKey(words, key, remedy=RENEW if why_not else "")
    listed = {key.asbytes(): key for key in keys}
    for one in signed:
        if one.blob.key_blob not in listed and (held := listed.get(one.plain)) is not None:
            yield one.offered(f"agent {held.get_name()}", held.certified(one.blob))


class _Certificate(Struct, frozen=True):
    """A certificate of a file: as paramiko sends it, the key that it is for, and why it is of no use now."""

    path: Path
    blob: Any
    plain: bytes
    why_not: str

    def offered(self, name: str, key: paramiko.PKey) -> ClientKey:
        """A key with it; one whose time is over is offered as well, as by ssh."""
        words = f"{name} with {self.path}" + (f", {self.why_not}" if self.why_not else "")
        return ClientKey(words, key, remedy=RENEW if self.why_not else "")


def _certificates(where: Resolved) -> Iterator[_Certificate]:
    for path, parts in certificates(where):
        name = parts.kind.removesuffix("@openssh.com") + CERTIFICATE
        blob = paramiko.pkey.PublicBlob(name, parts.certificate)
        yield _Certificate(path, blob, parts.plain, not_now(parts))


def _public(path: Path) -> bytes:
    """The public key that a file holds, or the one beside a private one; empty where there is none."""
    return _read_public(path) or _read_public(path.with_name(path.name + ".pub"))


def _read_public(file: Path) -> bytes:
    try:
        read = read_key(file.read_bytes().partition(b"\n")[0])
    except (OSError, ValueError):
        return b""
    return read[1] if read else b""


def is_locked(path: Path) -> bool:
    """Whether a private key needs a passphrase before it can be used."""
    try:
        _loaded(path)
    except (paramiko.PasswordRequiredException, TypeError):  # the second is cryptography's word for the first
        return True
    except Exception:  # whatever a parser makes of a file that is not a key
        return False
    return False


def _from_file(path: Path, credentials: Credentials, signed: list[_Certificate]) -> Iterator[ClientKey]:
    """What a file of IdentityFile offers: with each certificate for it, and without."""
    if _read_public(path):
        yield ClientKey(str(path), why_not="is a public key, which the agent does not hold")
        return
    if _public(path)[4:].startswith(b"sk-"):
        why_not = "is a security key's, which only an agent or ssh itself can sign with"
        yield ClientKey(
            str(path), why_not=why_not, remedy=f"add it to the agent first: ssh-add {path}; or {BY_OPENSSH}"
        )
        return
    if others := _open_to_others(path):
        yield ClientKey(str(path), why_not=f"can be read by others ({others})", remedy=f"chmod 600 {path}")
        return
    try:
        key = _unlocked(path, credentials) or _loaded(path)
    except (paramiko.PasswordRequiredException, TypeError):
        yield ClientKey(str(path), why_not="needs its passphrase", remedy=f"add it to the agent first: ssh-add {path}")
    except OSError as error:
        yield ClientKey(str(path), why_not=f"cannot be read: {error.strerror}")
    except Exception:  # whatever a parser makes of a file that is not a key
        yield ClientKey(str(path), why_not="is not a private key that can be used")
    else:
        for one in signed:
            if one.plain == key.asbytes():
                certified = copy(key)
                certified.public_blob = one.blob
                yield one.offered(str(path), certified)
        key = copy(key)
        key.public_blob = None  # paramiko took the one beside it, whatever CertificateFile says
        yield ClientKey(str(path), key)


def _unlocked(path: Path, credentials: Credentials) -> paramiko.PKey | None:
    """The key of a file that needs a passphrase, where that was given or can be asked for."""
    if (held := credentials.asking.held(path)) is not None or not credentials.asks or not is_locked(path):
        return held
    return credentials.asking.unlock(path, partial(_loaded, path))


def _loaded(path: Path, passphrase: str | None = None) -> paramiko.PKey:
    """The private key of a file; paramiko takes some ECDSA ones without a comment for empty."""
    password: Any = passphrase.encode() if passphrase is not None else None  # its type stubs say str, its code bytes
    try:
        return paramiko.PKey.from_path(path, password)
    except paramiko.PasswordRequiredException:
        raise
    except paramiko.SSHException:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key

        key = load_ssh_private_key(path.read_bytes(), password=password)
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
