"""Whether a host's key is the one known_hosts has: strictly, as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", reads it."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tui.errors import HostKeyRefused
from tui.transports.host_keys.keyblobs import HostKey, fingerprint, read_key, strict_base64
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

BLANKS = b" \t"
SALT = 20
MOST_PATTERN = 1023
"""Bytes of one pattern that OpenSSH has room for; a field with a longer one fits nobody."""

REVOKED, AUTHORITY = "@revoked", "@cert-authority"


class KnownHost(NamedTuple):
    """One line of a known_hosts file that is about the host."""

    path: Path
    line: int
    marker: str
    key_type: str
    key: bytes


def known_keys(name: str, paths: Iterable[Path]) -> list[KnownHost]:
    """Every line of the files that names the host; a line that makes no sense is passed over, as OpenSSH does."""
    known: list[KnownHost] = []
    for path in paths:
        try:
            known += known_lines(name, path, path.read_bytes())
        except (OSError, ValueError):
            continue
    return known


def known_lines(name: str, path: Path, data: bytes) -> Iterator[KnownHost]:
    """The lines of a known_hosts file's bytes that name the host.

    Lines end at LF and fields at space and tab, nowhere else: what a person's editor shows as a new line is none.
    """
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line.partition(b"\0")[0].lstrip(BLANKS)  # for OpenSSH a string ends there
        if not line or line.startswith(b"#"):
            continue
        marker = b""
        if line.startswith(b"@"):
            marker, line = _cut(line)
            if marker.decode(errors="replace") not in (REVOKED, AUTHORITY):
                continue
        names, rest = _cut(line)
        if _names(names, name.encode(errors="surrogateescape")) and (key := read_key(rest)):
            yield KnownHost(path, number, marker.decode(), *key)


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """A line's first field and the rest."""
    end = next((at for at, byte in enumerate(line) if byte in BLANKS), len(line))
    return line[:end], line[end:].lstrip(BLANKS)


def _names(patterns: bytes, name: bytes) -> bool:
    """Whether the first field of a line is about the host; a negated pattern that fits excludes it."""
    if patterns.startswith(b"|"):
        return _hashed(patterns, name)
    found = False
    for pattern in patterns.lower().split(b","):
        negated = pattern.startswith(b"!")
        pattern = pattern[1:] if negated else pattern
        if len(pattern) >= MOST_PATTERN:
            return False
        if fnmatchcase(name.lower(), _literal_brackets(pattern)):
            if negated:
                return False
            found = True
    return found


def _literal_brackets(pattern: bytes) -> bytes:
    """In known_hosts [host]:port is literal; for fnmatch a bracket opens a set."""
    return pattern.replace(b"[", b"[[]")


def _hashed(field: bytes, name: bytes) -> bool:
    """Whether the field is, to the byte, what OpenSSH would write for the name with its salt."""
    if not field.startswith(b"|1|"):
        return False
    text = field[3:].partition(b"|")[0]
    salt = strict_base64(text)
    if salt is None or len(salt) != SALT:
        return False
    digest = hmac.new(salt, name, hashlib.sha1).digest()
    whole = b"|1|" + base64.b64encode(salt) + b"|" + base64.b64encode(digest)
    return hmac.compare_digest(whole, field)


def known_types(known: Iterable[KnownHost]) -> frozenset[str]:
    """The types of key that known_hosts has of the host, and @cert-authority where it has one."""
    return frozenset(one.marker or one.key_type for one in known if one.marker != REVOKED)


def revoked_line(key: HostKey, known: Iterable[KnownHost]) -> KnownHost | None:
    """The line that revokes the key, or the authority that certified it."""
    blobs = {key.plain, key.authority} - {b""}
    return next((one for one in known if one.marker == REVOKED and one.key in blobs), None)


def is_known(key: HostKey, known: Iterable[KnownHost]) -> bool:
    """Whether a line that is not a mark has the key."""
    return any(not one.marker and (one.key, one.key_type) == (key.plain, key.kind) for one in known)


def accept(name: str, key: HostKey, known: list[KnownHost], files: Iterable[Path], ours: str = "") -> None:
    """Let the key pass, or not.

    Args:
        name: what known_hosts has the host under.
        key: what the host showed, and proved to hold.
        known: the lines about it.
        files: where they come from.
        ours: what to add where OpenSSH would continue and this program does not.

    Raises:
        HostKeyRefused: it is unknown, changed or revoked; says the fingerprint and what to do.
    """
    shown = str(key)
    if line := revoked_line(key, known):
        what = f"the key of {name}" if line.key == key.plain else f"the authority that certifies the key of {name}"
        raise HostKeyRefused(
            f"{what} is revoked ({line.path}:{line.line}): {shown}{ours}", "do not connect; ask its owner"
        )
    if is_known(key, known):
        return
    # Keys of other kinds only are a change too: an attacker chooses which kind to show.
    trusted = [one for one in known if not one.marker]
    same = next((one for one in trusted if one.key_type == key.kind), trusted[0] if trusted else None)
    if same:
        raise HostKeyRefused(
            f"THE KEY OF {name} HAS CHANGED: it shows {shown}, "
            f"{same.path}:{same.line} has {same.key_type} {fingerprint(same.key)}{ours}",
            f"somebody may be in between. If the host was renewed: ssh-keygen -R '{name}', then ssh to it once",
        )
    first = next(iter(files), Path("~/.ssh/known_hosts"))
    if any(one.marker == AUTHORITY for one in known):
        raise HostKeyRefused(
            f"the key of {name} is unknown: {shown} (a @cert-authority line is there; only ssh verifies certificates)"
            f"{ours}",
            BY_OPENSSH,
        )
    raise HostKeyRefused(
        f"the key of {name} is unknown: {shown}{ours}",
        f"compare the fingerprint with its owner's, then connect once with ssh so that {first} has it",
    )
