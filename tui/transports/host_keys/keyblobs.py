"""SSH public keys and certificates as bytes: read from a line of a file, or as a server shows them (RFC 4253, 6.6)."""

import base64
import binascii
import hashlib
from typing import NamedTuple

CERTIFICATE = "-cert-v01@openssh.com"
SPACES = b"\r\v\f"
"""What OpenSSH's base64 passes over, beside the blanks that end a field: a file with CRLF is read."""

RSA_NAMES = {"rsa-sha2-256": "ssh-rsa", "rsa-sha2-512": "ssh-rsa"}
"""Names of signatures that OpenSSH takes for the type of the key that makes them."""

_FIELDS = {  # how many fields a plain key has behind its type
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ssh-dss": 4,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}


class HostKey(NamedTuple):
    """The key a server showed: the plain one, and where it showed a certificate that one and its authority's key."""

    kind: str
    plain: bytes
    certificate: bytes = b""
    authority: bytes = b""
    period: tuple[int, int] = (0, 1 << 64)
    """From which second since 1970 on a certificate is valid, and from which on it is not."""

    @property
    def whole(self) -> bytes:
        """What the server sent."""
        return self.certificate or self.plain

    def __str__(self) -> str:
        return f"{self.kind} {fingerprint(self.plain)}"


def fingerprint(key: bytes) -> str:
    """The fingerprint of a key's blob as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def strict_base64(text: bytes) -> bytes | None:
    """What the text stands for; None where it is not exactly how that is written."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data) == text else None


def read_key(text: bytes) -> tuple[str, bytes] | None:
    """Type and blob of a key as known_hosts, authorized_keys and .pub files have them; None where it is none.

    The text is the type, blanks, the blob in base64 and perhaps a comment (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
    """
    fields = text.replace(b"\t", b" ").strip(b" ").split(b" ")
    fields = [field for field in fields if field]
    if len(fields) < 2:
        return None
    kind = fields[0].decode(errors="replace")
    blob = strict_base64(fields[1].translate(None, SPACES))
    try:
        if blob is None or host_key(blob).kind != RSA_NAMES.get(kind, kind):
            return None
    except ValueError:
        return None
    return RSA_NAMES.get(kind, kind), blob


def host_key(blob: bytes) -> HostKey:
    """What a server showed, taken apart: a key (RFC 4253, 6.6) or a certificate (OpenSSH's PROTOCOL.certkeys).

    Raises:
        ValueError: it is neither a key nor a certificate.
    """
    name, rest = _string(blob)
    kind = name.decode("ascii")
    if not kind.endswith(CERTIFICATE):
        if kind not in _FIELDS or _skipped(rest, _FIELDS[kind]):
            raise ValueError(f"no key: {kind}")
        return HostKey(kind, blob)
    kind = kind.removesuffix(CERTIFICATE)
    kind += "@openssh.com" if kind.startswith("sk-") else ""
    _, numbers = _string(rest)  # the nonce
    after = _skipped(numbers, _FIELDS[kind]) if kind in _FIELDS else b""
    plain = len(kind).to_bytes(4, "big") + kind.encode() + numbers[: len(numbers) - len(after)]
    after = after[12:]  # serial and type
    for _ in range(2):  # key id, principals
        _, after = _string(after)
    period = int.from_bytes(after[:8], "big"), int.from_bytes(after[8:16], "big")
    after = _skipped(after[16:], 3)  # critical options, extensions, reserved
    authority, after = _string(after)
    _, after = _string(after)  # the authority's signature, which nobody here relies on
    if after:
        raise ValueError("a certificate that is followed by something else")
    return HostKey(kind, plain, blob, authority, period)


def _string(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "big")
    if len(data) < 4 + size:
        raise ValueError("cut off")
    return data[4 : 4 + size], data[4 + size :]


def _skipped(data: bytes, count: int) -> bytes:
    for _ in range(count):
        _, data = _string(data)
    return data
