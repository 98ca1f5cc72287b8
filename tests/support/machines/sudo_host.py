"""A real sshd on which an ordinary user logs in, and a real sudo that may want that user's password.

Who there is, what sudo allows and how it asks are files of its own, bound over those of the machine in a mount
namespace that ends with the server: nothing of the machine is changed.
"""

import subprocess
from pathlib import Path

from tests.support.servers.sshd import Sshd

USER, UID = "ana", 42424
HOME = "/mnt/ana"
WORD = "correct horse 'battery\" staple"
"""A password with what shells do not like."""

_FILES = ("passwd", "group", "shadow", "sudoers")
_BEGIN = f"""\
set -e
mount -t tmpfs none /mnt
mkdir -p {HOME} /run/sudo
cp "$0/authorized_keys" {HOME}/
chown -R {UID}:{UID} {HOME}
for file in {" ".join(_FILES)}; do mount --bind "$0/$file" "/etc/$file"; done
mount --bind "$0/pam" /etc/pam.d/sudo
mount -t tmpfs none /run/sudo
exec "$@"
"""
ALL = f"{USER} ALL=(ALL:ALL) ALL"


class SudoHost(Sshd):
    """Such a server; `rules` are lines of its sudoers file."""

    def __init__(self, directory: Path, *rules: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.wrong = directory / "wrong"
        self.wrong.touch()
        count = directory / "count"
        count.write_text(f"#!/bin/sh\necho >>{self.wrong}\n")
        count.chmod(0o700)
        asks = [
            "auth [success=2 conv_err=die authtok_err=die default=ignore] pam_unix.so nodelay",
            f"auth optional pam_exec.so seteuid quiet {count}",
            "auth requisite pam_deny.so",
        ]
        rest = [f"{kind} required pam_permit.so" for kind in ("auth", "account", "session")]
        lines = {
            "passwd": [*_of_machine("passwd"), f"{USER}:x:{UID}:{UID}::{HOME}:/bin/bash"],
            "group": [*_of_machine("group"), f"{USER}:x:{UID}:"],
            "shadow": [_shadow(WORD)],
            "sudoers": ["Defaults !lecture", "root ALL=(ALL:ALL) ALL", *(rules or (ALL,))],
            "pam": [*asks, *rest],
        }
        for name, text in lines.items():
            (directory / name).write_text("\n".join([*text, ""]))
        (directory / "sudoers").chmod(0o440)
        (directory / "shadow").chmod(0o600)
        begin = ["unshare", "--mount", "sh", "-c", _BEGIN, str(directory)]
        super().__init__(
            directory,
            f"SetEnv HOME={HOME}",
            f"AuthorizedKeysFile {HOME}/authorized_keys",
            before=begin,
            user=USER,
        )

    @property
    def tried(self) -> int:
        """How many wrong passwords sudo was given so far."""
        return len(self.wrong.read_text())

    def change(self, word: str) -> None:
        """Give the user another password."""
        (self.directory / "shadow").write_text(_shadow(word) + "\n")

    @property
    def root(self) -> Path:
        """Its files, as it sees them."""
        return Path(f"/proc/{self._process.pid}/root")


def _of_machine(name: str) -> list[str]:
    return Path("/etc", name).read_text().splitlines()


def _shadow(word: str) -> str:
    crypt = ["perl", "-e", r'print crypt(join("", <STDIN>), "\$6\$of.a.test\$")']
    made = subprocess.run(crypt, input=word.encode(), capture_output=True, check=True).stdout.decode()
    return f"{USER}:{made}:19000:0:99999:7:::"
