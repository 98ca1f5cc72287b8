"""How a session's parts are named in the team's bucket, and how lines and their seals are one object there.

An object of the journal has exact lines of it, then one line with their seals. It is written once; its name has its
writer's epoch and the number of its first line.
"""

import re

import msgspec
from msgspec import Struct

from tui.sharing.handed_on import LINE, SealedPart
from tui.sharing.seals import LENGTH, Seals

LIVE = "live/"
"""Below it each session's last beat."""
_NAME = re.compile(r"(\d{6,})-(\d{10,})\.jsonl", re.ASCII)


class LineSeals(Struct, frozen=True):
    """The last line of an object: the seals of those before it."""

    seals: tuple[str, ...]


class JournalObject(Struct, frozen=True, order=True):
    """An object of the journal, as its name says."""

    epoch: int
    first: int


_seals = msgspec.json.Decoder(LineSeals)


class BucketNames:
    """The names of one session's objects."""

    def __init__(self, session: str) -> None:
        self.text = f"sessions/{session}/runbook.toml"
        self.text_seal = f"sessions/{session}/runbook.seal"
        self.frame = f"sessions/{session}/frame"
        self.inbox = f"sessions/{session}/inbox/"
        self.beat = f"{LIVE}{session}"
        self.journal = f"sessions/{session}/journal/"
        self.files = f"sessions/{session}/files/"
        self._output = f"sessions/{session}/output/"

    def lines(self, one: JournalObject) -> str:
        """The object of lines."""
        return f"{self.journal}{one.epoch:06d}-{one.first:010d}.jsonl"

    def of_epoch(self, epoch: int) -> str:
        """The objects of lines of one epoch begin so."""
        return f"{self.journal}{epoch:06d}-"

    def journal_object(self, key: str) -> JournalObject | None:
        """What an object's name says; None for a name that is none of ours."""
        found = _NAME.fullmatch(key.removeprefix(self.journal))
        return JournalObject(int(found[1]), int(found[2])) if found else None

    def outputs(self, attempt: int) -> str:
        """The pieces of an attempt's output are below it."""
        return f"{self._output}{attempt:06d}/"

    def piece(self, attempt: int, offset: int) -> str:
        """One piece."""
        return f"{self.outputs(attempt)}{offset:012d}"


def body_of(seals: Seals, first: int, lines: list[bytes]) -> bytes:
    """Lines as one object."""
    made = tuple(seals.seal(LINE, str(number), line).decode() for number, line in enumerate(lines, first))
    return b"\n".join((*lines, msgspec.json.encode(LineSeals(made)), b""))


def parts_of_body(first: int, body: bytes) -> list[SealedPart]:
    """The lines of an object with their seals; none where it is not one."""
    *lines, last, end = body.split(b"\n") if body.count(b"\n") > 1 else (b"", b"x")
    try:
        seals = _seals.decode(last).seals if not end else ()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []
    if len(seals) != len(lines):
        return []
    return [
        SealedPart(number, line, seal.encode("ascii", "replace"))
        for number, (line, seal) in enumerate(zip(lines, seals, strict=True), first)
    ]


def piece_of_body(offset: int, body: bytes) -> SealedPart:
    """A piece of output, whose seal is before it."""
    return SealedPart(offset, body[LENGTH:], body[:LENGTH])
