"""Who may write a session: one lease for each epoch in the team's bucket, taken and renewed so that one person has it.

`lease/<epoch>` is made once (`If-None-Match`) and replaced only by who knows it (`If-Match`). Who takes over marks the
lease of the epoch before as over: its holder's next renewal fails from then on. Only then the next epoch is made.
So of two that take over at once one wins, and a holder who renews at that moment keeps it.
"""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tui import threads
from tui.errors import RunbookError, SessionHeld, TakenOver
from tui.sharing.bucket import Bucket, BucketAway, BucketError, Fetched, ObjectChanged, ObjectMissing, ObjectTaken
from tui.text.amounts import duration
from tui.transports.base import Fence

LASTS = 60.0
"""Seconds without a sign of its holder after which a lease may be taken over."""
RENEWED = 15.0
"""Seconds between two signs."""
FRESH = 10.0
"""Seconds after a sign in which a start is made without another one."""


class LeaseText(Struct, frozen=True, kw_only=True):
    """A lease as the bucket has it; `over` says how it ended: released, or taken over by whom.

    `place` stands for the folder of sessions that its holder writes, on their machine.
    """

    epoch: int
    operator: str
    machine: str
    mark: str
    taken: datetime
    renewed: datetime
    place: str = ""
    over: str = ""


RELEASED = "released"
_decoder = msgspec.json.Decoder(LeaseText)


class LeaseFound(Struct, frozen=True):
    """The lease of a session's highest epoch, its tag, and for how many seconds its holder has been silent."""

    text: LeaseText
    etag: str
    silent: float

    @property
    def holder(self) -> str:
        """Who has it, in words."""
        return f"{self.text.operator} on {self.text.machine}"

    @property
    def free(self) -> bool:
        """Whether nobody has it: it was given back, or its taking over was begun and not ended."""
        return bool(self.text.over)

    @property
    def expired(self) -> bool:
        """Whether it may be taken over by a person who confirms it."""
        return self.silent >= LASTS


class LeaseStillHeld(SessionHeld):
    """Somebody else has the session; `found` says who, and for how long they have been silent."""

    def __init__(self, found: LeaseFound) -> None:
        super().__init__(found.holder)
        self.found = found
        silent = f"their last sign was {duration(found.silent)} ago"
        if found.expired:
            self.hint = f"{silent}: `runbook take-over SESSION` takes it over"
        else:
            self.hint = f"{silent}; ask them to leave it, or wait until they have been silent for {LASTS:g} s"


def since_start() -> float:
    """Seconds that also pass while the machine is asleep."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def find(bucket: Bucket, session: str) -> LeaseFound | None:
    """The lease of a session's highest epoch; None where it never had one.

    Raises:
        BucketError: the bucket does not say.
    """
    epochs = [
        (int(name), one)
        for one in bucket.listed(_folder(session))
        if (name := one.key.removeprefix(_folder(session))).isascii() and name.isdigit()
    ]
    if not epochs:
        return None
    epoch, one = max(epochs, key=lambda pair: pair[0])
    object_ = bucket.get(_key(session, epoch))
    return LeaseFound(_read(object_, epoch), object_.etag, bucket.age(one.written))


def _read(found: Fetched, epoch: int) -> LeaseText:
    """Raises: BucketError: it is not a lease."""
    try:
        text = _decoder.decode(found.data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BucketError(
            f"the lease of epoch {epoch} is damaged", "look at it, or take the session over by hand"
        ) from error
    return replace(text, epoch=epoch)


def take(
    bucket: Bucket,
    session: str,
    operator: str,
    machine: str,
    confirmed: LeaseFound | None = None,
    place: str = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> "Lease":
    """Take the lease of the next epoch; blocks.

    Args:
        confirmed: the lease that a person has agreed to take over although it was not given back.
        place: stands for the folder of sessions here; a lease of that place is this machine's own, of a program that
            has ended.

    Raises:
        LeaseStillHeld: somebody has it, or has shown a sign of life since the person agreed.
        BucketError: nobody knows whether it was taken.
    """
    found = find(bucket, session)
    if found is not None and not found.free:
        agreed = confirmed is not None and (confirmed.text.mark, confirmed.etag) == (found.text.mark, found.etag)
        own = bool(place) and found.text.place == place
        if not (own or (agreed and found.expired)):
            raise LeaseStillHeld(found)
        over = replace(found.text, over=f"taken over by {operator} on {machine}")
        try:
            bucket.put_matching(_key(session, found.text.epoch), _encoded(over), found.etag)
        except ObjectChanged:
            raise LeaseStillHeld(find(bucket, session) or found) from None
    epoch = found.text.epoch + 1 if found else 1
    at, mark = now(), secrets.token_hex(8)
    text = LeaseText(epoch=epoch, operator=operator, machine=machine, mark=mark, taken=at, renewed=at, place=place)
    return _made(bucket, session, text, now)


def first(bucket: Bucket, session: str, operator: str, machine: str, place: str = "") -> "Lease":
    """The lease of a session that begins now, of which nobody else can know: it is written by the first renewal."""
    at, mark = datetime.now(UTC), secrets.token_hex(8)
    text = LeaseText(epoch=1, operator=operator, machine=machine, mark=mark, taken=at, renewed=at, place=place)
    return Lease(bucket, session, text, "", since_start())


def _made(bucket: Bucket, session: str, text: LeaseText, now: Callable[[], datetime]) -> "Lease":
    """The first write of an epoch; where its answer was lost, what is there says whose it is."""
    began = since_start()
    try:
        return Lease(bucket, session, text, bucket.put_new(_key(session, text.epoch), _encoded(text)), began, now)
    except (ObjectTaken, BucketAway) as error:
        try:
            found = bucket.get(_key(session, text.epoch))
        except ObjectMissing:
            raise error from None
        theirs = _read(found, text.epoch)
        if theirs.mark != text.mark:
            raise LeaseStillHeld(LeaseFound(theirs, found.etag, 0.0)) from None
        return Lease(bucket, session, text, found.etag, began, now)


class Lease:
    """The lease that this process has of a session; safe to use from several threads.

    `trouble` says since when nobody knows whether it is still held, and why; empty where that is known.
    """

    def __init__(
        self,
        bucket: Bucket,
        session: str,
        text: LeaseText,
        etag: str,
        began: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.trouble = ""
        self.after_sign: Callable[[], None] = lambda: None
        """Called after each sign of life, on the thread that gives them."""
        self._bucket = bucket
        self._session = session
        self._text = text
        self._etag = etag
        self._sure_at = began
        self._now = now
        self._lost: TakenOver | None = None
        self._by_hand = False
        self._lock = threading.Lock()
        self._closing = threading.Event()

    @property
    def fence(self) -> Fence:
        """What each start carries to its host."""
        return Fence(self._text.epoch, self._text.operator)

    @property
    def lost(self) -> TakenOver | None:
        """Why nothing may be started any more; None as long as nobody took over, as far as is known."""
        return self._lost

    def keep(self, tried: bool = True) -> None:
        """Show a sign of life from time to time, on a thread of its own, until the lease is given back or lost.

        Args:
            tried: whether it is known that the bucket keeps conditions; else that is tried first, and a bucket without
                them is told in `trouble`.
        """
        threads.start("lease", self._kept, tried)

    def _kept(self, tried: bool) -> None:
        if not tried:
            with suppress(RunbookError):  # a bucket that is away is told by the first sign
                if why := self._bucket.why_unconditional():
                    self.trouble = f"is not kept, a session is taken over by hand: {why}"
                    self._by_hand = True
                    return
        while self._lost is None:
            if not self._etag:
                with suppress(RunbookError):
                    self.renew()
            if self._closing.wait(RENEWED):
                return
            with suppress(RunbookError):
                self.renew()
                self.after_sign()

    def sure(self) -> None:
        """Make sure that nobody has taken over; asks the bucket where the last sign is not fresh.

        Where the bucket cannot be asked, what is started is left to the fence on its host, and `trouble` says so.

        Raises:
            TakenOver: somebody has.
        """
        if self._lost is not None:
            raise self._lost
        if since_start() - self._sure_at > FRESH:
            with suppress(BucketError):
                self.renew()

    def renew(self) -> None:
        """Show a sign of life.

        Raises:
            TakenOver: somebody has taken over.
            BucketError: nobody knows; `trouble` says so.
        """
        with self._lock:
            if self._lost is not None:
                raise self._lost
            text, began = replace(self._text, renewed=self._now()), since_start()
            try:
                self._etag = self._written(text)
            except (ObjectChanged, ObjectTaken):
                self._reconsider(began)
                return
            except BucketError as error:
                self.trouble = self.trouble or f"not confirmed since {self._text.renewed:%H:%M:%S} UTC: {error.message}"
                raise
            self._text, self._sure_at, self.trouble = text, began, ""

    def _written(self, text: LeaseText) -> str:
        key = _key(self._session, text.epoch)
        if not self._etag:
            return self._bucket.put_new(key, _encoded(text))
        return self._bucket.put_matching(key, _encoded(text), self._etag)

    def lose(self, error: TakenOver) -> None:
        """Take note that another person has it: a host said so."""
        self._lost = self._lost or error

    def _reconsider(self, began: float) -> None:
        """The lease is not what we wrote last: a sign of ours whose answer was lost, or somebody took over."""
        try:
            found = self._bucket.get(_key(self._session, self._text.epoch))
            text = _read(found, self._text.epoch)
        except ObjectMissing:
            self._lost = TakenOver("the lease of this session was removed from the bucket", "take the session over")
            raise self._lost from None
        if text.mark == self._text.mark and not text.over:
            self._etag, self._sure_at, self.trouble = found.etag, began, ""
            return
        words = text.over if text.over and text.over != RELEASED else "taken over by another person"
        self._lost = TakenOver(f"this session was {words}", "follow it, or ask them for it")
        raise self._lost

    def release(self) -> None:
        """Give it back, so that anybody may take it; where the bucket is away it ends by itself."""
        self._closing.set()
        with self._lock:
            if self._lost is not None or self._by_hand:
                return
            text = replace(self._text, renewed=self._now(), over=RELEASED)
            with suppress(BucketError):
                self._written(text)


def _encoded(text: LeaseText) -> bytes:
    return msgspec.json.encode(text)


def _folder(session: str) -> str:
    return f"sessions/{session}/lease/"


def _key(session: str, epoch: int) -> str:
    return f"{_folder(session)}{epoch}"
