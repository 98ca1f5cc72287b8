"""RevokedHostKeys: whether a key is in a list or a KRL of revoked ones; where that cannot be told it is refused."""

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tui.errors import HostKeyRefused
from tui.transports.host_keys.keyblobs import CERTIFICATE, HostKey, host_key, read_key
from tui.transports.host_keys.known_hosts import BLANKS
from tui.transports.one_line import one_line

KRL = b"SSHKRL\n\0"
PATIENCE = 10.0
NOT_REVOKED, IS_REVOKED = 0, 1
"""What `ssh-keygen -Q` ends with."""


def check_revoked(name: str, key: HostKey, files: Iterable[Path]) -> None:
    """Let the key pass where every file says that it is not revoked.

    Raises:
        HostKeyRefused: it is revoked, or a file cannot be read or does not make sense.
    """
    for file in files:
        try:
            data = file.read_bytes()
        except (OSError, ValueError) as error:
            raise _unclear(name, file, getattr(error, "strerror", None) or str(error)) from error
        revoked = _in_krl(name, key, file) if data.startswith(KRL) else _in_list(name, key, file, data)
        if revoked:
            raise HostKeyRefused(f"the key of {name} is revoked ({file}): {key}", "do not connect; ask its owner")


def _unclear(name: str, file: Path, why: str) -> HostKeyRefused:
    return HostKeyRefused(
        f"whether the key of {name} is revoked cannot be told: RevokedHostKeys {file}: {why}",
        "fix that file, or RevokedHostKeys in the SSH configuration",
    )


def _in_list(name: str, key: HostKey, file: Path, data: bytes) -> bool:
    """Whether a file of public keys, one a line, has the key or its authority."""
    found = False
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line.lstrip(BLANKS)
        if not line or line.startswith(b"#"):
            continue
        listed = read_key(line)
        if listed is None:
            raise _unclear(name, file, f"line {number} is not a public key")
        found |= host_key(listed[1]).plain in (key.plain, key.authority)
    return found


def _in_krl(name: str, key: HostKey, file: Path) -> bool:
    """Whether OpenSSH's own program finds the key, or the certificate, in a KRL."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise _unclear(name, file, "`ssh-keygen`, which reads KRLs, is not installed here")
    kind = key.kind.removesuffix("@openssh.com") + CERTIFICATE if key.certificate else key.kind
    with tempfile.NamedTemporaryFile(suffix=".pub") as shown:
        shown.write(kind.encode() + b" " + base64.b64encode(key.whole) + b"\n")
        shown.flush()
        try:
            done = subprocess.run(
                [program, "-Q", "-f", str(file.absolute()), shown.name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _unclear(name, file, f"`ssh-keygen -Q` does not end within {PATIENCE:g} s") from None
    if done.returncode not in (NOT_REVOKED, IS_REVOKED) or (done.returncode == IS_REVOKED and done.stderr):
        raise _unclear(name, file, one_line(done.stderr) or f"`ssh-keygen -Q` ends with {done.returncode}")
    return done.returncode == IS_REVOKED
