"""Hands a session on to the team's bucket: lines in objects that are written once, output beside them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from tui.sharing.bucket import Bucket, BucketError, ObjectMissing, ObjectTaken
from tui.sharing.handed_on import (
    BEAT,
    CHUNK,
    FILE,
    FRAME,
    LINE,
    LINES_MOST,
    TEXT,
    Beat,
    HasTakenOver,
    KeyFrame,
    OtherWriter,
    OwnLine,
    SealedPart,
    ShareFailed,
    StrayLines,
    beat_of,
)
from tui.sharing.lease import since_start
from tui.sharing.seals import Seals
from tui.sharing.stored.object_names import BucketNames, JournalObject, body_of, parts_of_body

OTHERS = "another program hands on this session with other lines"
MOST_SEEN = 10_000
MOST_STRAYS = 100
"""Objects of an earlier writer that are fetched at a time."""


class BucketSink:
    """See Sink. The bucket keeps: what is there and has the team's seal is never replaced."""

    every = 2.0
    looks_back = 0

    def __init__(self, bucket: Bucket, seals: Seals, epoch: int = 1) -> None:
        self.where = f"the bucket {bucket}"
        self._bucket = bucket
        self._seals = seals
        self._epoch = epoch
        self._names = BucketNames(seals.session)
        self._seen: dict[str, None] = {}
        self._begins: dict[int, int] = {}
        self._looked = 0
        self._sure = 0.0

    def begin(self, text: bytes, own: OwnLine) -> int:
        """See Sink."""
        with told():
            self._give_way()
            self._bucket.put(self._names.text, text, "text/plain")
            self._bucket.put(self._names.text_seal, self._seals.seal(TEXT, "", text))
            listed = (self._names.journal_object(one.key) for one in self._bucket.listed(self._names.journal))
            found = sorted((one for one in listed if one is not None), reverse=True)
            for one in found:
                self._begins[one.epoch] = one.first
            for one in found:
                lines = self._lines_of(one)
                if lines and own(lines[-1].place) == lines[-1].data:
                    self._begins.setdefault(self._epoch, lines[-1].place + 1)
                    return lines[-1].place + 1
                if lines and one.epoch >= self._epoch:
                    raise OtherWriter(OTHERS, "is a copy of its folder open elsewhere? what is written here stays here")
        return 0

    def lines(self, first: int, lines: list[bytes]) -> None:
        """See Sink."""
        with told():
            while lines:
                one = JournalObject(self._epoch, first)
                try:
                    self._bucket.put_new(self._names.lines(one), body_of(self._seals, first, lines))
                    return
                except ObjectTaken:
                    there = [part.data for part in self._lines_of(one)]
                if not there:  # nobody with the team's key wrote it
                    self._bucket.put(self._names.lines(one), body_of(self._seals, first, lines))
                    return
                if there != lines[: len(there)]:
                    raise OtherWriter(OTHERS, "what is written here is not handed on")
                first, lines = first + len(there), lines[len(there) :]

    def held(self, attempts: list[int]) -> dict[int, int]:
        """See Sink."""
        sizes: dict[int, int] = {}
        with told():
            for number in attempts:
                last = max(self._bucket.listed(self._names.outputs(number)), key=lambda one: one.key, default=None)
                offset = last.key.rpartition("/")[2] if last is not None else ""
                if last is not None and offset.isdigit():
                    data = self._seals.opened(CHUNK, f"{number}:{int(offset)}", self._bucket.get(last.key).data)
                    if data is not None:
                        sizes[number] = int(offset) + len(data)
        return sizes

    def output(self, attempt: int, offset: int, data: bytes) -> None:
        """See Sink."""
        with told():
            if since_start() - self._sure > self.every:  # who wakes up puts nothing over what the next one printed
                self._give_way()
            if offset == 0:
                for one in list(self._bucket.listed(self._names.outputs(attempt))):
                    self._bucket.delete(one.key)
            sealed = self._seals.sealed(CHUNK, f"{attempt}:{offset}", data)
            self._bucket.put(self._names.piece(attempt, offset), sealed)

    def files(self) -> frozenset[str]:
        """See Sink."""
        with told():
            listed = list(self._bucket.listed(self._names.files))
        return frozenset(one.key.removeprefix(self._names.files) for one in listed)

    def file(self, name: str, data: bytes) -> None:
        """See Sink."""
        with told():
            self._bucket.put(self._names.files + name, self._seals.sealed(FILE, name, data))

    def frame(self, frame: KeyFrame) -> None:
        """See Sink."""
        with told():
            self._bucket.put(self._names.frame, self._seals.sealed(FRAME, "", msgspec.msgpack.encode(frame)))

    def beat(self, beat: Beat) -> None:
        """See Sink."""
        with told():
            self._give_way()
            self._bucket.put(self._names.beat, self._seals.sealed(BEAT, "", msgspec.json.encode(beat)))

    def followers(self) -> int | None:
        """See Sink: who reads a bucket is not known."""
        return None

    def messages(self) -> list[bytes]:
        """See Sink."""
        with told():
            keys = [one.key for one in self._bucket.listed(self._names.inbox)]
            new = [key for key in keys if key not in self._seen][:MOST_SEEN]
            self._seen.update(dict.fromkeys(new))
            return [self._bucket.get(key).data for key in new]

    def strays(self) -> list[StrayLines]:
        """See Sink; each time it is asked it looks at one of the epochs before."""
        if self._epoch == 1:
            return []
        epoch = 1 + self._looked % (self._epoch - 1)
        self._looked += 1
        next_one = min((first for one, first in self._begins.items() if one > epoch), default=0)
        after = self._names.lines(JournalObject(epoch, max(0, next_one - LINES_MOST)))
        with told():
            listed = list(self._bucket.listed(self._names.of_epoch(epoch), after))
            keys = [one.key for one in listed if one.key not in self._seen][:MOST_STRAYS]
            self._seen.update(dict.fromkeys(keys))
            found = [one for one in map(self._names.journal_object, keys) if one is not None]
            parts = [(one, self._lines_of(one)) for one in found]
        return [StrayLines(one.epoch, one.first, [part.data for part in lines]) for one, lines in parts if lines]

    def close(self) -> None:
        """See Sink."""

    def _lines_of(self, one: JournalObject) -> list[SealedPart]:
        """The lines of an object that the team's key has sealed; none where one of them is not."""
        parts = parts_of_body(one.first, self._bucket.get(self._names.lines(one)).data)
        sound = all(self._seals.holds(LINE, str(part.place), part.data, part.seal) for part in parts)
        return parts if sound else []

    def _give_way(self) -> None:
        """Make sure that nobody with a later epoch writes this session.

        Raises:
            OtherWriter: somebody does.
        """
        with suppress(ObjectMissing):
            other = beat_of(self._seals, self._bucket.get(self._names.beat).data)
            if other is not None and other.epoch > self._epoch:
                who = f"{other.operator} on {other.machine}" if other.machine else other.operator
                raise HasTakenOver(
                    f"{who} has taken this session over", "what is written here is kept beside it, as a fork"
                )
        self._sure = since_start()


@contextmanager
def told() -> Iterator[None]:
    """Say of what the bucket does not do what it is for who hands a session on, or follows one."""
    try:
        yield
    except BucketError as error:
        raise ShareFailed(error.message, error.hint) from None
