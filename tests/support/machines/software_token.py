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


_WITH_PIN = """
extern void *dlopen(const char *, int), *dlsym(void *, const char *);
extern int strcmp(const char *, const char *);
typedef unsigned char byte;
typedef unsigned long size;
typedef int enroll(unsigned, const byte *, size, const char *, byte, const char *, void *, void *);
typedef int sign(unsigned, const byte *, size, const char *, const byte *, size, byte, const char *, void *, void *);
static void *inner(const char *name) { return dlsym(dlopen(INNER, 2), name); }
unsigned sk_api_version(void) { return ((unsigned (*)(void)) inner("sk_api_version"))(); }
int sk_enroll(unsigned kind, const byte *challenge, size length, const char *application, byte flags,
    const char *pin, void *options, void *response)
{
    return ((enroll *) inner("sk_enroll"))(kind, challenge, length, application, flags, pin, options, response);
}
int sk_sign(unsigned kind, const byte *data, size length, const char *application, const byte *key, size key_length,
    byte flags, const char *pin, void *options, void *response)
{
    if (!pin || strcmp(pin, PIN)) return -3;
    return ((sign *) inner("sk_sign"))(
        kind, data, length, application, key, key_length, flags, pin, options, response);
}
int sk_load_resident_keys(const char *pin, void *options, void *keys, size *count) { return -2; }
"""
"""A security key in front of OpenSSH's own, which signs for nobody without its PIN (-3: PIN required)."""


def security_key_with_pin(folder: Path) -> Path:
    """What stands in for libfido2 with a security key that has a PIN; it takes a compiler, and no headers."""
    source, made = folder / "with_pin.c", folder / "with_pin.so"
    source.write_text(_WITH_PIN)
    names = [f'-DINNER="{SECURITY_KEY}"', f'-DPIN="{PIN}"']
    subprocess.run(["gcc", "-shared", "-fPIC", "-nostdlib", *names, "-o", str(made), str(source)], check=True)
    return made


def make_security_key(path: Path, kind: str, provider: Path = SECURITY_KEY, *options: str) -> None:
    """The file of a security key's key pair; it is of no use without the security key."""
    command = ["ssh-keygen", "-q", "-t", kind, *options, "-N", "", "-C", "", "-f", str(path)]
    environment = {**os.environ, "SSH_SK_PROVIDER": str(provider)}
    subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)


def askpass(folder: Path) -> Path:
    """The program of a desktop that asks for the PIN, with somebody who types it."""
    made = folder / "askpass"
    made.write_text(f"#!/bin/sh\necho {PIN}\n")
    made.chmod(0o700)
    return made


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
        self._askpass = askpass(folder)

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
