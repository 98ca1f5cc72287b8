"""A key that an SSH agent holds: a plain one, a certificate, or one of a security key, signed with as it is listed."""

import socket
from contextlib import suppress
from typing import Any

import paramiko

from tui.signing.sshsig import packed
from tui.transports.host_keys.keyblobs import CERTIFICATE, HostKey, host_key
from tui.transports.ssh.agent import SIGN, SIGNED, answer_of, listed_keys

FLAGS = {"rsa-sha2-256": 2, "rsa-sha2-512": 4}
"""What an RSA key is to sign by (draft-miller-ssh-agent, 4.5.1)."""
UNSIGNED = "key cannot be used for signing"
"""paramiko's word for an agent that refuses; the connection has ended then."""


class HeldKey(paramiko.PKey):
    """One such key. With a `public_blob` the certificate of a file is shown, and its plain key signs."""

    def __init__(self, link: socket.socket, blob: bytes) -> None:
        """Raises: ValueError: the agent lists what is neither a key nor a certificate."""
        self._link = link
        self.parts: HostKey = host_key(blob)
        self.public_blob: Any = None

    @property
    def plain(self) -> bytes:
        """The key itself, also where a certificate is listed."""
        return self.parts.plain

    @property
    def wants_touch(self) -> bool:
        """Whether it is a security key's, which mostly wants to be touched."""
        return self.parts.kind.startswith("sk-")

    def certified(self, blob: Any) -> "HeldKey":
        """The same key, shown with a certificate."""
        other = HeldKey(self._link, self.parts.whole)
        other.public_blob = blob
        return other

    def get_name(self) -> str:
        """Its type, as it is listed."""
        kind = self.parts.kind
        return kind.removesuffix("@openssh.com") + CERTIFICATE if self.parts.certificate else kind

    def get_bits(self) -> int:
        """The length of an RSA key; of another one nothing depends on it."""
        if self.parts.kind != "ssh-rsa":
            return 0
        message = paramiko.Message(self.plain)
        message.get_text()
        message.get_mpint()
        return int(message.get_mpint()).bit_length()

    def asbytes(self) -> bytes:
        """It as it is listed."""
        return self.parts.whole

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> Any:
        """Have the agent sign.

        Raises:
            SSHException: it will not.
        """
        flags = FLAGS.get((algorithm or "").removesuffix(CERTIFICATE), 0)
        answer = answer_of(self._link, SIGN + packed(self.asbytes(), data) + flags.to_bytes(4, "big"))
        if answer.take(1) != SIGNED:
            raise paramiko.SSHException(UNSIGNED)
        return answer.string()


def held_keys(link: socket.socket) -> list[HeldKey]:
    """The agent's keys, without those that make no sense."""
    found: list[HeldKey] = []
    for blob, _ in listed_keys(link):
        with suppress(ValueError):
            found.append(HeldKey(link, blob))
    return found
