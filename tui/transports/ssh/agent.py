"""Signs with the keys of the operator's SSH agent, so that no private key ever passes through this program.

The two messages are spoken here: paramiko believes how many keys an agent claims to have (four billion keep it busy for
ever), and fails on a comment that is not UTF-8.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from tui.errors import SignatureInvalid, SigningRefused
from tui.signing.public_keys import PublicKey, public_key
from tui.signing.sshsig import Reader, packed

PATIENCE = 60.0
"""Seconds an agent may take: long enough to touch a security key or to answer a dialog."""

LONGEST_ANSWER = 256 << 10
"""Bytes; OpenSSH's own limit."""

RSA_ALGORITHM = "rsa-sha2-512"
RSA_SHA2_512 = 4
LIST, LISTED, SIGN, SIGNED = b"\x0b", b"\x0c", b"\x0d", b"\x0e"
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
        flags = RSA_SHA2_512 if self.public.kind == "ssh-rsa" else 0
        with _connected(self.agent) as link:
            if self.public.blob not in dict(listed_keys(link)):
                raise SigningRefused(
                    f"the SSH agent does not hold the key {self.public.fingerprint} ({self.comment}) any more",
                    "add it with ssh-add; where the agent is locked, unlock it with ssh-add -X",
                )
            answer = answer_of(link, SIGN + packed(self.public.blob, data) + flags.to_bytes(4, "big"))
            if answer.take(1) != SIGNED:
                raise SigningRefused(
                    f"the SSH agent will not sign with {self.public.fingerprint} ({self.comment})",
                    "was a dialog or a touch refused? is the agent locked (ssh-add -X)?",
                )
            signature = answer.string()
            kind = Reader(signature, "its signature").text()
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
        listed = listed_keys(link)
    for blob, comment in listed:
        try:
            keys.append(AgentKey(public_key(blob), comment, agent))
        except SignatureInvalid as error:
            left_out.append(f"{comment}: {error.message}")
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
def _connected(agent: str) -> Iterator[socket.socket]:
    """The agent, for as long as it is needed; its answers that make no sense, and its silence, become one error."""
    if not agent:
        raise SigningRefused(
            "there is no SSH agent: SSH_AUTH_SOCK is not set", 'start one: eval "$(ssh-agent)"; ssh-add'
        )
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(PATIENCE)
        try:
            link.connect(agent)
            yield link
        except TimeoutError:
            raise SigningRefused(
                f"the SSH agent did not answer within {PATIENCE:.0f} s", "is it waiting for a touch or in a dialog?"
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise SigningRefused(
                f"no SSH agent answers at {agent}: {reason}", "is it running? see: ssh-add -l"
            ) from error
        except SignatureInvalid as error:
            raise SigningRefused(
                f"what answers at {agent} is not an SSH agent: {error.message}", "see: ssh-add -l"
            ) from None


def listed_keys(link: socket.socket) -> list[tuple[bytes, str]]:
    """Every key that the agent shows, with its comment."""
    answer = answer_of(link, LIST)
    if answer.take(1) != LISTED:
        raise SignatureInvalid("it does not list its keys")
    # the count is not believed: each turn of the loop takes bytes that must be there
    keys = [(answer.string(), answer.string().decode(errors="replace")) for _ in range(answer.number())]
    answer.end()
    return keys


def answer_of(link: socket.socket, message: bytes) -> Reader:
    """The agent's answer to a message."""
    link.sendall(packed(message))
    size = int.from_bytes(_received(link, 4), "big")
    if size > LONGEST_ANSWER:
        raise SignatureInvalid(f"an answer of {size} bytes")
    return Reader(_received(link, size), "its answer")


def _received(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more:
            raise SignatureInvalid("it hung up")
        data += more
    return data
