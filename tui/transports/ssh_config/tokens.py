"""The tokens of ssh_config(5) that `ssh -G` leaves as they are."""

import hashlib
import os
import re
import socket
from collections.abc import Callable, Mapping

from tui.errors import HostError
from tui.people import login_name

PROXY = frozenset("hnpr")
"""Those that ProxyCommand and ProxyJump know."""
FILES = frozenset("CdhikLlnpru")
"""Those of IdentityFile and UserKnownHostsFile."""


class Tokens:
    """What each token stands for at one target."""

    def __init__(self, target: str, host: str, port: int, user: str, alias: str = "") -> None:
        self._values: dict[str, Callable[[], str]] = {
            "d": lambda: os.path.expanduser("~"),
            "h": lambda: host,
            "i": lambda: str(os.getuid()),
            "k": lambda: alias or self.original,
            "L": lambda: socket.gethostname().partition(".")[0],
            "l": socket.gethostname,
            "n": lambda: self.original,
            "p": lambda: str(port),
            "r": lambda: user,
            "u": login_name,
            "C": lambda: hashlib.sha1(
                f"{socket.gethostname()}{host}{port}{user}".encode(), usedforsecurity=False
            ).hexdigest(),
        }
        self.original = _original(target)

    def fill(self, text: str, known: frozenset[str], more: Mapping[str, str] | None = None) -> str:
        """The text with its tokens filled in.

        Raises:
            HostError: it has a token that is not known there, with which OpenSSH ends, too.
        """
        more = more or {}

        def value(found: re.Match[str]) -> str:
            letter = found[0][1:]
            if letter == "%":
                return "%"
            if letter in more:
                return more[letter]
            if letter not in known:
                raise HostError(f"{text}: unknown token %{letter}", "fix the SSH configuration")
            return self._values[letter]()

        return re.sub("%.?", value, text)

    def path(self, text: str) -> str:
        """A file name with its tokens, variables and ~ filled in; empty where OpenSSH ignores it for want of one."""

        def variable(found: re.Match[str]) -> str:
            return os.environ.get(found[1], "\0")

        home = os.path.expanduser(text)
        filled = self.fill(re.sub(r"\$\{(\w+)\}", variable, home), FILES)
        return "" if "\0" in filled else filled


def _original(target: str) -> str:
    """The host as it was given, without user and port."""
    if target.startswith("ssh://"):
        rest = target.removeprefix("ssh://").rstrip("/").rpartition("@")[2]
        return rest[1:].partition("]")[0] if rest.startswith("[") else rest.partition(":")[0]
    return target.rpartition("@")[2]
