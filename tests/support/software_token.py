"""Keys that only hardware holds, made of software: OpenSSH's own security key, and a PKCS#11 token by SoftHSM."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECURITY_KEY = Path("/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so")
"""What stands in for libfido2; it is always touched."""
TOKENS = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "270364"


def make_security_key(path: Path, kind: str) -> None:
    """The file of a security key's key pair; it is of no use without the security key."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)]
    environment = {**os.environ, "SSH_SK_PROVIDER": str(SECURITY_KEY)}
    subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)


class Token:
    """A token with one RSA key; `environment` is what a program needs to find it."""

    def __init__(self, folder: Path) -> None:
        (folder / "tokens").mkdir(parents=True)
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(settings)}
        key = folder / "key.pem"
        made = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key)]
        self._run(*made)
        self._run("softhsm2-util", "--init-token", "--free", "--label", "ana", "--pin", PIN, "--so-pin", PIN)
        named = ["--token", "ana", "--pin", PIN, "--label", "key", "--id", "a1"]
        self._run("softhsm2-util", "--import", str(key), *named)
        key.unlink()
        self.public = self._run("ssh-keygen", "-D", str(TOKENS))
        self._askpass = folder / "askpass"
        self._askpass.write_text(f"#!/bin/sh\necho {PIN}\n")
        self._askpass.chmod(0o700)

    def add_to(self, agent: str) -> None:
        """Have an agent use the token, which asks for its PIN."""
        asks = {"SSH_ASKPASS": str(self._askpass), "SSH_ASKPASS_REQUIRE": "force", "SSH_AUTH_SOCK": agent}
        self._run("ssh-add", "-s", str(TOKENS), **asks)

    def _run(self, *command: str, **more: str) -> str:
        environment = {**os.environ, **self.environment, **more}
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout


@contextmanager
def agent_for(path: Path, libraries: str, **environment: str) -> Iterator[str]:
    """An agent that may load such libraries."""
    command = ["ssh-agent", "-D", "-P", libraries, "-a", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **environment}) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield str(path)
        finally:
            process.terminate()
