"""How a target is reached, resolved by OpenSSH itself so that `ssh TARGET` and this program mean the same."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tui.errors import HostError

RESOLVE_TIMEOUT = 10.0
AGENT = "SSH_AUTH_SOCK"
"""What IdentityAgent is where nothing is said (ssh_config(5)); `none` means no agent."""


class Resolved(Struct, frozen=True, kw_only=True):
    """What `ssh -G` says of a target; an empty `jump` or `command` means a direct connection."""

    target: str
    host: str
    port: int = 22
    user: str = ""
    identities: tuple[Path, ...] = ()
    identities_only: bool = False
    agent: str = AGENT
    alias: str = ""
    known_hosts: tuple[Path, ...] = ()
    jump: str = ""
    command: str = ""
    files: tuple[Path, ...] = ()

    @property
    def known_as(self) -> str:
        """The name that known_hosts has the host under."""
        name = self.alias or self.host
        return name if self.port == 22 or self.alias else f"[{name}]:{self.port}"

    @property
    def address(self) -> str:
        """Host and port, for the eye."""
        return self.host if self.port == 22 else f"{self.host}:{self.port}"


def resolve(target: str, user: str | None, port: int | None, files: Sequence[Path] = ()) -> Resolved:
    """Ask `ssh -G`; `files` stands for -F.

    Raises:
        HostError: OpenSSH's client is not installed, or does not understand the target or its configuration.
    """
    if target.startswith("-") or not target:
        raise HostError(f"{target!r} is no SSH target", "give the host a name or [user@]name in the runbook")
    ssh = shutil.which("ssh")
    if ssh is None:
        raise HostError("`ssh` is not installed here", "install openssh-client: it resolves the SSH configuration")
    command = [ssh, "-G", *(part for file in files[:1] for part in ("-F", str(file)))]
    command += [*(("-l", user) if user else ()), *(("-p", str(port)) if port else ()), "--", target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RESOLVE_TIMEOUT, check=False)
    if done.returncode:
        words = done.stderr.strip().splitlines()  # the first one says what, later ones only that it was so
        raise HostError(f"{target}: {words[0] if words else 'ssh -G failed'}", "mend the SSH configuration")
    return _parsed(target, done.stdout, tuple(files))


def _parsed(target: str, text: str, files: tuple[Path, ...]) -> Resolved:
    given: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        given.setdefault(key, []).append(value)

    def one(key: str, default: str = "") -> str:
        value = given.get(key, [default])[0]
        return "" if value == "none" else value

    known = " ".join((one("userknownhostsfile"), one("globalknownhostsfile")))
    return Resolved(
        target=target,
        host=one("hostname", target),
        port=int(one("port", "22")),
        user=one("user"),
        identities=tuple(Path(value).expanduser() for value in given.get("identityfile", [])),
        identities_only=one("identitiesonly") == "yes",
        agent=given.get("identityagent", [AGENT])[0],
        alias=one("hostkeyalias"),
        known_hosts=tuple(Path(value).expanduser() for value in known.split()),
        jump=one("proxyjump"),
        command=_expanded(one("proxycommand"), target, given),
        files=files,
    )


def _expanded(command: str, target: str, given: dict[str, list[str]]) -> str:
    """ProxyCommand with its tokens (ssh_config(5), TOKENS), which `ssh -G` leaves as they are."""
    tokens = {"%%": "%", "%n": target.rpartition("@")[2]}
    tokens |= {token: given.get(key, [""])[0] for token, key in (("%h", "hostname"), ("%p", "port"), ("%r", "user"))}
    return re.sub("%.", lambda found: tokens.get(found[0], found[0]), command)
