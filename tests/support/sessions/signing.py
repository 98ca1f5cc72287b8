"""Keys that sign without an agent, and a stock ssh-keygen to hold our signatures against."""

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from tui.signing.public_keys import PublicKey, public_key
from tui.signing.sshsig import Reader, packed
from tui.signing.statement import NAMESPACE

KINDS = {
    "ed25519": ("-t", "ed25519"),
    "rsa": ("-t", "rsa", "-b", "2048"),
    "ecdsa256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"),
}
CURVE_HASHES = {"nistp256": hashes.SHA256(), "nistp384": hashes.SHA384(), "nistp521": hashes.SHA512()}


def make_keys(folder: Path, *more: tuple[str, tuple[str, ...]]) -> dict[str, Path]:
    """A private key of each kind, made by ssh-keygen; the comment is the kind."""
    made = {}
    for name, options in (*KINDS.items(), *more):
        made[name] = folder / name
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", name, "-f", made[name], *options], check=True)
    return made


class SoftKey:
    """A private key in a file, signing as an agent does; `application` makes it a security key (with a touch)."""

    def __init__(self, path: Path, application: bytes = b"", flags: int = 1, rsa: str = "rsa-sha2-512") -> None:
        self._key: Any = load_ssh_private_key(path.read_bytes(), None)
        blob = base64.b64decode(path.with_name(path.name + ".pub").read_text().split()[1])
        self._application, self._flags, self._rsa = application, bytes([flags]), rsa
        if application:
            reader = Reader(blob, "a key")
            kind = f"sk-{reader.text()}@openssh.com"
            blob = packed(kind.encode()) + blob[4 + len(kind) - len("sk-@openssh.com") :] + packed(application)
        self.public: PublicKey = public_key(blob)

    def sign(self, data: bytes) -> bytes:
        tail = b""
        if self._application:
            tail = self._flags + (7).to_bytes(4, "big")
            data = hashlib.sha256(self._application).digest() + tail + hashlib.sha256(data).digest()
        kind = self.public.kind
        if kind == "ssh-rsa":
            algorithm = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}.get(self._rsa, hashes.SHA1())
            return packed(self._rsa.encode(), self._key.sign(data, padding.PKCS1v15(), algorithm))
        if "ed25519" in kind:
            return packed(kind.encode(), self._key.sign(data)) + tail
        curve = kind.removesuffix("@openssh.com").rpartition("-")[2]
        pair = decode_dss_signature(self._key.sign(data, ec.ECDSA(CURVE_HASHES[curve])))
        return packed(kind.encode(), packed(*(mpint(number) for number in pair))) + tail


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def stock_sign(key: Path, message: bytes, namespace: str = NAMESPACE, *options: str) -> str:
    """The armoured signature that `ssh-keygen -Y sign` makes."""
    command = ["ssh-keygen", "-q", "-Y", "sign", *options, "-f", str(key), "-n", namespace]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout.decode()


def stock_verify(folder: Path, command: str) -> tuple[bool, str]:
    """What a command line of ssh-keygen says in this folder."""
    ran = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode == 0, ran.stdout + ran.stderr
