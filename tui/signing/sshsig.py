"""Writes and reads OpenSSH's detached signatures (PROTOCOL.sshsig), so that a stock ssh-keygen verifies ours."""

import base64
import binascii
import hashlib
import re

from msgspec import Struct

from tui.errors import SignatureInvalid

MAGIC = b"SSHSIG"
VERSION = 1
HASHES = ("sha512", "sha256")
LONGEST = 64 << 10
"""Bytes of the largest signature that is looked at; the largest honest one has about 5,000."""

BEGIN = "-----BEGIN SSH SIGNATURE-----"
END = "-----END SSH SIGNATURE-----"
COLUMNS = 70

_SPACE = re.compile(r"[ \t\r\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Blob(Struct, frozen=True):
    """What a signature file holds: the key, what it was made for, and the signature in the key's own format."""

    public_key: bytes
    namespace: str
    hash_algorithm: str
    signature: bytes


class Reader:
    """Takes one field after the other out of an SSH wire format; `what` names it in errors."""

    def __init__(self, raw: bytes, what: str) -> None:
        self._raw = raw
        self._what = what

    def take(self, size: int) -> bytes:
        """The next bytes, no fewer.

        Raises:
            SignatureInvalid: it ends before.
        """
        if size > len(self._raw):
            raise SignatureInvalid(f"{self._what} is cut off")
        taken, self._raw = self._raw[:size], self._raw[size:]
        return taken

    def number(self) -> int:
        """An unsigned number of 32 bits."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """Bytes after their length."""
        return self.take(self.number())

    def text(self) -> str:
        """A string that is a name: printable ASCII."""
        raw = self.string()
        if not raw.isascii() or not raw.decode("ascii").isprintable():
            raise SignatureInvalid(f"{self._what} has a name that is not plain text")
        return raw.decode("ascii")

    def positive(self) -> int:
        """A positive number of any size, in the one way it may be written."""
        raw = self.string()
        if not raw or raw[0] & 0x80 or (raw[0] == 0 and (len(raw) == 1 or not raw[1] & 0x80)):
            raise SignatureInvalid(f"{self._what} has a number that is not written as it should be")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        """Make sure that nothing follows.

        Raises:
            SignatureInvalid: something does.
        """
        if self._raw:
            raise SignatureInvalid(f"{self._what} continues after its end")


def packed(*fields: bytes) -> bytes:
    """Fields, each after its length."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def to_sign(message: bytes, namespace: str, hash_algorithm: str = HASHES[0]) -> bytes:
    """What the key signs: not the message but this preamble, so that no signature can be used for anything else.

    Raises:
        SignatureInvalid: the namespace or the hash may not be used.
    """
    _check_names(namespace, hash_algorithm)
    hashed = hashlib.new(hash_algorithm, message).digest()
    return MAGIC + packed(namespace.encode(), b"", hash_algorithm.encode(), hashed)


def encode(blob: Blob) -> bytes:
    """The bytes that are armoured."""
    fields = (blob.public_key, blob.namespace.encode(), b"", blob.hash_algorithm.encode(), blob.signature)
    return MAGIC + VERSION.to_bytes(4, "big") + packed(*fields)


def parse(raw: bytes) -> Blob:
    """Read what `encode`, or ssh-keygen, wrote.

    Raises:
        SignatureInvalid: it is not that, or of a kind that must not be trusted.
    """
    if len(raw) > LONGEST:
        raise SignatureInvalid(f"the signature is too long ({len(raw)} bytes)")
    reader = Reader(raw, "the signature")
    if reader.take(len(MAGIC)) != MAGIC:
        raise SignatureInvalid("this is not an SSH signature")
    if (version := reader.number()) != VERSION:
        raise SignatureInvalid(f"the signature has format {version}; this program reads {VERSION}")
    public_key, namespace = reader.string(), reader.text()
    if reader.string():
        raise SignatureInvalid("the signature has something in its reserved field")
    blob = Blob(public_key, namespace, reader.text(), reader.string())
    reader.end()
    _check_names(blob.namespace, blob.hash_algorithm)
    return blob


def armour(raw: bytes) -> str:
    """The text form, broken into lines as ssh-keygen breaks them."""
    text = base64.b64encode(raw).decode("ascii")
    lines = [text[start : start + COLUMNS] for start in range(0, len(text), COLUMNS)]
    return "\n".join([BEGIN, *lines, END, ""])


def dearmour(text: str) -> bytes:
    """The bytes in a text form.

    Raises:
        SignatureInvalid: it is not one.
    """
    body = text.strip()
    if not body.startswith(BEGIN + "\n") and not body.startswith(BEGIN + "\r\n"):
        raise SignatureInvalid("this is not an SSH signature: its first line is missing")
    if not body.endswith("\n" + END):
        raise SignatureInvalid("this is not an SSH signature: its last line is missing")
    return unbase64(_SPACE.sub("", body[len(BEGIN) : -len(END)]), "the signature")


def unbase64(text: str, what: str) -> bytes:
    """Decode base64 in its one right spelling: two texts never stand for the same bytes.

    Raises:
        SignatureInvalid: it is not base64, or spelled otherwise.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise SignatureInvalid(f"{what} is not base64") from None
    if base64.b64encode(raw).decode("ascii") != text:
        raise SignatureInvalid(f"{what} is not base64 as it should be spelled")
    return raw


def _check_names(namespace: str, hash_algorithm: str) -> None:
    if not namespace or _CONTROL.search(namespace):
        raise SignatureInvalid("the signature's namespace is empty or has control characters")
    if hash_algorithm not in HASHES:
        raise SignatureInvalid(f"the signature uses the hash {hash_algorithm!r}; only sha256 and sha512 are good")
