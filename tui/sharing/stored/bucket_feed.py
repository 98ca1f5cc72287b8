"""Follows a session by what its writer put into the team's bucket, looking every two seconds."""

import secrets
import time

from tui.sharing.bucket import Bucket, ObjectMissing
from tui.sharing.handed_on import SealedPart
from tui.sharing.relay.names_there import SESSION
from tui.sharing.stored.bucket_sink import told
from tui.sharing.stored.object_names import LIVE, BucketNames, JournalObject, parts_of_body, piece_of_body

PIECES = 16
NEWEST = 200


class BucketFeed:
    """See Feed."""

    every = 2.0

    def __init__(self, bucket: Bucket, session: str) -> None:
        self.where = f"the bucket {bucket}"
        self._bucket = bucket
        self._names = BucketNames(session)
        self._objects: list[JournalObject] = []
        self._strays: list[SealedPart] = []
        self._parts: tuple[JournalObject, list[SealedPart]] | None = None
        self._asked = -1
        self._looked: dict[str, float] = {}
        self._beat: bytes | None = None

    def beat(self) -> bytes | None:
        """See Feed."""
        if self._due("beat"):
            self._beat = self._got(self._names.beat)
        return self._beat

    def text(self) -> bytes | None:
        """See Feed."""
        seal, text = self._got(self._names.text_seal), self._got(self._names.text)
        return seal + text if seal is not None and text is not None else None

    def frame(self) -> bytes | None:
        """See Feed."""
        return self._got(self._names.frame)

    def lines(self, first: int, most: int, wait: float) -> list[SealedPart]:
        """See Feed. What was given already and proved nothing is looked for again, not given again at once."""
        again, self._asked = first == self._asked, first
        found = [] if again else self._from(first)
        if found:
            return self._strays_before(first) + found[:most]
        if not self._due("journal"):
            time.sleep(wait)
            return []
        self._parts = None
        with told():
            listed = [self._names.journal_object(one.key) for one in self._bucket.listed(self._names.journal)]
            before, self._objects = set(self._objects), sorted(one for one in listed if one is not None)
            newest = [one for one in self._objects if one.epoch == self._objects[-1].epoch]
            for one in self._objects:  # an earlier writer continued after somebody took over: its lines show a fork
                if one.epoch < newest[0].epoch and one.first >= newest[0].first and one not in before:
                    self._strays += parts_of_body(one.first, self._bucket.get(self._names.lines(one)).data)
        return self._strays_before(first) + self._from(first)[:most]

    def output(self, attempt: int, offset: int) -> list[SealedPart]:
        """See Feed."""
        if not self._due(f"output {attempt} {offset}"):
            return []
        parts: list[SealedPart] = []
        with told():
            after = self._names.piece(attempt, offset - 1) if offset else ""
            for one in self._bucket.listed(self._names.outputs(attempt), after):
                name = one.key.rpartition("/")[2]
                if name.isdigit() and int(name) >= offset:
                    parts.append(piece_of_body(int(name), self._bucket.get(one.key).data))
                if len(parts) >= PIECES:
                    break
        return parts

    def file(self, name: str) -> bytes | None:
        """See Feed."""
        return self._got(self._names.files + name)

    def present(self, follower: str, sealed: bytes) -> None:
        """See Feed: nobody counts who reads a bucket."""

    def send(self, message: bytes) -> None:
        """See Feed."""
        with told():
            self._bucket.put_new(f"{self._names.inbox}{secrets.token_hex(16)}", message)

    def close(self) -> None:
        """See Feed."""

    def _strays_before(self, first: int) -> list[SealedPart]:
        """Lines of an earlier writer whose place is proved already: they show a fork, and are never taken for it."""
        found = [part for part in self._strays if part.place < first]
        self._strays = [part for part in self._strays if part.place >= first]
        return found

    def _due(self, what: str) -> bool:
        """Whether it is time to look again; what was asked for takes a request each."""
        now = time.monotonic()
        if now - self._looked.get(what, -self.every) < self.every:
            return False
        if len(self._looked) > NEWEST:
            self._looked.clear()
        self._looked[what] = now
        return True

    def _from(self, first: int) -> list[SealedPart]:
        """What is known of the lines from a number on: the rest of the object that has it."""
        one = self._with(first)
        if one is None:
            return []
        if self._parts is None or self._parts[0] != one:
            with told():
                self._parts = one, parts_of_body(one.first, self._bucket.get(self._names.lines(one)).data)
        return self._parts[1][first - one.first :]

    def _with(self, number: int) -> JournalObject | None:
        """The object that has a line, by the last writer that has one so early."""
        for epoch in sorted({one.epoch for one in self._objects}, reverse=True):
            before = [one for one in self._objects if one.epoch == epoch and one.first <= number]
            if before:
                return before[-1]
        return None

    def _got(self, key: str) -> bytes | None:
        with told():
            try:
                return self._bucket.get(key).data
            except ObjectMissing:
                return None


def stored_sessions(bucket: Bucket) -> list[tuple[str, bytes]]:
    """The ids of the sessions in a bucket, the newest first, each with its last beat, sealed."""
    with told():
        listed = sorted(bucket.listed(LIVE), key=lambda one: one.written, reverse=True)[:NEWEST]
        names = [name for one in listed if SESSION.fullmatch(name := one.key.removeprefix(LIVE))]
        return [(name, bucket.get(f"{LIVE}{name}").data) for name in names]
