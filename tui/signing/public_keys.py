"""Reads OpenSSH public keys and checks what their owners signed; `cryptography` is loaded only when it does."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from tui.errors import SignatureInvalid
from tui.signing.sshsig import LONGEST, Reader, unbase64

SMALLEST_RSA = 2048
LARGEST_RSA = 16384
PRESENT = 1
"""The bit by which a security key says that somebody touched it."""

CURVES = {"nistp256": ("SECP256R1", "SHA256"), "nistp384": ("SECP384R1", "SHA384"), "nistp521": ("SECP521R1", "SHA512")}
RSA_HASHES = {"rsa-sha2-512": "SHA512", "rsa-sha2-256": "SHA256"}


class PublicKey(Struct, frozen=True):
    """A public key: its kind, and its bytes as OpenSSH writes them."""

    kind: str
    blob: bytes

    @property
    def line(self) -> str:
        """As in a `.pub` file, without the comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode('ascii')}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-add -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode("ascii").rstrip("=")


def public_key(blob: bytes) -> PublicKey:
    """The key that these bytes are.

    Raises:
        SignatureInvalid: they are none, or of a kind that is not accepted (DSA, certificates).
    """
    if len(blob) > LONGEST:
        raise SignatureInvalid("the public key is too long")
    reader = Reader(blob, "the public key")
    kind = reader.text()
    if kind not in _KINDS:
        raise SignatureInvalid(
            f"keys of the kind {kind} are not accepted", "sign with an Ed25519, ECDSA or RSA key, not a certificate"
        )
    key = PublicKey(kind, blob)
    _loaded(key)
    return key


def read_line(line: str) -> PublicKey:
    """The key in a line `kind base64 [comment]`.

    Raises:
        SignatureInvalid: there is none.
    """
    words = re.split(r"[ \t]+", line.strip(" \t\r\n"), maxsplit=2)
    if len(words) < 2:
        raise SignatureInvalid("this is not a public key")
    key = public_key(unbase64(words[1], "the public key"))
    if key.kind != words[0]:
        raise SignatureInvalid(f"the public key says {words[0]} and is {key.kind}")
    return key


def check(key: PublicKey, data: bytes, signature: bytes) -> None:
    """Make sure that the key's owner signed these bytes; `signature` is what an SSH agent answers.

    Raises:
        SignatureInvalid: not so, or by an algorithm that is not accepted (SHA-1).
    """
    from cryptography.exceptions import InvalidSignature

    reader = Reader(signature, "the signature")
    kind = reader.text()
    good = tuple(RSA_HASHES) if key.kind == "ssh-rsa" else (key.kind,)
    if kind not in good:
        raise SignatureInvalid(f"the signature is made by {kind}, which a key of the kind {key.kind} must not use")
    loaded = _loaded(key)
    try:
        _KINDS[key.kind](loaded, kind, data, reader)
    except (InvalidSignature, ValueError):
        raise SignatureInvalid(f"the signature of {key.fingerprint} does not fit what was signed") from None


class _Loaded(Struct, frozen=True):
    """A key as `cryptography` knows it; `application` is a security key's."""

    key: Any
    hash: Any = None
    application: bytes = b""


def _loaded(key: PublicKey) -> _Loaded:
    reader = Reader(key.blob, "the public key")
    reader.text()
    try:
        if key.kind == "ssh-rsa":
            loaded = _load_rsa(reader)
        elif "ed25519" in key.kind:
            loaded = _load_ed25519(reader)
        else:
            loaded = _load_ecdsa(reader, key.kind)
    except ValueError:
        raise SignatureInvalid("the public key is not one: its numbers do not fit") from None
    if key.kind.startswith("sk-"):
        loaded = _Loaded(loaded.key, loaded.hash, reader.string())
    reader.end()
    return loaded


def _load_rsa(reader: Reader) -> _Loaded:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    exponent, modulus = reader.positive(), reader.positive()
    if not SMALLEST_RSA <= modulus.bit_length() <= LARGEST_RSA or exponent.bit_length() > 64:
        raise SignatureInvalid(f"an RSA key of {modulus.bit_length()} bits is not accepted: at least {SMALLEST_RSA}")
    return _Loaded(RSAPublicNumbers(exponent, modulus).public_key())


def _load_ed25519(reader: Reader) -> _Loaded:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return _Loaded(Ed25519PublicKey.from_public_bytes(reader.string()))


def _load_ecdsa(reader: Reader, kind: str) -> _Loaded:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = reader.text()
    if not kind.removesuffix("@openssh.com").endswith("-" + curve) or curve not in CURVES:
        raise SignatureInvalid(f"the public key says {kind} and is on the curve {curve}")
    point = reader.string()
    if point[:1] != b"\x04":
        raise ValueError("compressed points are not used by SSH")
    name, hash_name = CURVES[curve]
    return _Loaded(
        ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, name)(), point), getattr(hashes, hash_name)()
    )


def _check_rsa(loaded: _Loaded, kind: str, data: bytes, reader: Reader) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    signature, size = reader.string(), (loaded.key.key_size + 7) // 8
    reader.end()
    # some agents leave out zeros at the beginning; OpenSSH puts them back, too
    loaded.key.verify(signature.rjust(size, b"\0"), data, padding.PKCS1v15(), getattr(hashes, RSA_HASHES[kind])())


def _check_ed25519(loaded: _Loaded, _kind: str, data: bytes, reader: Reader) -> None:
    signature = reader.string()
    if loaded.application:
        data = _touched(loaded, data, reader)
    reader.end()
    loaded.key.verify(signature, data)


def _check_ecdsa(loaded: _Loaded, _kind: str, data: bytes, reader: Reader) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    pair = Reader(reader.string(), "the signature")
    signature = encode_dss_signature(pair.positive(), pair.positive())
    pair.end()
    if loaded.application:
        data = _touched(loaded, data, reader)
    reader.end()
    loaded.key.verify(signature, data, ec.ECDSA(loaded.hash))


def _touched(loaded: _Loaded, data: bytes, reader: Reader) -> bytes:
    """What a security key signs in place of the data; without a touch it signs for nobody."""
    flags, counter = reader.take(1), reader.take(4)
    if not flags[0] & PRESENT:
        raise SignatureInvalid("the security key was not touched for this signature")
    return hashlib.sha256(loaded.application).digest() + flags + counter + hashlib.sha256(data).digest()


_KINDS: dict[str, Callable[[_Loaded, str, bytes, Reader], None]] = {
    "ssh-ed25519": _check_ed25519,
    "ssh-rsa": _check_rsa,
    "ecdsa-sha2-nistp256": _check_ecdsa,
    "ecdsa-sha2-nistp384": _check_ecdsa,
    "ecdsa-sha2-nistp521": _check_ecdsa,
    "sk-ssh-ed25519@openssh.com": _check_ed25519,
    "sk-ecdsa-sha2-nistp256@openssh.com": _check_ecdsa,
}
