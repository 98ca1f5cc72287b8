"""What of a session is handed on: its parts, how each is named, and the words of what cannot be."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import Struct

from tui.errors import RunbookError
from tui.session.events import Entry
from tui.session.journal.sampled_line import SampledLine, joined, parted
from tui.sharing.seals import Seals

LINE, CHUNK, BEAT, FRAME, TEXT, PRESENCE = "line", "output", "beat", "frame", "runbook", "follower"
FILE = "file"
"""The kinds of what is sealed."""

TOLD = 200
"""Samples in one beat at most."""


class ShareFailed(RunbookError):
    """The relay or the bucket does not take, or give, what is handed on; nothing of the session itself is lost."""

    exit_code = 4


LINES_MOST = 500
"""Lines that are handed on at once."""


class OtherWriter(ShareFailed):
    """Somebody else hands on this session as well, with other lines: it was taken over, or it is a copy."""


class MeasuredSince(Struct, frozen=True):
    """What monitors measured since a session's last line, as the line that it will be in; see SampledLine."""

    at: datetime
    mono: float
    line: SampledLine


class HasTakenOver(OtherWriter):
    """Somebody has taken the session over; what is written here is kept beside it, where that can be."""


class RefusedMessage(Struct, frozen=True):
    """A follower's message that the writer did not take, by its id, and why; nothing else of it is told on."""

    id: str
    why: str


class Beat(Struct, frozen=True, kw_only=True):
    """How far a session has come, said every second by who writes it: so that silence is told from rest.

    `count` is the number of its lines, `head` the hash of the last, `epoch` which of its writers says it, `measured`
    what is in no line yet, `refused` the last messages that were not taken.
    """

    session: str
    at: datetime
    epoch: int
    count: int
    head: str
    title: str = ""
    flow: str = ""
    environment: str = ""
    operator: str = ""
    machine: str = ""
    drill: str = ""
    stands: str = ""
    over: bool = False
    measured: MeasuredSince | None = None
    refused: tuple[RefusedMessage, ...] = ()


class KeyFrame(Struct, frozen=True):
    """A session's state after `count` lines, the hash of the last of them, and the state, packed."""

    count: int
    head: str
    state: bytes


class SealedPart(Struct, frozen=True):
    """A line, or a piece of output that begins at `place`, and its seal, as received: not true yet."""

    place: int
    data: bytes
    seal: bytes


class StrayLines(Struct, frozen=True):
    """Lines that the writer of an earlier epoch has handed on, each with the team's seal, from number `first` on."""

    epoch: int
    first: int
    lines: list[bytes]


OwnLine = Callable[[int], bytes | None]
"""The session's line of a number; None where it has none yet."""
Received = Callable[[bytes], None]
"""Is told of what followers send, each as the bytes that came: nothing of it is checked yet."""


class Sink(Protocol):
    """Where a session is handed on to; each method blocks, and raises ShareFailed where it is not done."""

    where: str
    """Its name in words."""
    every: float
    """Seconds between two beats, and for how long what is new is gathered at most."""
    looks_back: int
    """How many lines before the last a writer who has lost the session begins again to keep them beside the others'."""

    def begin(self, text: bytes, own: OwnLine) -> int:
        """Take up a session with this runbook; returns how many of its lines are there already.

        Lines that are not the session's own are removed.

        Raises:
            OtherWriter: another writer with the team's key wrote them.
        """

    def lines(self, first: int, lines: list[bytes]) -> None:
        """Hand on lines, of which the first has this number."""

    def held(self, attempts: list[int]) -> dict[int, int]:
        """How many bytes of each attempt's output are there already."""

    def output(self, attempt: int, offset: int, data: bytes) -> None:
        """Hand on a piece of an attempt's output, masked; at offset 0 it replaces what was there."""

    def files(self) -> frozenset[str]:
        """The names of the files that are there already."""

    def file(self, name: str, data: bytes) -> None:
        """Hand on a file of the session's folder that does not change any more, by its name there."""

    def frame(self, frame: KeyFrame) -> None:
        """Hand on a state for those who join late."""

    def beat(self, beat: Beat) -> None:
        """Say how far the session is; raises ShareFailed also where what was handed on is not there any more."""

    def followers(self) -> int | None:
        """How many follow it; None where nobody can tell."""

    def messages(self) -> list[bytes]:
        """What followers sent since this was asked last."""

    def strays(self) -> list[StrayLines]:
        """Lines of earlier writers from about where the next one began, each once, where they are kept."""

    def close(self) -> None:
        """Let go of it."""


class Feed(Protocol):
    """Where a session is followed from; what it gives is not true before its seal was checked.

    Each method blocks, and raises ShareFailed where there is no answer.
    """

    where: str
    """Its name in words."""
    every: float
    """Seconds between two looks that find something."""

    def beat(self) -> bytes | None:
        """The last beat, sealed."""

    def text(self) -> bytes | None:
        """The session's runbook, sealed."""

    def frame(self) -> bytes | None:
        """The last state for those who join late, sealed."""

    def lines(self, first: int, most: int, wait: float) -> list[SealedPart]:
        """Lines from this number on; where there are none, wait up to `wait` seconds for some."""

    def output(self, attempt: int, offset: int) -> list[SealedPart]:
        """Pieces of an attempt's output from an offset on, a few at a time."""

    def file(self, name: str) -> bytes | None:
        """A file of the session's folder, sealed; None where it is not there."""

    def present(self, follower: str, sealed: bytes) -> None:
        """Say that somebody follows."""

    def send(self, message: bytes) -> None:
        """Send who writes the session a message."""

    def close(self) -> None:
        """Let go of it."""


_beats = msgspec.json.Decoder(Beat)


def beat_of(seals: Seals, sealed: bytes | None) -> Beat | None:
    """What the writer of a session said last; None where nothing is there that the team's key has sealed."""
    data = seals.opened(BEAT, "", sealed)
    try:
        beat = _beats.decode(data) if data is not None else None
    except msgspec.DecodeError:
        return None
    return beat if beat is not None and beat.session == seals.session and beat.at.tzinfo is not None else None


def measured_since(entries: Sequence[Entry], count: int) -> MeasuredSince | None:
    """What is said of the samples after this number of lines; nothing where they are of others, or very many."""
    if not 0 < len(entries) <= TOLD or entries[0].seq != count:
        return None
    return MeasuredSince(entries[-1].at, entries[-1].mono, joined(entries))


def samples_of(beat: Beat) -> tuple[Entry, ...]:
    """The samples after a session's last line, as its writer told them; none where they are not sound."""
    if beat.measured is None:
        return ()
    try:
        return parted(beat.measured.line, beat.count, beat.measured.at, beat.measured.mono)
    except ValueError:
        return ()


frame_decoder = msgspec.msgpack.Decoder(KeyFrame)
