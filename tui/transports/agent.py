"""Signs with the keys of the operator's SSH agent, so that no private key ever passes through this program."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from tui.errors import SignatureInvalid, SigningRefused
from tui.session.public_keys import PublicKey, public_key
from tui.session.sshsig import Reader

PATIENCE = 60.0
"""Seconds an agent may take: long enough to touch a security key or to answer a dialog."""

RSA_ALGORITHM = "rsa-sha2-512"
SOCKET = "SSH_AUTH_SOCK"


class AgentKey(Struct, frozen=True):
    """A key that an agent holds and can sign with."""

    public: PublicKey
    comment: str
    agent: str

    def __str__(self) -> str:
        """As `ssh-add -l` shows it, without the length."""
        return f"{self.public.fingerprint} {self.comment} ({self.public.kind})"

    def sign(self, data: bytes) -> bytes:
        """A signature in the key's SSH format; waits for a touch or a dialog where the agent asks for one.

        Raises:
            SigningRefused: the agent is gone, does not hold the key any more, will not sign, or takes too long.
        """
        with _connected(self.agent) as link:
            held = next((one for one in link.get_keys() if one.blob == self.public.blob), None)
            if held is None:
                raise SigningRefused(
                    f"the SSH agent does not hold the key {self.public.fingerprint} ({self.comment}) any more",
                    "add it with ssh-add; where the agent is locked, unlock it with ssh-add -X",
                )
            algorithm = RSA_ALGORITHM if self.public.kind == "ssh-rsa" else self.public.kind
            try:
                signature: bytes = held.sign_ssh_data(data, algorithm)
            except TimeoutError:
                raise _too_late() from None
            except Exception:  # noqa: BLE001 - paramiko tells refusals and nonsense by many exceptions
                raise SigningRefused(
                    f"the SSH agent will not sign with {self.public.fingerprint} ({self.comment})",
                    "was a dialog or a touch refused? is the agent locked (ssh-add -X)?",
                ) from None
        return self._checked(signature)

    def _checked(self, signature: bytes) -> bytes:
        """The signature, unless the agent fell back to SHA-1."""
        try:
            kind = Reader(signature, "the agent's signature").text()
        except SignatureInvalid as error:
            raise SigningRefused("the SSH agent's answer makes no sense", "try another agent") from error
        if self.public.kind == "ssh-rsa" and kind != RSA_ALGORITHM:
            raise SigningRefused(
                f"the SSH agent signs by {kind} where {RSA_ALGORITHM} is asked for",
                "the agent is too old for RSA keys: use an Ed25519 key, or the agent of OpenSSH",
            )
        return signature


class Held(Struct, frozen=True):
    """What an agent holds: keys that can sign, and why the others cannot."""

    keys: tuple[AgentKey, ...]
    left_out: tuple[str, ...] = ()


def agent_keys(agent: str = "") -> Held:
    """The keys of the agent at this socket, else of the one that SSH_AUTH_SOCK names.

    Raises:
        SigningRefused: there is no agent, it does not answer, or it shows no key that can sign (none or locked).
    """
    agent = agent or os.environ.get(SOCKET, "")
    keys: list[AgentKey] = []
    left_out: list[str] = []
    with _connected(agent) as link:
        for one in link.get_keys():
            try:
                keys.append(AgentKey(public_key(one.blob), one.comment, agent))
            except SignatureInvalid as error:
                left_out.append(f"{one.comment}: {error.message}")
    if not keys and left_out:
        raise SigningRefused(
            f"the SSH agent has no key that can sign ({'; '.join(left_out)})", "add an Ed25519 key with ssh-add"
        )
    if not keys:
        raise SigningRefused(
            "the SSH agent shows no key: it has none, or it is locked", "add one with ssh-add, or unlock: ssh-add -X"
        )
    return Held(tuple(keys), tuple(left_out))


def agent_key(wanted: str, agent: str = "") -> AgentKey:
    """The agent's key of this fingerprint, comment or public key line; the only one where nothing is wanted.

    Raises:
        SigningRefused: there is none, or more than one.
    """
    held = agent_keys(agent)
    line = " ".join(wanted.split()[:2])
    found = [
        key
        for key in held.keys
        if not wanted or wanted in (key.public.fingerprint, key.comment) or line == key.public.line
    ]
    if len(found) == 1:
        return found[0]
    have = "; ".join(str(key) for key in held.keys)
    if not found:
        raise SigningRefused(f"the SSH agent does not hold {wanted!r}; it holds {have}", "add it with ssh-add")
    raise SigningRefused(f"the SSH agent has more than one such key: {have}", "name one by its fingerprint")


@contextmanager
def _connected(agent: str) -> Iterator[Any]:
    """The agent, for as long as it is needed."""
    import paramiko

    if not agent:
        raise SigningRefused(
            "there is no SSH agent: SSH_AUTH_SOCK is not set", 'start one: eval "$(ssh-agent)"; ssh-add'
        )
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(PATIENCE)
    speaking: Any = paramiko.agent.AgentSSH()
    try:
        try:
            link.connect(agent)
            speaking._connect(link)
        except TimeoutError:
            raise _too_late() from None
        except OSError as error:
            raise SigningRefused(
                f"no SSH agent answers at {agent}: {error.strerror or error}", "is it running? see: ssh-add -l"
            ) from error
        except Exception:  # noqa: BLE001 - whatever paramiko makes of an answer that is none
            raise SigningRefused(f"what answers at {agent} is no SSH agent", "see: ssh-add -l") from None
        yield speaking
    finally:
        link.close()


def _too_late() -> SigningRefused:
    return SigningRefused(
        f"the SSH agent did not answer within {PATIENCE:.0f} s", "is it waiting for a touch or in a dialog?"
    )
