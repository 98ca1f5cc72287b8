"""PAM for an sshd of a test: time-based codes by pam_oath, and a password before them."""

import getpass
import hmac
import os
import time
from pathlib import Path

MODULE = "pam_oath.so"
STEP = 30
"""Seconds for which a time-based code holds (RFC 6238)."""


def code(secret: bytes, at: float) -> str:
    """The six digits of RFC 6238 at a moment."""
    counter = int(at // STEP)
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def password_service(directory: Path, password: str) -> Path:
    """A PAM service, to be an sshd's own, that takes one password and nothing else."""
    check, service = directory / "check", directory / "pam"
    check.write_text(f'#!/bin/sh\n[ "$(tr -d "\\000")" = "{password}" ]\n')
    check.chmod(0o700)
    permits = "".join(f"{kind} required pam_permit.so\n" for kind in ("account", "session"))
    service.write_text(f"auth required pam_exec.so expose_authtok quiet {check}\n{permits}")
    return service


class CodeService:
    """A PAM service, to be an sshd's own, that asks for a time-based code, before it for a password if given one."""

    def __init__(self, directory: Path, password: str = "") -> None:
        self.secret = os.urandom(20)
        self._given = 0
        users = directory / "users.oath"
        users.write_text(f"HOTP/T{STEP}/6 {getpass.getuser()} - {self.secret.hex()}\n")
        users.chmod(0o600)
        lines = [f"auth required {MODULE} usersfile={users} window=10 digits=6", "account required pam_permit.so"]
        lines.append("session required pam_permit.so")
        if password:
            check = directory / "check"
            check.write_text(f'#!/bin/sh\n[ "$(tr -d "\\000")" = "{password}" ]\n')
            check.chmod(0o700)
            lines.insert(0, f"auth requisite pam_exec.so expose_authtok quiet {check}")
        self.file = directory / "pam"
        self.file.write_text("\n".join(lines) + "\n")

    def code(self) -> str:
        """A code that is taken now: each is another one, since none is taken twice."""
        self._given += 1
        return code(self.secret, time.time() + STEP * (self._given - 1))
