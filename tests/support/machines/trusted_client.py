"""Host-based logins on loopback: a machine whose own key a server trusts, by files of /etc that they alone see."""

import getpass
import shlex
from pathlib import Path

from tests.support.servers.sshd import Sshd, make_key, public


class TrustedClient:
    """Such a machine; a program started with `before` is on it, and `server` trusts it."""

    def __init__(self, folder: Path) -> None:
        settings, home, passwd = folder / "etc", folder / "home", folder / "passwd"
        for made in (settings, home):
            made.mkdir(parents=True)
        key = settings / "ssh_host_ed25519_key"
        make_key(key)
        (settings / "ssh_config").write_text("EnableSSHKeysign yes\n")
        (settings / "ssh_known_hosts").write_text(f"localhost {public(key)}\n")
        user = getpass.getuser()
        (home / ".shosts").write_text(f"localhost {user}\n")
        passwd.write_text("".join(_at_home(line, user, home) for line in Path("/etc/passwd").read_text().splitlines()))
        self.before = _with({settings: "/etc/ssh"})
        self.server = Sshd(
            folder / "sshd",
            "HostbasedAuthentication yes",
            "AuthenticationMethods hostbased",
            "IgnoreRhosts no",
            "HostbasedUsesNameFromPacketOnly yes",
            before=_with({settings: "/etc/ssh", passwd: "/etc/passwd"}),
        )
        asks = ("HostbasedAuthentication yes", "EnableSSHKeysign yes")
        self.server.ssh_config.write_text(self.server.config("box", *asks))


def _at_home(line: str, user: str, home: Path) -> str:
    """A line of passwd, with another home for a user: the server reads .shosts there."""
    fields = line.split(":")
    if fields[0] == user:
        fields[5] = str(home)
    return ":".join(fields) + "\n"


def _with(files: dict[Path, str]) -> list[str]:
    mounts = "".join(f"mount --bind {shlex.quote(str(ours))} {theirs} && " for ours, theirs in files.items())
    return ["unshare", "--mount", "sh", "-c", f'{mounts}exec "$@"', "sh"]
