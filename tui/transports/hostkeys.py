"""Whether a host's key is the one known_hosts has: strictly, as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", reads it."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tui.errors import HostKeyRefused


class Known(NamedTuple):
    """One line of a known_hosts file that is about the host."""

    path: Path
    line: int
    marker: str
    key_type: str
    key: bytes


def fingerprint(key: bytes) -> str:
    """The SHA-256 fingerprint as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def known_keys(name: str, paths: Iterable[Path]) -> list[Known]:
    """Every line of the files that names the host; a line that makes no sense is passed over, as OpenSSH does."""
    return [known for path in paths for known in _lines(name, path)]


def _lines(name: str, path: Path) -> Iterator[Known]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        marker = fields.pop(0) if fields[0].startswith("@") else ""
        if len(fields) < 3 or not _names(fields[0], name):
            continue
        try:
            yield Known(path, number, marker, fields[1], base64.b64decode(fields[2], validate=True))
        except ValueError:
            continue


def _names(patterns: str, name: str) -> bool:
    """Whether the first field of a line is about the host; a negated pattern that fits excludes it."""
    if patterns.startswith("|1|"):
        return _hashed(patterns, name)
    found = False
    for pattern in patterns.lower().split(","):
        negated = pattern.startswith("!")
        if fnmatchcase(name.lower(), _literal_brackets(pattern.lstrip("!"))):
            if negated:
                return False
            found = True
    return found


def _literal_brackets(pattern: str) -> str:
    """In known_hosts [host]:port is literal; for fnmatch a bracket opens a set."""
    return pattern.replace("[", "[[]")


def _hashed(field: str, name: str) -> bool:
    try:
        _, _, salt, wanted = field.split("|")
        digest = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(digest, base64.b64decode(wanted))
    except ValueError:
        return False


def wanted_types(known: Iterable[Known]) -> tuple[str, ...]:
    """The key types to ask the server for first: those that known_hosts has."""
    return tuple(dict.fromkeys(one.key_type for one in known if not one.marker))


def accept(name: str, key_type: str, key: bytes, known: list[Known], files: Iterable[Path]) -> None:
    """Let the key pass, or not.

    Raises:
        HostKeyRefused: it is unknown, changed or revoked; says the fingerprint and what to do.
    """
    shown = f"{key_type} {fingerprint(key)}"
    revoked = next((one for one in known if one.marker == "@revoked" and one.key == key), None)
    if revoked:
        raise HostKeyRefused(
            f"the key of {name} is revoked ({revoked.path}:{revoked.line}): {shown}", "do not connect; ask its owner"
        )
    trusted = [one for one in known if not one.marker]
    if any(one.key == key and one.key_type == key_type for one in trusted):
        return
    # Keys of other kinds only are a change too: an attacker chooses which kind to show.
    same = next((one for one in trusted if one.key_type == key_type), trusted[0] if trusted else None)
    if same:
        raise HostKeyRefused(
            f"THE KEY OF {name} HAS CHANGED: it shows {shown}, "
            f"{same.path}:{same.line} has {same.key_type} {fingerprint(same.key)}",
            f"somebody may be in between. If the host was renewed: ssh-keygen -R '{name}', then ssh to it once",
        )
    first = next(iter(files), Path("~/.ssh/known_hosts"))
    authority = " (a @cert-authority line is there; certificates are not supported)"
    if all(one.marker != "@cert-authority" for one in known):
        authority = ""
    raise HostKeyRefused(
        f"the key of {name} is unknown: {shown}{authority}",
        f"compare the fingerprint with its owner's, then connect once with ssh so that {first} has it",
    )
