"""The servers, keys and files of the table, and both programs' answers to one case."""

import base64
import hashlib
import hmac
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hosts.case import Case
from tests.support.servers.sshd import Sshd, make_key, public
from tui.errors import HostError
from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.connect import open_connection
from tui.transports.ssh.logging_in.client_keys import Credentials
from tui.transports.ssh_config.resolved import resolve

SSH_PATIENCE = 60.0
PROXY = f"{sys.executable} -IS <keys>/proxy %h %p"
_CTR = "Ciphers aes128-ctr"

SERVERS: dict[str, tuple[str, ...]] = {
    "three": ("HostKey <keys>/host-rsa", "HostKey <keys>/host-ecdsa", "ListenAddress ::1"),
    "ed": (),
    "small": ("HostKey <keys>/host-small", "only"),
    "cert": ("HostCertificate <dir>/host-cert.pub",),
    "chacha": ("Ciphers chacha20-poly1305@openssh.com",),
    "gcm": ("Ciphers aes128-gcm@openssh.com",),
    "cbc": ("Ciphers aes128-cbc",),
    "mac": (_CTR, "MACs hmac-sha2-512"),
    "sha1": (_CTR, "MACs hmac-sha1"),
    "oldrsa": ("HostKey <keys>/host-rsa", "HostKeyAlgorithms ssh-rsa", "only"),
    "kex": ("KexAlgorithms curve25519-sha256@libssh.org",),
    "sntrup": ("KexAlgorithms sntrup761x25519-sha512@openssh.com",),
    "factor": ("KbdInteractiveAuthentication yes", "AuthenticationMethods publickey,keyboard-interactive"),
    "both": ("PasswordAuthentication yes", "AuthenticationMethods publickey,password"),
    "two": ("AuthenticationMethods publickey,publickey",),
    "password": ("PasswordAuthentication yes", "AuthenticationMethods password"),
}
"""What each server variant has beside an Ed25519 host key; "only" is for one without."""


class Answer(NamedTuple):
    """What one program did: whether it connected, and what it said."""

    accepted: bool
    said: str


class _Server(Sshd):
    """An sshd with its own kinds of host key."""

    only = False

    def _settings(self) -> str:
        text = super()._settings()
        return text.replace(f"HostKey {self.directory / 'host'}\n", "") if self.only else text

    def certify(self, authority: Path) -> None:
        """Start again with a certificate of its key."""
        _certify(authority, self.directory / "host.pub", "-h", "-I", "the box", "-z", "7", "-n", "127.0.0.1")
        self.stop()
        self.log.clear()
        self._start()


class _OnlyOtherKeys(_Server):
    """An sshd without its usual Ed25519 key."""

    only = True


class Field:
    """Everything that cases share; a server is started when a case first needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.keys.mkdir(mode=0o700)
        self._servers: dict[str, _Server] = {}
        self._lock = threading.Lock()
        self._here = threading.Lock()
        self._closing = ExitStack()
        _make_keys(self.keys)
        self.agent = self._closing.enter_context(_agent(folder / "agent", self.keys / "agent-rsa"))
        (self.keys / "agent-rsa").rename(self.keys / "agent-only")
        _make_krls(self.keys, self.server("three").directory / "host.pub")

    def close(self) -> None:
        """End the servers and the agent."""
        for server in self._servers.values():
            server.stop()
        self._closing.close()

    def server(self, name: str) -> _Server:
        """The server of a variant."""
        with self._lock:
            if name not in self._servers:
                self._servers[name] = self._start(name)
            return self._servers[name]

    def _start(self, name: str) -> _Server:
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        kind = _OnlyOtherKeys if "only" in SERVERS[name] else _Server
        options = [line.replace("<keys>", str(self.keys)).replace("<dir>", str(folder)) for line in SERVERS[name]]
        options = [line for line in options if line != "only"]
        options += [f"AuthorizedKeysFile {self.keys / 'authorized'}", f"TrustedUserCAKeys {self.keys / 'ca.pub'}"]
        server = kind(folder, *options)
        if name == "cert":
            server.certify(self.keys / "ca")
        return server

    def words(self, case: Case, folder: Path) -> dict[str, str]:
        """What `<words>` in a case's texts stand for."""
        server = self.server(case.server)
        name = f"[127.0.0.1]:{server.port}"
        ed, rsa = public(server.directory / "host"), public(self.keys / "host-rsa")
        blob = ed.split()[1]
        host_rsa = public(self.keys / "host-small") if case.server == "small" else rsa
        return {
            "dir": str(folder),
            "keys": str(self.keys),
            "client": str(self.keys / "client"),
            "port": str(server.port),
            "user": server.user,
            "host": name,
            "proxy": PROXY.replace("<keys>", str(self.keys)),
            "ed": ed,
            "ed tab": ed.replace(" ", "\t"),
            "ed blob": blob,
            "ed junk": f"ssh-ed25519 {blob[:30]}!{blob[30:]}",
            "ed cut": ed[:-8],
            "ed more": "ssh-ed25519 " + base64.b64encode(base64.b64decode(blob) + b"xyz").decode(),
            "rsa": host_rsa,
            "rsa blob": host_rsa.split()[1],
            "ecdsa": public(self.keys / "host-ecdsa"),
            "cert ed": ed,
            "cert whole": _cert(server.directory),
            "ca": public(self.keys / "ca"),
            "other": public(self.keys / "other"),
            "other rsa": public(self.keys / "rsa2048"),
            "other ecdsa": public(self.keys / "ecdsa"),
            **_hashes(name),
        }

    def prepare(self, case: Case, folder: Path) -> Path:
        """Write a case's files; returns its ssh_config."""
        words = self.words(case, folder)

        def filled(text: str) -> str:
            return re.sub("<([a-z0-9 ]+)>", lambda found: words.get(found[1], found[0]), text)

        for name, text in (("known_hosts", case.known), *case.files):
            file = folder / filled(name.replace("<dir>/", f"{folder}/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(filled(text).encode(errors="surrogateescape"))
        block = filled(
            # a jump is the box's alone: said of every host, the hop would be reached through itself, without an end
            f"IdentityAgent {self.agent if case.agent else 'none'}\n"
            f"{'Host box' if 'ProxyJump' in case.config else 'Host *'}\n{case.config}\nHost unknown-hop\n"
            "  UserKnownHostsFile /dev/null\nHost box\n  IdentitiesOnly yes\nHost *\n  HostName 127.0.0.1\n"
            f"  Port <port>\n  User <user>\n  UserKnownHostsFile <dir>/known_hosts\n"
            f"  GlobalKnownHostsFile /dev/null\n{case.identity}\n"
        )
        (folder / "config").write_bytes(block.encode(errors="surrogateescape"))
        if "%n-%p-%r" in case.identity:
            shutil.copy(self.keys / "ecdsa", self.keys / filled("id-box-<port>-<user>"))
        return folder / "config"

    def openssh(self, case: Case, config: Path) -> Answer:
        """What `ssh` does; not tried with a jump that leads to itself: it could start itself without an end."""
        if case.says == "leads to itself":
            return Answer(False, "not tried")
        with subprocess.Popen(
            ["ssh", "-F", str(config), "-o", "BatchMode=yes", case.target, "true"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=config.parent,
            env=self.environment(config.parent),
            start_new_session=True,
        ) as process:
            try:
                _, said = process.communicate(timeout=SSH_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # with every ssh that it has started
                raise
        return Answer(process.returncode == 0, said.decode(errors="replace").strip())

    def ours(self, case: Case, config: Path) -> Answer:
        """What this program does, in the case's own folder and with its environment: one case at a time."""
        with self._here, pytest.MonkeyPatch.context() as patch:
            patch.chdir(config.parent)
            for name, value in self.environment(config.parent).items():
                patch.setenv(name, value)
            return self._ours(case, config)

    def _ours(self, case: Case, config: Path) -> Answer:
        try:
            where = resolve(case.target, None, None, [config])
            connection, _, _ = open_connection(where, Credentials())
        except HostError as error:
            return Answer(False, f"{error.message}. {error.hint}")
        connection.close()
        return Answer(True, "")

    def by_openssh(self, case: Case, config: Path) -> Answer:
        """What this program does where ssh makes its connection; as `ours`."""
        with self._here, pytest.MonkeyPatch.context() as patch:
            patch.chdir(config.parent)
            for name, value in self.environment(config.parent).items():
                patch.setenv(name, value)
            host = OpenSSHTransport("box", case.target, config_files=[config])
            try:
                host._connected()
            except HostError as error:
                return Answer(False, f"{error.message}. {error.hint}")
            finally:
                host.close()
        return Answer(True, "")

    def environment(self, folder: Path) -> dict[str, str]:
        """What both programs see."""
        return {**os.environ, "CASE_DIR": str(folder), "CASE_KEYS": str(self.keys), "SHELL": "/bin/sh"}


def _hashes(name: str) -> dict[str, str]:
    def hashed(salt: bytes, what: str = name) -> str:
        digest = hmac.new(salt, what.encode(), hashlib.sha1).digest()
        return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"

    whole = hashed(b"s" * 20)
    _, _, salt, digest = whole.split("|")
    return {
        "hashed": whole,
        "hashed db": hashed(b"s" * 20, "db"),
        "hashed plain": hashed(b"s" * 20, "127.0.0.1"),
        "hashed short": hashed(b"s" * 10),
        "hashed long": hashed(b"s" * 32),
        "hashed empty": hashed(b""),
        "hashed junk salt": f"|1|{salt[:9]}*{salt[9:]}|{digest}",
        "hashed junk hash": f"|1|{salt}|{digest[:9]}*{digest[9:]}",
        "hashed unpadded": whole.rstrip("="),
        "hashed bits": f"|1|{salt}|{_other_bits(digest)}",
        "hashed 2": whole.replace("|1|", "|2|", 1),
    }


def _other_bits(text: str) -> str:
    """The same bytes in base64, with bits set that stand for nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    body = text.rstrip("=")
    other = body[:-1] + letters[letters.index(body[-1]) + 1]
    return other + "=" * (len(text) - len(body))


def _cert(folder: Path) -> str:
    file = folder / "host-cert.pub"
    return " ".join(file.read_text().split()[:2]) if file.exists() else ""


def _keygen(*words: str) -> None:
    subprocess.run(["ssh-keygen", "-q", *words], check=True, stdin=subprocess.DEVNULL, capture_output=True)


def _certify(authority: Path, key: Path, *words: str) -> None:
    _keygen("-s", str(authority), *words, str(key))


def _make_keys(folder: Path) -> None:
    """Host keys, client keys in every condition, authorities, revocation lists and the programs of the cases."""
    for name in ("client", "ca", "other", "stranger", "certified", "overcertified", "unknown-ca"):
        make_key(folder / name)
    for name, comment in (("ecdsa", ""), ("host-ecdsa", "of the box")):
        _keygen("-t", "ecdsa", "-N", "", "-C", comment, "-f", str(folder / name))
    make_key(folder / "locked", passphrase="a passphrase")
    for name, bits in (("host-rsa", 3072), ("rsa2048", 2048), ("agent-rsa", 2048), ("host-small", 1024)):
        _keygen("-t", "rsa", "-b", str(bits), "-N", "", "-C", "", "-f", str(folder / name))
    for name, mode in (("open", 0o644), ("group", 0o640), ("odd", 0o601), ("readonly", 0o400), ("a b", 0o600)):
        shutil.copy(folder / "client", folder / name)
        (folder / name).chmod(mode)
    (folder / "link").symlink_to(folder / "client")
    (folder / "link-open").symlink_to(folder / "open")
    (folder / "junk").write_text("not a key\n")
    (folder / "junk").chmod(0o600)
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    _certify(folder / "ca", folder / "certified.pub", "-I", "me", "-n", user)
    _certify(folder / "unknown-ca", folder / "overcertified.pub", "-I", "me", "-n", user)
    let_in = ("client", "ecdsa", "rsa2048", "agent-rsa", "locked", "overcertified")
    (folder / "authorized").write_text("".join(public(folder / name) + "\n" for name in let_in))
    _make_programs(folder)


def _make_krls(folder: Path, host: Path) -> None:
    hashed = subprocess.run(["ssh-keygen", "-l", "-f", str(host)], check=True, capture_output=True, text=True)
    for name, specification in (
        ("krl-ed", host.read_text()),
        ("krl-other", (folder / "other.pub").read_text()),
        ("krl-empty", ""),
        ("krl-hash", f"hash: {hashed.stdout.split()[1]}\n"),
        ("krl-serial", "serial: 7\n"),
        ("krl-id", "id: the box\n"),
    ):
        (folder / "krl-spec").write_text(specification)
        _keygen("-k", "-s", str(folder / "ca.pub"), "-f", str(folder / name), str(folder / "krl-spec"))
    (folder / "krl-cut").write_bytes((folder / "krl-ed").read_bytes()[:-20])


def _make_programs(folder: Path) -> None:
    for name, text in (
        ("says", '#!/bin/sh\necho "$@"\n'),
        ("fails", '#!/bin/sh\necho "$@"\necho "no such vault" >&2\nexit 3\n'),
        ("expired", '#!/bin/sh\nprintf "\\033[31myour login has expired\\033[0m\\n" >&2\nexit 1\n'),
        ("proxy", _PROXY),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


_PROXY = """#!/usr/bin/env python3
import os, socket, sys, threading
there = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while data := os.read(0, 65536):
        there.sendall(data)
    there.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := there.recv(65536):
    os.write(1, data)
"""


@contextmanager
def _agent(path: Path, key: Path) -> Iterator[Path]:
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    try:
        environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
        subprocess.run(["ssh-add", "-q", str(key)], check=True, env=environment, stdin=subprocess.DEVNULL)
        yield path
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
