"""Runs real Debian sshds for tests and measurements: each on a port of its own, with keys and files of its own."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tui.transports.openssh.transport import OpenSSHTransport
from tui.transports.ssh.transport import SSHTransport

SBIN = "/usr/sbin:/sbin"
PRIVILEGE_SEPARATION = Path("/run/sshd")
READY_TIMEOUT = 20.0
INSTEAD = 'mount --bind "$0" /etc/pam.d/sshd && exec "$@"'


class Sshd:
    """One server with one key of each kind it needs: its own, and one that may log in.

    Files are in `directory`: `host` and `client` (keys), `known_hosts`, `ssh_config` (with the host `box`), `log`.
    """

    def __init__(
        self, directory: Path, *options: str, pam: Path | None = None, before: Sequence[str] = (), user: str = ""
    ) -> None:
        """Args:
        pam: what this server, and it alone, finds as /etc/pam.d/sshd; only root can have that.
        before: what the server is started by, where it is to find other files than this machine has.
        user: who logs in there.
        """
        self.directory = directory
        self._before = ["unshare", "--mount", "sh", "-c", INSTEAD, str(pam)] if pam else list(before)
        self.user = user or getpass.getuser()
        self.options = options
        self.log: list[str] = []
        self._news = threading.Condition()
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
        for name in ("host", "client"):
            make_key(directory / name)
        shutil.copy(directory / "client.pub", directory / "authorized_keys")
        self._start()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public(directory / 'host')}\n")
        self.ssh_config.write_text(self.config("box"))

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        return self.directory / "ssh_config"

    def config(self, name: str, *more: str) -> str:
        """An ssh_config block that reaches this server by a name."""
        lines = [
            f"Host {name}",
            "HostName 127.0.0.1",
            f"Port {self.port}",
            f"User {self.user}",
            f"IdentityFile {self.directory / 'client'}",
            "IdentitiesOnly yes",
            "IdentityAgent none",
            f"UserKnownHostsFile {self.known_hosts}",
            "GlobalKnownHostsFile /dev/null",
            "StrictHostKeyChecking yes",
            *more,
        ]
        return "\n  ".join(lines) + "\n"

    def transport(self, target: str = "box", **given: Any) -> SSHTransport:
        """Our own transport to this server."""
        given.setdefault("config_files", [self.ssh_config])
        return SSHTransport("box", target, **given)

    def by_openssh(self, target: str = "box", **given: Any) -> OpenSSHTransport:
        """A transport to this server that ssh connects."""
        given.setdefault("config_files", [self.ssh_config])
        return OpenSSHTransport("box", target, **given)

    def ssh(self, *options: str) -> list[str]:
        """The beginning of an OpenSSH command line to this server."""
        return ["ssh", "-F", str(self.ssh_config), *options, "box"]

    def said(self, words: str) -> int:
        """How many lines of its log have these words so far."""
        with self._news:
            return sum(words in line for line in self.log)

    def wait_until_left(self, times: int = 1) -> None:
        """Wait until this number of connections has ended, each in one of the ways sshd words it."""
        self.wait_until_said("(Closing connection to|Read error from|Connection reset by)", times)

    def wait_until_said(self, words: str, times: int = 1) -> None:
        """Wait for the log to have this number of lines that fit a pattern."""
        with self._news:
            fits = re.compile(words).search
            self._news.wait_for(lambda: sum(map(bool, map(fits, self.log))) >= times)

    def kill_connections(self) -> None:
        """Cut every connection; what runs on them is not told."""
        self._signal(signal.SIGKILL, listener=False)

    def freeze(self) -> None:
        """Let nothing answer any more, with every connection still open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue after `freeze`."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the server and its connections."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def _start(self) -> None:
        program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:{SBIN}")
        if program is None:
            raise RuntimeError("these tests need a real sshd: install the package openssh-server")
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        for _ in range(5):
            self.port = free_port()
            file = self.directory / "sshd_config"
            file.write_text(self._settings())
            # -r: a connection gets a fork of the server, where a server that is left alone starts itself again for each
            # (a third of the processor time that a login takes it). Newer ones know no other way to start, and say so.
            self._process = subprocess.Popen(
                [*self._before, program, "-D", "-e", "-r", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            self._ended = False
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            with self._news:
                self._news.wait_for(self._started_or_ended, READY_TIMEOUT)
                if not self._ended:
                    return
        raise RuntimeError("sshd does not start: " + "\n".join(self.log))

    def _started_or_ended(self) -> bool:
        return self._ended or any(line.startswith("Server listening") for line in self.log)

    def _read(self) -> None:
        assert self._process.stderr
        with (self.directory / "log").open("w") as copy:
            for line in self._process.stderr:
                text = line.decode(errors="replace").rstrip()
                copy.write(text + "\n")
                with self._news:
                    self.log.append(text)
                    self._news.notify_all()
        self._process.stderr.close()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _settings(self) -> str:
        lines = [
            *self.options,
            "ListenAddress 127.0.0.1",
            f"Port {self.port}",
            f"HostKey {self.directory / 'host'}",
            f"AuthorizedKeysFile {self.directory / 'authorized_keys'}",
            f"PidFile {self.directory / 'pid'}",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "LogLevel VERBOSE",
            # The startup files of the person who runs the tests are none of the tests' business.
            f"SetEnv HOME={self.directory}",
            "Subsystem sftp internal-sftp",
            "MaxStartups 100",
            # An ssh of OpenSSH 9 takes 0.1 s of processor time for each connection with it, ten times the rest.
            "KexAlgorithms -sntrup761x25519-sha512*",
        ]
        return "\n".join(lines) + "\n"

    def _signal(self, number: signal.Signals, listener: bool = True) -> None:
        pids = [*descendants(self._process.pid), *([self._process.pid] if listener else [])]
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def descendants(pid: int) -> list[int]:
    """The sshds that a listening sshd has started, and not the commands they run."""
    return _sshds_of(pid, list(_parents()))


def _sshds_of(pid: int, parents: list[tuple[int, int]]) -> list[int]:
    found: list[int] = []
    for child, parent in parents:
        if parent == pid and name_of(child).startswith("sshd"):
            found += [*_sshds_of(child, parents), child]
    return found


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [one for one, parent in _parents() if parent == pid]


def name_of(pid: int) -> str:
    """The name of a process; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> paramiko.PKey | None:
    """Write a key pair as `write_key` does; returns the private key where it needs no passphrase."""
    write_key(path, kind, passphrase)
    return None if passphrase else paramiko.PKey.from_path(path)


def write_key(path: Path, kind: str, passphrase: str = "") -> None:
    """Write a fresh key pair; an RSA key is the same each time: one takes up to a second of processor time.

    The usual kind needs no process: what `ssh-keygen` writes of it is tried by `tests/support/sessions/signing.py`.
    """
    path.unlink(missing_ok=True)
    if kind == "ed25519" and not passphrase:
        made = Ed25519PrivateKey.generate()
        path.touch(0o600)
        path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        half = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        path.with_name(path.name + ".pub").write_bytes(half + b"\n")
        return
    if kind == "rsa":
        private, open_half = _rsa_key()
        path.touch(0o600)
        path.write_bytes(private)
        path.with_name(path.name + ".pub").write_text(open_half)
        if passphrase:
            change = ["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, "-f", str(path)]
            subprocess.run(change, check=True, stdout=subprocess.DEVNULL)
    else:
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)], check=True)


@cache
def _rsa_key() -> tuple[bytes, str]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "", "-f", str(path)], check=True)
        return path.read_bytes(), path.with_name("key.pub").read_text()


def public(path: Path) -> str:
    """Type and key, as authorized_keys and known_hosts have them."""
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
