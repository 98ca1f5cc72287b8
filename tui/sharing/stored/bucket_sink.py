"""Hands a session on to the team's bucket: lines in objects that are written once, output beside them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from tui.sharing.bucket import Bucket, BucketError, ObjectMissing, ObjectTaken
from tui.sharing.handed_on import (
    BEAT,
    CHUNK,
    FRAME,
    LINE,
    TEXT,
    Beat,
    KeyFrame,
    OtherWriter,
    OwnLine,
    SealedPart,
    ShareFailed,
    beat_of,
)
from tui.sharing.seals import Seals
from tui.sharing.stored.object_names import BucketNames, JournalObject, body_of, parts_of_body

OTHERS = "another program hands on this session with other lines"
MOST_SEEN = 10_000


class BucketSink:
    """See Sink. The bucket keeps: what is there and has the team's seal is never replaced."""

    every = 2.0

    def __init__(self, bucket: Bucket, seals: Seals, epoch: int = 1) -> None:
        self.where = f"the bucket {bucket}"
        self._bucket = bucket
        self._seals = seals
        self._epoch = epoch
        self._names = BucketNames(seals.session)
        self._seen: dict[str, None] = {}

    def begin(self, text: bytes, own: OwnLine) -> int:
        """See Sink."""
        with told():
            self._give_way()
            self._bucket.put(self._names.text, text, "text/plain")
            self._bucket.put(self._names.text_seal, self._seals.seal(TEXT, "", text))
            found = [self._names.journal_object(one.key) for one in self._bucket.listed(self._names.journal)]
            for one in sorted((one for one in found if one is not None), reverse=True):
                lines = self._lines_of(one)
                if lines and own(lines[-1].place) == lines[-1].data:
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
            if offset == 0:
                for one in list(self._bucket.listed(self._names.outputs(attempt))):
                    self._bucket.delete(one.key)
            sealed = self._seals.sealed(CHUNK, f"{attempt}:{offset}", data)
            self._bucket.put(self._names.piece(attempt, offset), sealed)

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
                raise OtherWriter(
                    f"{who} has taken this session over", "what is written here is not handed on any more"
                )


@contextmanager
def told() -> Iterator[None]:
    """Say of what the bucket does not do what it is for who hands a session on, or follows one."""
    try:
        yield
    except BucketError as error:
        raise ShareFailed(error.message, error.hint) from None
