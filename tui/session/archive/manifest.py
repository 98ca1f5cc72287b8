"""What a bundle says of itself: its members, and how large and how many they may be."""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tui.errors import SessionError
from tui.session.archive.store import SessionDirectory

FORMAT = 1
MAGIC = "runbook bundle"
MANIFEST = "bundle.json"
FETCHED = "fetched.json"
"""What a session has beside it that was taken over from another machine: the same, of the outputs with secrets."""
WRONG = "it is not a bundle, or it was damaged on its way; pack it again where the session is"

MEMBERS_MOST = 100_000
MANIFEST_MOST = 1 << 25
UNPACKED_MOST = 1 << 34
"""The most that may be unpacked, in bytes (16 GiB), whatever the disk has."""

RATIO_FROM, RATIO_MOST = 1 << 26, 500
"""From 64 MiB on, a bundle may unpack to 500 times its own size: logs take 10 to 50, and deflate ends at 1,032."""

OUTPUT = re.compile(r"attempts/(\d{4,9})\.out")
NAMES = re.compile(
    r"runbook\.toml|scenario\.json|journal\.jsonl|attempts/\d{4,9}\.(out|idx|mask|lines)"
    r"|evidence/\d{4,9}-[A-Za-z0-9._-]{1,80}"
)
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}")

Count = Annotated[int, Meta(ge=0)]


class Member(Struct, frozen=True):
    """A file of a bundle: its size in bytes, its SHA-256, and how many of its bytes are hidden."""

    name: str
    size: Count
    sha256: str
    hidden: Count = 0


class Manifest(Struct, frozen=True, kw_only=True):
    """What is in a bundle; `receipt` is COUNT:HEAD of its journal.

    `missing` has the names of files that did not come, where a session was fetched from another machine.
    """

    format: int
    session: str
    program: str
    receipt: str
    members: tuple[Member, ...]
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no bundle of ours can say; msgspec turns the error into one of its own."""
        if not ID.fullmatch(self.session):
            raise ValueError("it has no session")
        for member in self.members:
            hides = member.hidden <= (member.size if OUTPUT.fullmatch(member.name) else 0)
            if not (NAMES.fullmatch(member.name) and hides):
                raise ValueError(f"its list of files is wrong at {member.name[:100]!r}")

    def hidden(self) -> frozenset[int]:
        """The attempts whose output is not byte for byte what was recorded."""
        return frozenset(int(Path(member.name).stem) for member in self.members if member.hidden)


def fits(count: int, unpacked: int, packed: int) -> None:
    """Refuse too many files, or too many bytes for a bundle's own size in bytes.

    Raises:
        ValueError: it is more than a bundle may have.
    """
    if count > MEMBERS_MOST:
        raise ValueError(f"it has more than {MEMBERS_MOST:,} files")
    if unpacked > UNPACKED_MOST:
        raise ValueError(f"it would take more than {UNPACKED_MOST >> 30} GiB of disk")
    if unpacked > RATIO_FROM and unpacked > RATIO_MOST * packed:
        raise ValueError(f"it would take {unpacked >> 20:,} MiB of disk, more than {RATIO_MOST} times its own size")


def manifest_of(directory: SessionDirectory) -> Manifest | None:
    """What a session's bundle, or who fetched it, said of it; None where it was made here.

    Raises:
        SessionError: it is there and makes no sense.
    """
    path = directory.path / MANIFEST
    path = path if path.exists() else directory.path / FETCHED
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest) if path.exists() else None
    except (OSError, msgspec.MsgspecError) as error:
        raise SessionError(f"{path} cannot be read: {error}", WRONG) from error
